"""What keeps a process's pages true: a look at the table of changes, several times a second."""

import logging
import os
import time
from threading import Event, Lock, Thread

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

from newsroom.hung_database import Guard

log = logging.getLogger(__name__)

# Looks follow each second of the clock by so much, and each fraction of it (of INTERVAL): a look
# that began a bit after the second lets nginx, which counts whole ones, keep pages for the rest
# of it.
INTERVAL, AFTER_THE_SECOND = 0.25, 0.05
# A look that is this old says nothing any more; the next is waited for, but not for long.
LATE = 0.8
LONGEST_WAIT = 0.3
# A look that takes so long does not come back.
LOST = 1.5
STEP = 0.1
# After so long without a look the table may have been tidied in between.
LONGEST_OUTAGE = 1800.0


class Watch:
    """Reads changes and hands them to the store; knows whether the database answers.

    ``read_changes`` yields the Changes since it was called last, in lists, and raises Django's
    database errors; ``on_look`` is told (tags of changes that came about, keys of pages that became
    false), in the same thread.
    Without an ``interval`` (in seconds) it looks only when told to.
    """

    def __init__(self, store, read_changes, on_look=None, interval=INTERVAL):
        self._store, self._read_changes, self._on_look = store, read_changes, on_look
        self._interval = interval
        # Whoever asks the database within it is not kept waiting by one that hangs.
        self.guard = Guard()
        self._look_under_way = None
        self.is_started = False
        os.register_at_fork(after_in_child=self._forget)
        # When the last look began that came to its end, and when the database last answered.
        self._looked_at = self._heard_at = -LONGEST_OUTAGE
        # Seconds since 1970: every change up to here is known.
        self.true_at = 0.0
        self._looked = Event()
        self._lock = Lock()
        self._has_failed = self._is_late = False
        # Whether it took what it was asked and has not answered since.
        self.hangs = False

    def start(self):
        """Begin to look, once in each process: threads do not survive a fork."""
        with self._lock:
            if self.is_started:
                return
            if self._interval and connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
                Thread(target=self._keep_guard, name="page-guard", daemon=True).start()
            self._look_and_log()
            self.is_started = True
            if self._interval:
                Thread(target=self._keep_looking, name="page-watch", daemon=True).start()

    def _forget(self):
        self.is_started = False
        self.guard = Guard()

    def is_sure(self):
        """Whether what is known of changes is of this very instant, waiting a bit for it."""
        if self._seconds_since_look() < LATE:
            return True
        if self._has_failed or self._is_late:
            return False
        self._looked.wait(LONGEST_WAIT)
        if self._seconds_since_look() < LATE:
            return True
        # Nobody else waits for this look.
        self._is_late = True
        return False

    def _seconds_since_look(self):
        # While a machine sleeps, its clock on the wall alone goes on.
        return max(time.monotonic() - self._looked_at, time.time() - self.true_at)

    @property
    def is_lost(self):
        """Whether the database does not answer: it refuses, or takes too long.

        A process that was itself held up looks again before it says so.
        """
        return self._has_failed or (self._is_overdue and not self.is_sure())

    @property
    def is_known_to_be_lost(self):
        """Whether somebody has waited for the database in vain already; asks without waiting."""
        return self._has_failed or (self._is_late and self._is_overdue)

    @property
    def _is_overdue(self):
        return time.monotonic() - self._heard_at > LOST

    def look(self):
        """Take in what changed; raises a database error if that cannot be known."""
        began, true_at = time.monotonic(), time.time()
        was_long_away = self._seconds_since_look() > LONGEST_OUTAGE
        self._look_under_way = object()
        try:
            with self.guard:
                for changes in self._read_changes():
                    self._take_in(changes)
                    # However many lists there are, each alone has to come in time.
                    self._look_under_way, self._heard_at = object(), time.monotonic()
        except Exception:
            self._has_failed = True
            # What was to end by now has ended.
            self._take_in([])
            raise
        finally:
            self._look_under_way = None
        if was_long_away:
            self._store.clear()
        self._looked_at, self._heard_at = began, time.monotonic()
        self._has_failed = self._is_late = self.hangs = False
        self.true_at = true_at
        self._looked.set()
        self._looked.clear()

    def _take_in(self, changes):
        ended = self._store.apply(changes, self.true_at)
        if self._on_look:
            self._on_look(*ended)

    def _look_and_log(self):
        had_failed = self._has_failed
        try:
            self.look()
        except (DatabaseError, InterfaceError) as error:
            connections.close_all()
            if not had_failed:
                log.error("The database does not answer: pages are served as stale. %s", error)
        except Exception:
            # The thread must not die: without it, nothing is kept for true.
            log.exception("The changes of pages cannot be read")
        else:
            if had_failed:
                log.warning("The database answers again")

    def _keep_looking(self):
        while True:
            time.sleep(self._interval - (time.time() - AFTER_THE_SECOND) % self._interval)
            was_well = not self._has_failed
            self._look_and_log()
            if was_well and self._has_failed:
                # A server that ended this connection may well take another.
                self._look_and_log()

    def _keep_guard(self):
        look, steps = None, 0
        while True:
            # Counted, not measured: a process that was itself held up cuts nobody off.
            time.sleep(STEP)
            steps = steps + 1 if look and look is self._look_under_way else 0
            look = self._look_under_way
            if steps * STEP >= LOST:
                self._has_failed = self.hangs = True
                steps = 0
                self.guard.end_waits()
