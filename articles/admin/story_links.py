"""Links from a body to our own stories: found by searching, kept by the story's number."""

import re
from html import unescape

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse

from articles.links import articles_at, story_place
from articles.models import State

from .addresses import page
from .state import list_time

SHOWN_IN_SEARCH = 20
HREF = re.compile(r'(?<=<a href=")[^"]+(?=")')


class StoryLinks(admin.ModelAdmin):
    """The part of the article's admin that the editor asks for stories to link to."""

    def get_urls(self):
        return [
            page(self, "story-links/", self.story_links, "story_links"),
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
    places = {href: place for href in HREF.findall(body) if (place := story_place(unescape(href)))}
    article_of = articles_at(places.values())

    def by_number(match):
        article = article_of.get(places.get(match[0]))
        return f"story:{article}" if article else match[0]

    return HREF.sub(by_number, body)
