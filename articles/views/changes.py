"""What became of a story since it came out."""

from django.conf import settings
from django.http import Http404
from django.template.response import TemplateResponse

from articles.changes import changes_of, read_cursor, write_cursor
from articles.models import Edition
from articles.page_tags import of_article
from articles.views.as_it_was import first_second, past_address_of
from articles.views.story import of_live_story
from newsroom.page_notes import awaits, shows


@of_live_story(Edition.get_changes_url)
def changes(request, story, live):
    """Show what was published when, word by word; 404 where the newsroom shows no changes."""
    edition = story.rows.edition
    if not settings.CHANGES_ARE_PUBLIC:
        raise Http404("this newsroom shows no changes")
    before = request.GET.get("before")
    try:
        before = before and read_cursor(before)
    except ValueError as error:
        raise Http404("no such moment") from error
    found, older, linked = changes_of(edition, live, request.moment, before)
    if not found:
        raise Http404("nothing is older")
    shows(request, of_article(edition.article_id), "authors", "series", "tags", "images")
    awaits(request, *map(of_article, linked))
    above = (edition.section, edition)
    shows_the_past = settings.PAST_IS_PUBLIC or request.is_past
    second = first_second(found[0].edition)
    if shows_the_past and second > request.moment:
        # Until then nothing leads there.
        shows(request, until=second.timestamp())
    return TemplateResponse(
        request,
        "articles/changes.html",
        {
            "edition": edition,
            "sections": story.rows.sections,
            "trail": [(each, each.get_absolute_url()) for each in above],
            "changes": [
                (change, shows_the_past and past_address_of(change.edition, request.moment))
                for change in found
            ],
            "never_changed": not before and found[0].is_first,
            "latest": before and edition.get_changes_url(),
            "older": older and f"?before={write_cursor(older)}",
        },
    )
