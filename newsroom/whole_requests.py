"""Refuses a request whose body ends before the length that it was announced with.

granian hands on what there is when a sender's connection breaks off. Django would take half a
form for a whole one, and save it.
"""

from django.core.exceptions import BadRequest


class WholeRequests:
    """A WSGI application that lets another one read whole bodies alone.

    Reading one that breaks off raises BadRequest, which Django answers with 400.
    """

    def __init__(self, application):
        self._application = application

    def __call__(self, environ, start_response):
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self._application(environ, start_response)


class _Body:
    """A body of which Django's LimitedStream never asks for more than was announced."""

    def __init__(self, stream):
        self._stream = stream
        # Forms are read without it.
        self.readline = stream.readline

    def read(self, size=-1):
        found = self._stream.read(size)
        while len(found) < size:
            more = self._stream.read(size - len(found))
            if not more:
                raise BadRequest("the request broke off")
            found += more
        return found
