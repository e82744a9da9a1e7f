"""The newsroom behind its page cache, and without it, as a WSGI server would ask them."""

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from articles.models import PageChange
from newsroom.outage import unavailable
from newsroom.page_cache import PageCache
from newsroom.page_store import PageStore
from newsroom.page_watch import Watch

DJANGO = WSGIHandler()


class Answer:
    """What came of a request."""

    def __init__(self, status, headers, body):
        self.status = int(status[:3])
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body
        assert len(self.headers) == len(headers), "a header stands there twice"

    @property
    def text(self):
        return self.body.decode()

    @property
    def is_hit(self):
        """Whether it is a kept page, and true: not one that is only shown as stale."""
        return self.headers["cache-status"] == "newsroom; hit"


def request(address, method="GET", **headers):
    """Return the environ of a request; headers are named as in ``accept_encoding``."""
    factory = RequestFactory(headers={"host": "testserver", **headers})
    return factory.generic(method, address).environ


def answer(application, environ):
    """Return the Answer of a WSGI application."""
    first = []
    body = application(environ, lambda *status_and_headers: first.extend(status_and_headers))
    try:
        return Answer(*first[:2], b"".join(body))
    finally:
        if hasattr(body, "close"):
            body.close()


class Site:
    """The newsroom behind its cache; it looks at what changed when it is told to."""

    def __init__(self, capacity=1 << 24, read_changes=None, on_look=None):
        self.store = PageStore(capacity)
        read_changes = read_changes or PageChange.reader()
        self.watch = Watch(self.store, read_changes, on_look, interval=None)
        self.asked = 0

        def counted(environ, start_response):
            self.asked += 1
            return DJANGO(environ, start_response)

        self.application = PageCache(
            counted,
            self.store,
            self.watch,
            private=("/admin/",),
            apart=("/static/", "/readyz"),
            unavailable=unavailable,
        )

    def get(self, address, method="GET", look=True, **headers):
        if look and self.watch.is_started:
            self.watch.look()
        return answer(self.application, request(address, method, **headers))
