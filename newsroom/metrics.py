"""What Prometheus reads of a process: what was asked, what it took, what the cache gave."""

import os
from time import perf_counter

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

REQUESTS = Counter(
    "newsroom_requests", "Requests that Django answered", ["view", "method", "status"]
)
SECONDS = Histogram(
    "newsroom_request_seconds",
    "How long Django took to answer",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
READ_FROM = Counter(
    "newsroom_read_from", "Readers' pages by the database they were made from", ["database"]
)
ANSWERS = "newsroom_page_cache_answers"
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class PageCacheFigures:
    """Collector: what the page cache of this process gave, and what it takes."""

    def __init__(self, cache, store):
        self._cache, self._store = cache, store

    def collect(self):
        answers = CounterMetricFamily(ANSWERS, "Answers by where they came from", labels=["from"])
        for source, number in self._cache.answers.items():
            answers.add_metric([source], number)
        yield answers
        yield GaugeMetricFamily("newsroom_page_cache_pages", "Pages kept", len(self._store))
        yield GaugeMetricFamily("newsroom_page_cache_bytes", "What they take", self._store.size)


def measure(get_response):
    """Middleware: counts and times each request under the name of its view.

    Names come from the addresses we know: whatever strangers ask for makes no new series.
    """

    def respond(request):
        began = perf_counter()
        response = get_response(request)
        match = request.resolver_match
        view = match.view_name if match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, response.status_code).inc()
        SECONDS.labels(view).observe(perf_counter() - began)
        return response

    return respond


def metrics(request):
    """Give the figures to whoever sends METRICS_TOKEN as a bearer token, to nobody without one.

    They are those of one process, or of all workers that share PROMETHEUS_MULTIPROC_DIR.
    """
    sent = request.headers.get("Authorization", "")
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not constant_time_compare(sent, expected):
        return HttpResponse(
            "The figures are given to the bearer of METRICS_TOKEN.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
