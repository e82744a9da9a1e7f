"""Keeps the threads of a process that answer hits on one core.

Python's lock goes from thread to thread with each hit. Where the next one waits on another core,
that costs half as much as the hit: eight threads on one core answer as many as a single thread.
Only one of them runs Python at a time anyway; what works without the lock, or waits, may be
anywhere.
"""

import os
from contextlib import suppress
from threading import local


class OneCore:
    """A core for the threads that call ``stay``, until they call ``roam``.

    ``number`` is that of the process: those of a machine that have successive ones share none,
    while there are enough. None leaves all threads where they are.
    """

    def __init__(self, number):
        self._here = local()
        # macOS has no such thing.
        self._cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._is_used = number is not None and len(self._cores) > 1
        if self._is_used:
            self._one = {sorted(self._cores)[number % len(self._cores)]}

    def stay(self):
        """Run on the core from now on."""
        if self._is_used and not getattr(self._here, "stays", False):
            self._move(True)

    def roam(self):
        """Run wherever the process may."""
        if getattr(self._here, "stays", False):
            self._move(False)

    def _move(self, stays):
        self._here.stays = stays
        # Whoever runs the machine may have taken the core away meanwhile.
        with suppress(OSError):
            os.sched_setaffinity(0, self._one if stays else self._cores)
