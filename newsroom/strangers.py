"""What strangers send is taken to pieces only if it is no longer than any form for them.

Before anything asks who sends a form, Django takes it to pieces for the token against forged
requests: of ten megabytes that may take seconds, which others wait for.
"""

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

# In bytes; nginx (``deploy/``) lets no more of a reader's through. Passkeys are the longest.
LONGEST = 64 * 1024
# So much of what is passed over is in memory at a time.
PART = 64 * 1024


def unread_beyond_their_forms(get_response):
    """Middleware: of whoever is not signed in, a longer form is to its view an empty one.

    The view then says that they have to sign in, as it does to everybody. A longer body is
    received all the same: whoever sends it would not hear the answer before.
    """

    def respond(request):
        if _is_long(request) and not request.user.is_authenticated:
            while request.read(PART):
                pass
            request._post, request._files = QueryDict(), MultiValueDict()
            # An empty form has no token, and nothing that could be forged.
            request.csrf_processing_done = True
        return get_response(request)

    return respond


def _is_long(request):
    """Whether a request has a form that is longer than any for strangers."""
    length = request.META.get("CONTENT_LENGTH", "")
    return request.method == "POST" and length.isdecimal() and int(length) > LONGEST
