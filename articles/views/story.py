"""A story at its address: the page, a redirect from an old address, or word of its withdrawal."""

from datetime import date

from django.http import Http404, HttpResponsePermanentRedirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from articles.models import Edition, PublishingMove
from articles.story_page import gather
from articles.views.live import live_editions


@require_safe
def story(request, year, month, day, slug):
    """Show the edition that is live at this address; 404, 301 or 410 otherwise."""
    live = live_editions(request)
    try:
        day = date(int(year), int(month), int(day))
    except ValueError as error:
        raise Http404("no such day") from error
    address = {"article__addresses__day": day, "article__addresses__slug": slug}
    edition = live.filter(**address).select_related("section", "series").first()
    if edition is None or (edition.first_published_on, edition.slug) != (day, slug):
        return elsewhere(request, edition, day, slug)
    bylines = list(edition.bylines.select_related("author"))
    page = gather(edition, bylines, list(edition.tags.order_by("name")), edition.images.all(), live)
    return render_story(request, page)


def render_story(request, page, **context):
    """Return the response that shows a StoryPage."""
    return TemplateResponse(request, "articles/story.html", {"page": page, **context})


def elsewhere(request, edition, day, slug):
    """Answer for an address whose live edition is not here.

    Only an address that readers have seen leads anywhere: a slug that is waiting for
    its schedule is as unknown as one that never was.
    """
    seen = Edition.objects.begun(request.moment)
    seen_here = seen.filter(first_published_on=day, slug=slug).first()
    if seen_here is None:
        raise Http404("no story was published here")
    if edition:
        return HttpResponsePermanentRedirect(edition.get_absolute_url())
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
