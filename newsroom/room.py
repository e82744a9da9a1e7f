"""Room for so many at a time, who are let in as they came."""

from collections import deque
from threading import Condition
from time import monotonic

# Seconds between two looks whether it is worth waiting on.
STEP = 0.1


class Room:
    """So many places; whoever came first is let in first."""

    def __init__(self, places):
        self._free, self._queue, self._changed = places, deque(), Condition()
        # When somebody came in or left, by the monotonic clock.
        self.moved_at = monotonic()

    def enter(self, waits_on):
        """Take a place, waiting for one while ``waits_on()``; return whether it was taken."""
        turn = object()
        with self._changed:
            self._queue.append(turn)
            try:
                while waits_on():
                    if self._free and self._queue[0] is turn:
                        self._move(-1)
                        return True
                    self._changed.wait(STEP)
                return False
            finally:
                self._queue.remove(turn)
                self._changed.notify_all()

    def leave(self):
        """Give one's place back."""
        with self._changed:
            self._move(1)
            self._changed.notify_all()

    def _move(self, places):
        self._free += places
        self.moved_at = monotonic()
