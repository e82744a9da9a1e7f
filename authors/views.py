"""What readers get of an author that needs no story: the photo."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from authors.models import Author
from newsroom.page_notes import cached, shows
from newsroom.pictures import serve_rendition


@cached()
@require_safe
def portrait(request, name, rendition):
    """Serve a rendition of an author's photo; profiles are public."""
    author = get_object_or_404(Author.objects.exclude(photo=""), photo=f"portraits/{name}")
    shows(request, f"author:{author.pk}")
    return serve_rendition(author.picture, rendition)
