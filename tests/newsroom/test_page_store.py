"""What a process keeps of pages, where clocks, threads and late transactions are against it."""

import sys
import time
import tracemalloc
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from articles import publishing
from newsroom.page_store import Change, Page, PageStore
from newsroom.page_watch import Watch
from tests.factories import make_article
from tests.newsroom.cached_site import Site


def keep(store, *tags, path="/", until=float("inf"), body=b"x" * 300):
    rendering = store.begin()
    page = Page("200 OK", [("Content-Type", "text/html")], body, set(tags), rendering.began, until)
    store.put(path, "", (), page, rendering)
    store.end(rendering)
    return page


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_that_was_committed_behind_its_moment_is_seen():
    edition = publishing.publish(make_article())
    site, address = Site(), edition.get_absolute_url()
    site.get("/robots.txt")
    at, is_withdrawn, is_seen = timezone.now() + timedelta(seconds=1), Event(), Event()

    def withdraw():
        with transaction.atomic():
            publishing.withdraw(edition.article, "Wrong.", at=at)
            is_withdrawn.set()
            is_seen.wait(10)
        connection.close()

    thread = Thread(target=withdraw)
    thread.start()
    is_withdrawn.wait(10)
    while timezone.now() <= at:
        time.sleep(0.01)
    assert site.get(address).status == 200
    is_seen.set()
    thread.join()
    assert site.get(address).status == 410


def test_a_page_that_was_made_by_a_faster_clock_ends_by_a_change_of_now(clock):
    store = PageStore(1 << 20)
    page = keep(store, "front")
    clock(seconds=-0.9)
    store.apply([Change("front")])
    assert page.false_from <= time.time()


def test_a_page_in_the_making_while_the_clock_is_set_back_is_not_kept(clock):
    store = PageStore(1 << 20)
    store.apply([])
    rendering = store.begin()
    clock(hours=-1)
    store.apply([])
    page = Page("200 OK", [], b"", {"front", "everything"}, rendering.began)
    store.put("/", "", (), page, rendering)
    assert len(store) == 0


def test_what_was_kept_before_a_machine_slept_is_true_only_after_a_look(clock):
    store = PageStore(1 << 20)
    watch = Watch(store, list, interval=None)
    watch.look()
    keep(store, "front")
    assert watch.is_sure()
    # The clock that counts how long it runs stood still.
    clock(hours=3)
    assert not watch.is_sure()
    watch.look()
    assert watch.is_sure() and len(store) == 0


def test_a_page_that_has_ended_lingers_a_second_at_most_and_never_beyond_its_moment():
    store, changes = PageStore(1 << 20), []

    def slowly():
        time.sleep(0.5 if changes else 0)
        yield changes

    watch = Watch(store, slowly, interval=None)
    watch.look()
    # As the look began: whatever came between is known by the next one alone.
    changed_at = watch.true_at
    page, short = keep(store, "front"), keep(store, "front", path="/b", until=changed_at + 0.6)
    changes.append(Change("front"))
    time.sleep(0.3)
    watch.look()
    assert changed_at + 0.8 < page.may_linger_until <= changed_at + 1
    assert short.may_linger_until == changed_at + 0.6


def test_cold_pages_leave_beside_hits():
    store, is_over, faults = PageStore(60_000), [], []

    def hit():
        while not is_over:
            for number in range(30):
                store.get(f"/{number}", "")

    def fill():
        try:
            for number in range(15000):
                keep(store, "front", path=f"/{number % 60}")
        except RuntimeError as error:
            faults.append(error)
        is_over.append(True)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=work) for work in (hit, hit, fill)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not faults and store.size <= 60_000


def test_pages_of_many_tags_take_no_more_memory_than_is_said():
    store = PageStore(1 << 21)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(200):
            tags = [f"article:{number}{each}" for each in range(100, 200)]
            keep(store, *tags, path=f"/{number}")
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < 1 << 21


@pytest.mark.django_db
def test_a_connection_that_was_ended_is_no_lost_database():
    answers = []

    def read_changes():
        answers.append(time.monotonic())
        if len(answers) == 2:
            raise OperationalError("terminating connection due to administrator command")
        return [[]]

    watch = Watch(PageStore(1 << 20), read_changes, interval=1)
    watch.start()
    while len(answers) < 3:
        time.sleep(0.01)
    # Not by the next look alone, a second later.
    assert answers[2] - answers[1] < 0.5
