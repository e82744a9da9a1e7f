"""Files that are written beside their place, and stand there when they are whole."""

import re
import time
from contextlib import suppress
from secrets import token_hex

A_DAY = 24 * 60 * 60


def part_of(name):
    """Return the name that a file has while it is written."""
    return f"{name}.{token_hex(4)}.part"


def clear_away(paths):
    """Delete those of some Paths that whoever was killed left half written.

    What was written to within a day may still be written.
    """
    for path in paths:
        if re.search(r"\.[0-9a-f]{8}\.part$", path.name):
            # Another may do the same; and what cannot be deleted is nobody's failure.
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > A_DAY:
                    path.unlink()
