"""A story at its address: the page, a redirect from an old address, or word of its withdrawal."""

from datetime import date

from django.http import Http404, HttpResponsePermanentRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Edition, PublishingMove
from articles.story_page import gather


@require_safe
def story(request, year, month, day, slug):
    """Show the edition that is live at this address; 404, 301 or 410 otherwise."""
    at = timezone.now()
    try:
        day = date(int(year), int(month), int(day))
    except ValueError as error:
        raise Http404("no such day") from error
    address = {"article__addresses__day": day, "article__addresses__slug": slug}
    edition = Edition.objects.live(at).filter(**address).select_related("section", "series").first()
    if edition is None or (edition.first_published_on, edition.slug) != (day, slug):
        return elsewhere(request, edition, day, slug, at)
    bylines = list(edition.bylines.select_related("author"))
    page = gather(edition, bylines, list(edition.tags.order_by("name")), edition.images.all(), at)
    return render_story(request, page)


def render_story(request, page, **context):
    """Return the response that shows a StoryPage."""
    return TemplateResponse(request, "articles/story.html", {"page": page, **context})


def elsewhere(request, edition, day, slug, at):
    """Answer for an address whose live edition is not here.

    Only an address that readers have seen leads anywhere: a slug that is waiting for
    its schedule is as unknown as one that never was.
    """
    seen_here = Edition.objects.begun(at).filter(first_published_on=day, slug=slug).first()
    if seen_here is None:
        raise Http404("no story was published here")
    if edition:
        return HttpResponsePermanentRedirect(edition.get_absolute_url())
    withdrawal = (
        PublishingMove.objects.filter(
            article=seen_here.article_id,
            kind=PublishingMove.Kind.WITHDRAW,
            effective_at__lte=at,
        )
        .order_by("-pk")
        .first()
    )
    return TemplateResponse(
        request, "410.html", {"reason": withdrawal.note if withdrawal else ""}, status=410
    )
