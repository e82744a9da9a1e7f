"""The index of words as a ``tsvector`` with a GIN index of PostgreSQL.

A GIN index has no order: of a word that half of all stories have it would fetch half of all
rows to find the newest. So each row also has lexemes for the day, the 8 days, the 64 days
and the 512 days it belongs to, and a search looks at the latest days first, going on to
longer times until there are enough. The index alone answers: a row's vector, which lies
outside the row, is read for phrases only.
"""

from itertools import pairwise

from django.db import connection, connections, router

from articles.models import IndexedEdition
from articles.search.words import UNSPACED

CREATE_INDEX = (
    "CREATE INDEX articles_words ON articles_indexededition USING gin (words)"
    " WITH (fastupdate = off)"
)
CREATE = f"ALTER TABLE articles_indexededition ADD COLUMN words tsvector; {CREATE_INDEX};"
DROP_INDEX = "DROP INDEX articles_words"
DROP = "ALTER TABLE articles_indexededition DROP COLUMN words"
EMPTY = ""

# A place counts seconds in its upper bits.
A_DAY = 86_400 << 16
# Powers of two, in days.
LEVELS = (0, 3, 6, 9)
# So many rows that have all of a phrase's words are looked at for their order.
MOST_VECTORS = 1000
# A tsvector holds a megabyte; past this a story's further words are left out.
MOST_BYTES = 800_000
# In bytes, in UTF-8.
LONGEST_CHARACTER = 4


def add(rows):
    """Take in rows of (place, edition's primary key, fields), a field being a list of words."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO articles_indexededition (place, edition_id, words)"
            " VALUES (%s, %s, %s::tsvector)",
            [(place, pk, _vector(place, fields)) for place, pk, fields in rows],
        )


def _vector(place, fields):
    times = [f"§{level}d{place // A_DAY >> level}" for level in LEVELS]
    parts, position = [], 1
    for words in _within_bounds([["§", *times], *fields, *map(_pairs, fields)]):
        # The gap keeps a phrase from beginning in one field and ending in the next. PostgreSQL
        # itself keeps 256 places of a word, and counts none beyond 16383.
        position += 1
        parts += [f"'{word}':{place}" for place, word in enumerate(words, position)]
        position += len(words)
    return " ".join(parts)


def _within_bounds(fields):
    """Return fields without the words that are too many for a vector."""
    if sum(len(word) for words in fields for word in words) <= MOST_BYTES // LONGEST_CHARACTER:
        return fields
    room, known = MOST_BYTES, set()

    def has_room(word):
        nonlocal room
        if word not in known:
            room -= len(word.encode())
            if room >= 0:
                known.add(word)
        return word in known

    return [[word for word in words if has_room(word)] for words in fields]


def find(match, live, bounds, most, latest_first=True):
    """Return the (place, edition's primary key) of the first live editions that match.

    Of a phrase of words that often stand in one story, but hardly ever side by side, not
    all is found: see MOST_VECTORS.
    """
    sql, live_params = live
    direction = "DESC" if latest_first else "ASC"
    # OFFSET has the planner ask row by row, and not prepare for every row there is.
    is_live = f"EXISTS ({sql} OFFSET 0)"
    if not match:
        statement = (
            "SELECT i.place, i.edition_id FROM articles_indexededition i"
            f" WHERE i.place BETWEEN %s AND %s AND {is_live} ORDER BY i.place {direction} LIMIT %s"
        )
        params = [*bounds, *live_params, most]
    else:
        relaxed, exact = _render(match, " & "), _render(match, " <-> ")
        enough = most if relaxed == exact else MOST_VECTORS
        branches, params = [], []
        for low, high, times in _windows(*bounds, latest_first):
            # "+ 0" keeps the planner from reading the rows in order, each with its vector.
            # Whether one is live is asked of as many of the sorted rows as are wanted.
            branches.append(
                "(SELECT i.place, i.edition_id FROM (SELECT i.place + 0 AS place, i.edition_id"
                " FROM articles_indexededition i WHERE i.words @@ %s::tsquery"
                f" AND (i.place + 0) BETWEEN %s AND %s ORDER BY 1 {direction} OFFSET 0) AS i"
                f" WHERE {is_live} ORDER BY i.place {direction} LIMIT %s)"
            )
            query = " & ".join([relaxed, *([f"({' | '.join(times)})"] if times else [])])
            params += [query, low, high, *live_params, enough]
        # Of one branch alone, a second LIMIT right behind its own would be no SQL.
        statement = f"SELECT * FROM ({' UNION ALL '.join(branches)}) AS found LIMIT %s"
        params.append(enough)
        if relaxed != exact:
            statement = (
                f"SELECT place, edition_id FROM ({statement}) AS near WHERE (SELECT i.words @@"
                " %s::tsquery FROM articles_indexededition i WHERE i.place = near.place) LIMIT %s"
            )
            params += [exact, most]
    with connections[router.db_for_read(IndexedEdition)].cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def _windows(low, high, latest_first):
    """Yield (low, high, lexemes): times that follow each other, each longer than the last."""
    day = (high if latest_first else low) // A_DAY
    for level in LEVELS:
        bucket = day >> level
        if latest_first:
            edge = (bucket - 1 << level) * A_DAY
            yield max(low, edge), high, [f"'§{level}d{n}'" for n in (bucket - 1, bucket)]
            if edge <= low:
                return
            high = edge - 1
        else:
            edge = (bucket + 2 << level) * A_DAY
            yield low, min(high, edge - 1), [f"'§{level}d{n}'" for n in (bucket, bucket + 1)]
            if edge > high:
                return
            low = edge
    yield low, high, []


def _render(match, between):
    """Return a Match as a tsquery; ``between`` stands between the words of a phrase."""
    is_exact = between == " <-> "

    def either(phrases):
        joined = (
            between.join(f"'{word}'" for word in [*phrase, *([] if is_exact else _pairs(phrase))])
            for phrase in phrases
        )
        return "(" + " | ".join(f"({phrase})" for phrase in joined) + ")"

    # Words that are unwanted in their order alone may be there.
    unwanted = [phrase for phrase in match.unwanted if len(phrase) == 1 or is_exact]
    parts = [either(phrases) for phrases in match.groups] or ["'§'"]
    return " & ".join([*parts, *([f"!{either(unwanted)}"] if unwanted else [])])


def _pairs(phrase):
    """Return the neighbours in a phrase that are letters of a script without spaces, as words.

    The letters alone are in so many stories that few of these have them side by side.
    """
    if not UNSPACED.search("".join(phrase)):
        return []
    return [a + b for a, b in pairwise(phrase) if UNSPACED.match(a[-1]) and UNSPACED.search(b)]
