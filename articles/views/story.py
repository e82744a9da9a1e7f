"""A story at its address: the page, a redirect from an old address, or word of its withdrawal."""

from datetime import date
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpResponsePermanentRedirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from articles.models import Edition, PublishingMove
from articles.page_tags import of_article, of_choices, of_story
from articles.story_page import gather
from articles.story_rows import live_at
from articles.views.live import live_editions
from newsroom.page_notes import awaits, shows


def of_live_story(address_of):
    """Give a view the LiveStory at a day and slug, and the editions it may lead to.

    Where none is, readers are answered with 404, 301 or 410. ``address_of`` returns where the
    view's page of an edition is.
    """

    def decorate(view):
        @require_safe
        @wraps(view)
        def show(request, year, month, day, slug):
            live = live_editions(request)
            try:
                day = date(int(year), int(month), int(day))
            except ValueError as error:
                raise Http404("no such day") from error
            found = live_at(day, slug, live)
            if found is None or (found.rows.told.day, found.rows.told.slug) != (day, slug):
                return elsewhere(request, found and address_of(found.rows.edition), day, slug)
            return view(request, found, live)

        return show

    return decorate


@of_live_story(Edition.get_absolute_url)
def story(request, found, live):
    """Show the edition that is live at this address."""
    rows, edition = found.rows, found.rows.edition
    page = gather(edition, rows.bylines, rows.tags, rows.images, live, found)
    shows(request, *of_story(page))
    awaits(request, *of_choices(page))
    shows_changes = settings.CHANGES_ARE_PUBLIC and rows.edition.was_changed
    # The bar over a page of the past says the very moment.
    template = "articles/story.html" if request.is_past else "articles/live_story.html"
    return render_story(
        request, page, template, shows_changes=shows_changes, sections=rows.sections
    )


def render_story(request, page, template="articles/story.html", **context):
    """Return the response that shows a StoryPage."""
    return TemplateResponse(request, template, {"page": page, **context})


def elsewhere(request, address, day, slug):
    """Answer for a day and a slug of which no edition is live: it is at ``address``, if anywhere.

    Only an address that readers have seen leads anywhere: a slug that is waiting for
    its schedule is as unknown as one that never was.
    """
    seen = Edition.objects.begun(request.moment)
    seen_here = seen.filter(first_published_on=day, slug=slug).first()
    if seen_here is None:
        raise Http404("no story was published here")
    shows(request, of_article(seen_here.article_id))
    if address:
        return HttpResponsePermanentRedirect(address)
    withdrawal = (
        PublishingMove.objects.filter(
            article=seen_here.article_id,
            kind=PublishingMove.Kind.WITHDRAW,
            effective_at__lte=request.moment,
        )
        .order_by("-pk")
        .first()
    )
    return TemplateResponse(
        request, "410.html", {"reason": withdrawal.note if withdrawal else ""}, status=410
    )
