import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from articles import publishing
from tests.factories import make_article
from tests.newsroom.cached_site import Site


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def story():
    return publishing.publish(make_article())


@pytest.fixture
def clock(monkeypatch):
    """A function that has the clock on the wall be fast by so much, as a timedelta has it."""
    true_time = time.time

    def set_to(**fast_by):
        def fast():
            return true_time() + timedelta(**fast_by).total_seconds()

        monkeypatch.setattr("time.time", fast)
        for module in ("page_answers", "page_cache"):
            monkeypatch.setattr(f"newsroom.{module}.time", fast)
        monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(fast(), UTC))

    return set_to
