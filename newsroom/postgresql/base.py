"""Django's backend for PostgreSQL, with habits that every page pays for made cheaper."""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from select import POLLIN, poll

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import RawCursor

# A connection that nobody used for so long (in seconds) is asked whether it still is one: what
# lies between may have forgotten it without a word.
LONGEST_UNASKED = 5.0
# How many statements are kept as PostgreSQL reads them.
MOST_NUMBERED = 512


class PreparedCursor(base.CursorMixin, RawCursor):
    """Has the server bind values; psycopg would look for their places in a long statement anew."""

    def execute(self, query, params=None, **options):
        return super().execute(_numbered(query), params, **options)


@lru_cache(MOST_NUMBERED)
def _numbered(sql):
    """Return Django's SQL as bytes with $1, $2 … in the place of each %s."""
    number = count(1)
    return re.sub(
        "%[%s]", lambda mark: "%" if mark[0] == "%%" else f"${next(number)}", sql
    ).encode()


class TimeInUTC(BaseTzLoader):
    """Reads a moment in C, where Django's own takes it apart in Python."""

    # Django takes another loader where this is not the connection's.
    timezone = UTC

    def load(self, data):
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)


class DatabaseWrapper(base.DatabaseWrapper):
    _was_well_at = -LONGEST_UNASKED

    def is_usable(self):
        """Whether the server is still there, for a request that begins.

        A server that ends a connection says so, which is there to be read. While there is nothing
        of that, a connection in constant use is not asked: that would be a round trip a page.
        """
        now = time.monotonic()
        is_in_use = now - self._was_well_at < LONGEST_UNASKED
        is_well = (is_in_use and self._is_quiet()) or super().is_usable()
        if is_well:
            self._was_well_at = now
        return is_well

    def _is_quiet(self):
        if self.connection is None or self.connection.closed:
            return False
        line = poll()
        line.register(self.connection.fileno(), POLLIN)
        return not line.poll(0)

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", TimeInUTC)
        return connection
