"""Pages leave compressed; files are as small as they get where they lie."""

from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Middleware: Django's gzip, with its guard against BREACH, for all but files."""

    def process_response(self, request, response):
        return response if response.streaming else super().process_response(request, response)
