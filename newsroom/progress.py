"""How far a command is that takes its time."""

from time import monotonic

# In seconds: on a terminal one line changes; elsewhere, a journal for example, lines are added.
ON_TERMINAL, ELSEWHERE = 0.2, 10


class Progress:
    """Says on a stream of Django's commands what is being done and how much of it is done.

    With a ``verbosity`` of 0 it says nothing.
    """

    def __init__(self, out, verbosity=1):
        self._out, self._is_silent = out, not verbosity
        self._changes_line = out.isatty()
        self._what, self._total, self._done = "", 0, 0

    def begin(self, what, total):
        """Begin with something that has so many parts."""
        self._what, self._total, self._done = what, total, 0
        self._said_at = monotonic()
        if self._changes_line:
            self._say()

    def advance(self, count=1):
        self._done += count
        if monotonic() - self._said_at > (ON_TERMINAL if self._changes_line else ELSEWHERE):
            self._say()

    def each(self, parts):
        """Yield each of some parts, and count it."""
        for part in parts:
            yield part
            self.advance()

    def end(self, said=""):
        """End it; ``said`` is what has come of it."""
        self._done = self._total
        self._say(said, is_last=True)

    def _say(self, said="", is_last=False):
        self._said_at = monotonic()
        if self._is_silent:
            return
        percent = min(100, 100 * self._done // self._total) if self._total else 100
        line = f"{self._what}: {said or f'{percent} %'}"
        begin, end = ("\r", "\n" if is_last else "") if self._changes_line else ("", "\n")
        # What stood there before may have been longer.
        self._out.write(begin + (f"{line:<70}" if begin else line), ending=end)
        self._out.flush()
