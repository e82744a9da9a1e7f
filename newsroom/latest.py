"""What a process keeps in memory of what was asked for last."""

from collections import OrderedDict
from threading import Lock


class Latest:
    """Values by key, so many at most: those that were asked for last. Threads share it."""

    def __init__(self, most):
        self._most = most
        self._kept, self._lock = OrderedDict(), Lock()

    def get(self, key):
        """Return the value that is kept under a key; None without one."""
        with self._lock:
            value = self._kept.get(key)
            if value is not None:
                self._kept.move_to_end(key)
            return value

    def put(self, key, value):
        """Keep a value, which is not None, and let go of what was asked for longest ago."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
