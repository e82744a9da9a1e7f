"""The index of words as an FTS5 table of SQLite, whose rowid is an edition's place."""

import sqlite3
from time import thread_time

from django.db import OperationalError, connection

# Contentless: the words stand in the edition already. The plainest tokenizer there is,
# because what a word is has been decided before (articles.search.words): it parts at spaces.
CREATE = """
CREATE VIRTUAL TABLE articles_words USING fts5(
    words, content='', columnsize=0, tokenize='ascii'
)
"""
DROP = "DROP TABLE articles_words"
# FTS5 has no other index to leave out for a while.
DROP_INDEX = CREATE_INDEX = ""
FORGET_OLDER = ""
# After so many seconds of work it is enough: whether a disk was slow changes nothing of what a
# page says. SQLite looks at the clock each so many of its steps, of which it makes few where it
# only goes through its lists.
PATIENCE, STEPS = 0.4, 1000
EMPTY = "INSERT INTO articles_words (articles_words) VALUES ('delete-all')"


def add(rows):
    """Take in rows of (place, edition's primary key, fields), a field being a list of words."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO articles_indexededition (place, edition_id) VALUES (%s, %s)",
            [(place, pk) for place, pk, _fields in rows],
        )
        cursor.executemany(
            "INSERT INTO articles_words (rowid, words) VALUES (%s, %s)",
            # What stands between two fields keeps a phrase from beginning in one and ending
            # in the other.
            [
                (place, " § ".join(["", *(" ".join(words) for words in fields)]))
                for place, _pk, fields in rows
            ],
        )


def find(match, live, bounds, most, looked_at, latest_first, reach):
    """Return the (place, edition's primary key) of the first live editions that match.

    Of what takes longer than PATIENCE not all is found. FTS5 reads both ends of its lists, and
    stops when there are enough (``reach`` tells it nothing); it knows where the words of a phrase
    stand, and need not look at stories (``looked_at``).
    """
    direction = "DESC" if latest_first else "ASC"
    sql, params = live
    if match:
        table = "articles_words w CROSS JOIN articles_indexededition i ON i.place = w.rowid"
        condition, place = "w.articles_words MATCH %s AND", "w.rowid"
        params = (_render(match), *bounds, *params)
    else:
        table, condition, place = "articles_indexededition i", "", "i.place"
        params = (*bounds, *params)
    found, end = [], thread_time() + PATIENCE
    with connection.cursor() as cursor:
        connection.connection.set_progress_handler(lambda: thread_time() > end, STEPS)
        try:
            cursor.execute(
                f"SELECT i.place, i.edition_id FROM {table}"
                f" WHERE {condition} {place} BETWEEN %s AND %s"
                f" AND EXISTS ({sql}) ORDER BY {place} {direction} LIMIT %s",
                (*params, most),
            )
            for row in cursor:
                found.append(row)
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlite_errorcode", None)
            if code != sqlite3.SQLITE_INTERRUPT:
                raise
        finally:
            connection.connection.set_progress_handler(None, 0)
    return found


def _render(match):
    """Return a Match in FTS5's language, where a quoted text is a phrase."""

    def either(phrases):
        return "(" + " OR ".join('"' + " ".join(phrase) + '"' for phrase in phrases) + ")"

    wanted = " AND ".join(either(phrases) for phrases in match.groups) or '"§"'
    return f"({wanted}) NOT {either(match.unwanted)}" if match.unwanted else wanted
