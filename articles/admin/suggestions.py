"""What the article's form asks while it is filled in: what to read next, whose name it is."""

from difflib import SequenceMatcher

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles import roles
from articles.links import why_dead
from articles.models import Article, Edition, Series, Tag
from articles.related import suggest
from authors.models import Author
from newsroom.keys import read_keys

from .addresses import page

# However much is typed, no more of it than this is looked for.
MOST_TAGS = 20
MOST_ROWS = 50
# Two names this much alike may be one person's: "Wency Chen" and "Wency Chan" are.
ALIKE = 0.85
MOST_PROFILES = 3


class Suggestions(admin.ModelAdmin):
    """The part of the article's admin that suggests, and warns of what was chosen."""

    def get_urls(self):
        return [
            page(self, "related-reads/", self.related_reads, "related_reads"),
            page(self, "profiles/", self.profiles, "profiles"),
            *super().get_urls(),
        ]

    def related_reads(self, request):
        """Answer with JSON: suggestions for the story as it is typed now, and warnings.

        ``tags`` (names), ``series``, ``article`` (the story itself), ``story`` and ``url``
        (what its rows have chosen) come in the address. The warnings are by "story:12"
        or by outside address.
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        at = timezone.now()
        asked = request.GET
        chosen = read_keys(asked.getlist("story"))[:MOST_ROWS]
        series = Series.objects.filter(pk__in=read_keys([asked.get("series", "")])).first()
        names = [name for name in asked.getlist("tags")[:MOST_TAGS] if "\0" not in name]
        tags = list(Tag.objects.filter(name__in=names))
        suggestions = suggest(
            tags, series, Edition.objects.live(), {*chosen, *read_keys([asked.get("article", "")])}
        )
        # Of a story that somebody may not see they do not learn that there is one.
        visible = roles.visible_articles(request.user, Article.objects).filter(pk__in=chosen)
        addresses = [
            *(f"story:{pk}" for pk in visible.values_list("pk", flat=True)),
            *asked.getlist("url")[:MOST_ROWS],
        ]
        return JsonResponse(
            {
                "suggestions": [
                    {
                        "id": suggestion.edition.article_id,
                        "headline": suggestion.edition.headline,
                        "reason": _reason(suggestion),
                        "day": date_format(
                            timezone.localtime(suggestion.edition.first_published_at), "j F Y"
                        ),
                    }
                    for suggestion in suggestions
                ],
                "warnings": why_dead(addresses, at),
            }
        )

    def profiles(self, request):
        """Answer with JSON which profiles the typed ``name`` of a guest may belong to."""
        authors = self.admin_site.get_model_admin(Author)
        if not (
            self.has_view_or_change_permission(request) and authors.has_view_permission(request)
        ):
            raise PermissionDenied
        name = " ".join(request.GET.get("name", "").replace("\0", "").split())
        return JsonResponse(
            {
                "profiles": [
                    {"id": author.pk, "name": author.name, "job_title": author.job_title}
                    for author in _profiles_like(name)
                ]
            }
        )


def _reason(suggestion):
    """Return what speaks for a suggestion: "shares: semiconductors, export controls"."""
    reasons = []
    if suggestion.shared_tags:
        reasons.append(_("shares: %(tags)s") % {"tags": ", ".join(suggestion.shared_tags)})
    if suggestion.is_of_the_series:
        reasons.append(_("same series: %(series)s") % {"series": suggestion.edition.series})
    return "; ".join(reasons)


def _profiles_like(name):
    """Return the authors whose names are, or nearly are, a name; the most alike first."""
    alike = []
    for author in Author.objects.sharing_a_word_with(name)[:200]:
        likeness = SequenceMatcher(None, name.casefold(), author.name.casefold()).ratio()
        if likeness >= ALIKE:
            alike.append((likeness, author))
    alike.sort(key=lambda pair: pair[0], reverse=True)
    return [author for _likeness, author in alike[:MOST_PROFILES]]
