"""Links from a body to our own stories: found by searching, kept by the story's number."""

import re
from datetime import date
from html import unescape
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.http.request import validate_host
from django.urls import Resolver404, path, resolve

from articles.models import Address, State

from .state import list_time

SHOWN_IN_SEARCH = 20
HREF = re.compile(r'(?<=<a href=")[^"]+(?=")')


class StoryLinks(admin.ModelAdmin):
    """The part of the article's admin that the editor asks for stories to link to."""

    def get_urls(self):
        return [
            path(
                "story-links/",
                self.admin_site.admin_view(self.story_links),
                name="articles_article_story_links",
            ),
            *super().get_urls(),
        ]

    def story_links(self, request):
        """Answer with JSON: the stories found for ``q``, the latest first, or those of each ``id``.

        Only what the person's own list of stories holds is found.
        """
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        stories = self.get_queryset(request).prefetch_related(None)
        if "id" in request.GET:
            numbers = [
                each for each in request.GET.getlist("id") if re.fullmatch(r"\d{1,18}", each)
            ]
            stories = stories.filter(pk__in=numbers)
        else:
            stories, _may_have_duplicates = self.get_search_results(
                request, stories, request.GET.get("q", "")
            )
            stories = stories.order_by("-changed_at", "-pk")[:SHOWN_IN_SEARCH]
        return JsonResponse({"stories": [_described(story) for story in stories]})


def _described(story):
    return {
        "id": story.pk,
        "headline": str(story),
        "state": State(story.state).label,
        "is_live": story.live_since is not None,
        "date": list_time(story.live_since or story.changed_at),
    }


def link_by_number(body):
    """Return a sanitised body whose links to addresses of our stories are by number instead.

    So a link that was pasted or typed survives a new slug as one that was searched for
    does. At most one query.
    """
    places = {
        href: place for href in HREF.findall(body) if (place := _place(unescape(href))) is not None
    }
    if not places:
        return body
    days, slugs = zip(*places.values(), strict=True)
    known = Address.objects.filter(day__in=days, slug__in=slugs)
    article_of = {(each.day, each.slug): each.article_id for each in known}

    def by_number(match):
        article = article_of.get(places.get(match[0]))
        return f"story:{article}" if article else match[0]

    return HREF.sub(by_number, body)


def _place(address):
    """Return the (day, slug) in an address of this site's stories; None for any other."""
    try:
        parts = urlsplit(address)
        # "*" lets in every host, so it says nothing of which are ours.
        own_hosts = [host for host in settings.ALLOWED_HOSTS if host != "*"]
        if parts.netloc and not validate_host(parts.hostname or "", own_hosts):
            return None
        page = resolve(f"{unquote(parts.path).rstrip('/')}/")
        if page.url_name != "story":
            return None
        year, month, day = (int(page.kwargs[part]) for part in ("year", "month", "day"))
        return date(year, month, day), page.kwargs["slug"]
    except (ValueError, Resolver404):
        return None
