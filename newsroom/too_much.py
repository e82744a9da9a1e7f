"""What people get whose request is too large to be read, or cannot be made out."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpResponse, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def handler400(request, exception):
    """Answer with 413 (RFC 9110, 15.5.14) for what is too much, with 400 for what is unreadable."""
    words, status = _in_words(exception)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"words": words}, status=status)
    context = {"words": words, "was_sent": request.method not in ("GET", "HEAD")}
    return HttpResponse(render_to_string("400.html", context), status=status)


def _in_words(exception):
    if isinstance(exception, RequestDataTooBig):
        size = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return _("It is larger than the %(size)s that are taken at once.") % {"size": size}, 413
    if isinstance(exception, TooManyFieldsSent):
        number = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return _("It has more than the %(number)s fields that a form may have: take out rows.") % {
            "number": number
        }, 413
    if isinstance(exception, TooManyFilesSent):
        number = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return _("It has more than %(number)s files: send them in several goes.") % {
            "number": number
        }, 413
    return _("It came in pieces, or asks for something that cannot be."), 400
