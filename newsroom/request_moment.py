"""The moment that a page is of: all its parts are read as of one and the same."""

from django.utils import timezone


def moment(get_response):
    """Middleware: ``request.moment`` is when the request came in.

    ``articles.views.as_it_was`` sets it back, and says so in ``request.is_past``.
    """

    def respond(request):
        request.moment = timezone.now()
        request.is_past = False
        return get_response(request)

    return respond
