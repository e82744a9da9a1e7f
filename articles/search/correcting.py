"""Typing errors: the nearest word that leads to live stories, in place of one that does not.

What readers cannot find plays no part: neither whether a word is corrected nor to which
depends on a story that is not live.
"""

from django.db.models import Q

from articles.models import KnownWord
from articles.search import Search, words
from articles.search.indexing import SHORTEST, head, tail

# From this length on, a word may have two errors.
LONG = 8


def corrected(question, live):
    """Return a question's text with the words that find nothing replaced; None if none is."""
    others = {}
    for word in question.wanted_words:
        if is_long_enough(word.plain) and not _newest(word.plain, live):
            better = _nearest(word.plain, live)
            if better:
                others[word] = better
    return question.with_other_words(others) if others else None


def is_long_enough(word):
    """Whether a word may be one of those that are known (indexing.learn) with an error."""
    return len(word) >= SHORTEST - 1


def _newest(word, live):
    """Return the place of the newest live story with a word, or None."""
    found = Search(live).matching(word).latest(1)
    return found[0][0] if found else None


def _nearest(word, live):
    """Return the nearest word with a live story; of several as near, that of the newest one."""
    most = 2 if len(word) >= LONG else 1
    lengths = range(max(SHORTEST, len(word) - 1), len(word) + 2)
    halves = Q(head__in=[head(word, n) for n in lengths]) | Q(
        tail__in=[tail(word, n) for n in lengths]
    )
    nearness = {}
    for other in KnownWord.objects.filter(halves).values_list("word", flat=True):
        distance = words.errors(word, other, most)
        if distance <= most:
            nearness.setdefault((distance, other[0] != word[0]), []).append(other)
    for key in sorted(nearness):
        places = {other: _newest(other, live) for other in nearness[key]}
        found = [other for other in places if places[other] is not None]
        if found:
            return max(found, key=lambda other: (places[other], other))
    return None
