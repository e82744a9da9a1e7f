"""The index of words as a ``tsvector`` with a GIN index of PostgreSQL.

A GIN index has no order: of a word that half of all stories have it would fetch half of all
rows to find the newest. So each word bears the era of its story (``harbour@40``), which is 512
days, and each row also has lexemes for the day, the 8 days and the 64 days it belongs to. A
search looks at the latest days first, going on to longer times and earlier eras until there
are enough. The index alone answers: a row's vector, which lies outside the row, is read for
phrases only.
"""

from itertools import pairwise

from django.db import connection, connections, router

from articles.models import IndexedEdition
from articles.search.words import UNSPACED
from newsroom.prepared import keeping_plans

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
DAY, EIGHT, SIXTY_FOUR, ERA = 0, 3, 6, 9
AN_ERA = A_DAY << ERA
# What is looked at one after the other, before all that is left: so many of these times each.
WINDOWS = ((DAY, 4), (DAY, 8), (EIGHT, 3), (SIXTY_FOUR, 2), (ERA, 1), (ERA, 2), (ERA, 4), (ERA, 8))
# After so many milliseconds no further time is begun: of fifteen common words that no story has
# together, a million stories would be looked through for seconds. Most searches take a few.
PATIENCE = 400
# The queries of so many eras are written one behind the other.
MOST_WRITTEN = 9
# A tsvector holds a megabyte; past this a story's further words are left out.
MOST_BYTES = 800_000
# In bytes, in UTF-8.
LONGEST_CHARACTER = 4

# As _era says it.
_ERA_IN_SQL = f"FLOOR({{}} / {AN_ERA}.0)::bigint"
_ERA_OF_FIRST = _ERA_IN_SQL.format("COALESCE(MIN(place), 0)")
# What came in by a version whose words had no eras.
FORGET_OLDER = (
    "DELETE FROM articles_indexededition WHERE NOT words @@"
    f" ('''§@' || {_ERA_IN_SQL.format('place')} || '''')::tsquery"
)


def add(rows):
    """Take in rows of (place, edition's primary key, fields), a field being a list of words."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO articles_indexededition (place, edition_id, words)"
            " VALUES (%s, %s, %s::tsvector)",
            [(place, pk, _vector(place, fields)) for place, pk, fields in rows],
        )


def _vector(place, fields):
    times = [f"§{level}d{place // A_DAY >> level}" for level in (DAY, EIGHT, SIXTY_FOUR)]
    fields, era = [["§"], *fields, *map(_pairs, fields)], _era(place)
    of_its_era = [[f"{word}@{era}" for word in words] for words in fields]
    parts, position = [], 1
    for words in _within_bounds([times, *of_its_era]):
        # The gap keeps a phrase from beginning in one field and ending in the next. PostgreSQL
        # itself keeps 256 places of a word, and counts none beyond 16383.
        position += 1
        parts += [f"'{word}':{place}" for place, word in enumerate(words, position)]
        position += len(words)
    return " ".join(parts)


def _era(place):
    return place // AN_ERA


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


def find(match, live, bounds, most, looked_at, latest_first, reach):
    """Return the (place, edition's primary key) of the first live editions that match.

    Of what takes longer than PATIENCE not all is found, nor of a phrase of words that often
    stand in one story, but hardly ever side by side: ``looked_at`` are looked at. As many as
    are wanted cannot be found short of ``reach``, a place: the first look goes as far.
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
        is_of_phrases = relaxed != exact
        enough = looked_at if is_of_phrases else most
        until = f"statement_timestamp() + interval '{PATIENCE} ms'"
        in_time = f"CASE WHEN clock_timestamp() < {until} THEN %s ELSE 0 END"
        branches, params = [], []
        for low, high, times in _windows(*bounds, latest_first, reach):
            # Whether one is live is asked of as many of the sorted rows as are wanted; of a
            # phrase's, of those alone that have it.
            is_wanted, is_wanted_params = f" WHERE {is_live}", live_params
            is_exact = ""
            if is_of_phrases:
                # Of the few eras of these times, read once; it is asked of the rows that come out
                # alone.
                query, query_params = _of_eras(exact, low, high)
                is_exact = f", (SELECT w.words @@ (SELECT {query}) FROM articles_indexededition w"
                is_exact += " WHERE w.ctid = i.row) AS is_exact"
                params += query_params
                is_wanted, is_wanted_params = "", []
            query, query_params = _of_eras(relaxed, low, high)
            if times:
                # Two conditions: of one the index weighs each row of these times.
                query, query_params = f"{query} AND i.words @@ %s::tsquery", [*query_params, times]
            # "+ 0" keeps the planner from reading the rows in order, each with its vector.
            branches.append(
                f"(SELECT i.place, i.edition_id{is_exact}"
                " FROM (SELECT i.place + 0 AS place, i.edition_id, i.ctid AS row"
                f" FROM articles_indexededition i WHERE i.words @@ {query}"
                f" AND (i.place + 0) BETWEEN %s AND %s ORDER BY 1 {direction} OFFSET 0) AS i"
                f"{is_wanted} ORDER BY i.place {direction}"
                f" LIMIT {in_time if branches else '%s'})"
            )
            params += [*query_params, low, high, *is_wanted_params, enough]
        # Of one branch alone, a second LIMIT right behind its own would be no SQL.
        statement = f"SELECT * FROM ({' UNION ALL '.join(branches)}) AS found LIMIT %s"
        params.append(enough)
        if is_of_phrases:
            statement = (
                f"SELECT place, edition_id FROM ({statement}) AS i"
                f" WHERE is_exact AND {is_live} LIMIT %s"
            )
            params += [*live_params, most]
    reader = connections[router.db_for_read(IndexedEdition)]
    # To plan so many branches takes longer than most of them do.
    with keeping_plans(reader) as integer, reader.cursor() as cursor:
        cursor.execute(statement, [integer(p) if isinstance(p, int) else p for p in params])
        return cursor.fetchall()


def _windows(low, high, latest_first, reach):
    """Yield (low, high, lexemes): times that follow each other, most of them longer each.

    The first goes as far as ``reach``, if the latest come first.
    """
    for level, number in WINDOWS:
        here = (high if latest_first else low) // A_DAY >> level
        first = here - number + 1 if latest_first else here
        times = range(first, first + number)
        # The rows of eras are told apart by their words.
        lexemes = " | ".join(f"'§{level}d{time}'" for time in times) if level != ERA else ""
        edges = (first << level) * A_DAY, (first + number << level) * A_DAY
        if latest_first and edges[0] > reach:
            continue
        yield max(low, edges[0]), min(high, edges[1] - 1), lexemes
        if latest_first:
            high = edges[0] - 1
        else:
            low = edges[1]
        if low > high:
            return
    yield low, high, ""


def _of_eras(query, low, high):
    """Return (sql, parameters) of a rendered Match for the eras of a place to another's."""
    first, last = _era(low), _era(high)
    if last - first < MOST_WRITTEN:
        eras = range(first, last + 1)
        return "%s::tsquery", [" | ".join(query.replace("@'", f"@{era}'") for era in eras)]
    # From the first that there are rows of; asked for only where so much is looked at.
    return (
        "(SELECT string_agg(replace(%s, '@''', '@' || era || ''''), ' | ')"
        f" FROM generate_series(GREATEST(%s, (SELECT {_ERA_OF_FIRST}"
        " FROM articles_indexededition)), %s) AS era)::tsquery"
    ), [query, first, last]


def _render(match, between):
    """Return a Match as a tsquery with an empty era; ``between`` stands within a phrase."""
    is_exact = between == " <-> "

    def either(phrases):
        joined = (
            between.join(f"'{word}@'" for word in [*phrase, *([] if is_exact else _pairs(phrase))])
            for phrase in phrases
        )
        return "(" + " | ".join(f"({phrase})" for phrase in joined) + ")"

    # Words that are unwanted in their order alone may be there.
    unwanted = [phrase for phrase in match.unwanted if len(phrase) == 1 or is_exact]
    parts = [either(phrases) for phrases in match.groups] or ["'§@'"]
    return " & ".join([*parts, *([f"!{either(unwanted)}"] if unwanted else [])])


def _pairs(phrase):
    """Return the neighbours in a phrase that are letters of a script without spaces, as words.

    The letters alone are in so many stories that few of these have them side by side.
    """
    if not UNSPACED.search("".join(phrase)):
        return []
    return [a + b for a, b in pairwise(phrase) if UNSPACED.match(a[-1]) and UNSPACED.search(b)]
