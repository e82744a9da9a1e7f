"""Tags: what each is about, how many stories and which, its twins, and several made one."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from taggit.models import Tag as UnusedTag

from articles import fingerprints, tagging
from articles.models import Article, ArticleTag, Edition, Tag
from articles.roles import visible_articles
from newsroom.keys import read_key, read_keys

from .addresses import page
from .former_slugs import FormerSlugs

# The package's own tags are not ours: two lists called "Tags" would mislead.
admin.site.unregister(UnusedTag)

SHOWN_STORIES = 20


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("none", _("Unused"))]

    def queryset(self, request, queryset):
        return tagging.unused(queryset) if self.value() == "none" else queryset


class TagList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            # Otherwise the list would lead to itself as "all".
            self.full_result_count = self.result_count
        # PostgreSQL would count for each tag that it skips on the way to a page.
        shown = list(self.result_list.values_list("pk", flat=True))
        rows = self.root_queryset.filter(pk__in=shown)
        rows = tagging.with_counts(rows, tagging.COUNTED_IN_LIST)
        self.result_list = rows.order_by(*self.queryset.query.order_by)


class TagForm(forms.ModelForm):
    class Meta:
        help_texts = {
            "slug": gettext_lazy(
                "The last part of the address. Left empty, it is made from the name. The old"
                " address leads to the new one."
            ),
            "description": gettext_lazy("Readers see it above the stories."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["name"].widget.attrs |= {
                "data-twins": reverse("admin:articles_tag_twins"),
                "data-tag": self.instance.pk or "",
            }

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        same = Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).first()
        if same:
            raise forms.ValidationError(
                _("There is the tag “%(name)s” already. To make one of the two, merge them.")
                % {"name": same}
            )
        return name

    def clean(self):
        """Let the slug follow the name, unless it is another one by somebody's choice."""
        cleaned = super().clean()
        name, before = cleaned.get("name"), self.initial.get("name", "")
        follows = cleaned.get("slug") == self.initial.get("slug") == Tag().slugify(before)
        if name and "slug" in self.fields and (not cleaned.get("slug") or follows):
            cleaned["slug"] = self._free_slug(name)
        return cleaned

    def _free_slug(self, name):
        others = Tag.objects.exclude(pk=self.instance.pk)
        slug, number = Tag().slugify(name), 0
        while others.filter(slug=slug).exists():
            number += 1
            slug = Tag().slugify(name, number)
        return slug


@admin.register(Tag)
class TagAdmin(FormerSlugs):
    form = TagForm
    fields = ["name", "slug", "description"]
    search_fields = ["name"]
    list_display = ["name", "slug", "live_stories", "at_the_desk"]
    list_filter = [UseFilter]
    list_per_page = 50
    show_full_result_count = False
    # To count what each filter would leave is to look at all.
    show_facets = admin.ShowFacets.NEVER
    actions = ["merge_selected"]

    class Media:
        css = {"all": ["desk/tags.css"]}
        js = [forms.Script("desk/tag_twins.js", type="module")]

    # The list

    def get_changelist(self, request, **kwargs):
        return TagList

    @admin.display(description=gettext_lazy("live stories"))
    def live_stories(self, tag):
        return _number(tag.live_count, tagging.COUNTED_IN_LIST)

    @admin.display(description=gettext_lazy("at the desk"))
    def at_the_desk(self, tag):
        return _number(tag.desk_count, tagging.COUNTED_IN_LIST)

    # The form

    def render_change_form(self, request, context, *args, **kwargs):
        tag = context.get("original")
        if tag:
            context["may_merge"] = self.may_merge(request)
            context["twins"] = tagging.twins(tag.name, leaving_out=tag.pk)
            context["twins_and_itself"] = [tag, *context["twins"]]
            counted = tagging.with_counts(Tag.objects.filter(pk=tag.pk)).get()
            context["live_count"] = _number(counted.live_count)
            context["desk_count"] = _number(counted.desk_count)
            context["live_stories"] = (
                Edition.objects.live()
                .tagged(tag)
                .only("headline", "slug", "first_published_at", "first_published_on", "article")
                .latest_first()[:SHOWN_STORIES]
            )
            newest = ArticleTag.objects.filter(tag=tag).order_by("-pk")
            newest = newest.values_list("content_object_id", flat=True)[:SHOWN_STORIES]
            context["desk_stories"] = visible_articles(
                request.user, Article.objects.filter(pk__in=list(newest)).only("headline")
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if "name" in form.changed_data:
            warn_of_twins(self, request, [obj])

    # Deleting

    def delete_model(self, request, obj):
        with fingerprints.kept_true(_at_the_desk([obj])):
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        with fingerprints.kept_true(_at_the_desk(queryset)):
            super().delete_queryset(request, queryset)

    # Merging

    def may_merge(self, request):
        return self.has_change_permission(request) and self.has_delete_permission(request)

    has_merge_permission = may_merge

    @admin.action(description=gettext_lazy("Merge into one…"), permissions=["merge"])
    def merge_selected(self, request, queryset):
        """Open the page on which the tag to keep is chosen."""
        return redirect(merge_address(queryset.order_by("pk").values_list("pk", flat=True)))

    def get_urls(self):
        return [
            page(self, "twins/", self.twins, "twins"),
            page(self, "merge/", self.merge, "merge"),
            *super().get_urls(),
        ]

    def twins(self, request):
        """Answer with the close twins of a name, for the forms that point them out."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        itself = read_key(request.GET.get("tag", ""))
        found = tagging.twins(request.GET.get("name", "")[:100], itself)
        return JsonResponse(
            {
                "twins": [
                    {
                        "name": tag.name,
                        "words": _("There is “%(tag)s” (%(stories)s).")
                        % {"tag": tag, "stories": stories_in_words(tag.desk_count)},
                        "take": _("Take “%(tag)s”") % {"tag": tag},
                        "look": _("Look at “%(tag)s”") % {"tag": tag},
                        "address": reverse("admin:articles_tag_change", args=[tag.pk]),
                    }
                    for tag in found
                ]
            }
        )

    def merge(self, request):
        """Ask which of several tags is to be kept, and merge the others into it."""
        if not self.may_merge(request):
            raise PermissionDenied
        wanted = read_keys(request.GET.getlist("tag"))
        tags = list(tagging.with_counts(Tag.objects.filter(pk__in=wanted)).order_by("-desk_count"))
        if len(tags) < 2:
            self.message_user(request, _("Choose two tags or more to merge."), messages.WARNING)
            return redirect("admin:articles_tag_changelist")
        into = next((tag for tag in tags if str(tag.pk) == request.POST.get("into")), None)
        if into:
            others = [tag for tag in tags if tag != into]
            tagging.merge(others, into)
            names = get_text_list([f"“{tag}”" for tag in others], _("and"))
            self.log_change(request, into, _("Merged %(tags)s into it.") % {"tags": names})
            self.message_user(
                request,
                _("Merged %(tags)s into “%(into)s”: the old addresses lead to it.")
                % {"tags": names, "into": into},
                messages.SUCCESS,
            )
            return redirect("admin:articles_tag_change", into.pk)
        return TemplateResponse(
            request,
            "admin/articles/tag/merge.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Merge tags"),
                "media": self.media,
                "tags": [
                    (tag, stories_in_words(tag.live_count), stories_in_words(tag.desk_count))
                    for tag in tags
                ],
                "was_asked": request.method == "POST",
            },
        )


def warn_of_twins(model_admin, request, tags):
    """Say which tags are close twins of others, with the way to merge them."""
    may_merge = admin.site.get_model_admin(Tag).may_merge(request)
    for tag in tags:
        for twin in tagging.twins(tag.name, leaving_out=tag.pk)[:1]:
            sentence = _("“%(tag)s” is close to “%(twin)s” (%(stories)s).") % {
                "tag": tag,
                "twin": twin,
                "stories": stories_in_words(twin.desk_count),
            }
            if may_merge:
                address = merge_address([tag.pk, twin.pk])
                sentence = format_html('{} <a href="{}">{}</a>', sentence, address, _("Merge them"))
            model_admin.message_user(request, sentence, messages.WARNING)


def merge_address(pks):
    """Return the address of the page that merges the tags with these primary keys."""
    return f"{reverse('admin:articles_tag_merge')}?{urlencode({'tag': list(pks)}, doseq=True)}"


def stories_in_words(count):
    """Return a tag's count, which may have ended early, as "41 stories"."""
    return ngettext("%(count)s story", "%(count)s stories", count) % {"count": _number(count)}


def _at_the_desk(tags):
    """Return the working copies that have any of some tags."""
    rows = ArticleTag.objects.filter(tag__in=tags)
    return Article.objects.filter(pk__in=rows.values("content_object"))


def _number(count, most=tagging.COUNTED):
    return f"{most}+" if count > most else count
