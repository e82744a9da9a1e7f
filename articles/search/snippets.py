"""What of a story is shown with it in an answer: the words that were asked for, marked."""

import re
from bisect import bisect
from itertools import pairwise
from operator import itemgetter

from articles.search import words

PASSAGE = re.compile(r'<span lang="([^"]+)"[^>]*>.*?</span>', re.DOTALL)

# In words: how long a snippet is, and how much of it stands before the first mark.
LENGTH, BEFORE = 40, 8
# What stands before a word and belongs to it: nothing ends with that.
OPENING = " \n\u00a0“‘„‚«‹([{¿¡"


def marked(text, phrases):
    """Return a whole text as pieces, as a snippet; [] when it has none of the phrases."""
    places, hits = _read(text, phrases)
    return _pieces(text, places, hits, 0, len(places)) if hits else []


def snippet(text, phrases, passages=()):
    """Return the part of a text with the most of the phrases: (text, is marked, language) pieces.

    Phrases are lists of stems. [] when the text has none of them. ``passages`` are those in
    another language (``passages_of``); a piece of none has "" for its language.
    """
    places, hits = _read(text, phrases)
    if not hits:
        return []
    first = max(hits, key=lambda start: (_worth(hits, start), -start))
    begin = max(0, first - BEFORE)
    return _pieces(text, places, hits, begin, min(len(places), begin + LENGTH), passages)


def passages_of(html, offset=0):
    """Return where the words of a body (``text_of``) are of another language: (start, end, tag).

    ``offset`` is how much stands before those words in the text that a snippet is made of.
    """
    passages = list(PASSAGE.finditer(html))
    edges = [edge for passage in passages for edge in passage.span()]
    lengths = (offset + length for length in words.lengths_at(html, edges))
    return [(next(lengths), next(lengths), passage[1]) for passage in passages]


def _read(text, phrases):
    """Return the (start, end) of a text's words, and the _hits among them."""
    matches = list(words.WORD.finditer(text))
    stems = [words.stem(words.plain(match[0])) for match in matches]
    return [match.span() for match in matches], _hits(stems, phrases)


def _pieces(text, places, hits, begin, end, passages=()):
    """Return the text from one word to before another, cut where a mark or a language ends."""
    marks = {at for start, length, _n in hits.values() for at in range(start, start + length)}
    marked = []
    for at in sorted(marks & set(range(begin, end))):
        start, stop = places[at]
        # Neighbours of one phrase are one mark.
        if marked and text[marked[-1][1] : start].strip() == "":
            start = marked.pop()[0]
        marked.append((start, stop))
    first, last = places[begin][0] if begin else 0, len(text)
    is_cut = end < len(places)
    if is_cut:
        last = len(text[: places[end][0]].rstrip(OPENING))
    ends = {edge for start, stop, *_language in [*marked, *passages] for edge in (start, stop)}
    edges = [first, *sorted(edge for edge in ends if first < edge < last), last]
    pieces = [
        (
            text[start:stop],
            any(each[0] <= start < each[1] for each in marked),
            _language_at(start, passages),
        )
        for start, stop in pairwise(edges)
    ]
    before, behind = [("… ", False, "")] if begin else [], [(" …", False, "")] if is_cut else []
    return [*before, *pieces, *behind]


def _language_at(place, passages):
    """Return the tag of the passage, of some in order, that has a place of the text; "" if none."""
    before = bisect(passages, place, key=itemgetter(0))
    _begin, end, tag = passages[before - 1] if before else (0, 0, "")
    return tag if place < end else ""


def _hits(stems, phrases):
    """Return where phrases stand: by the first word's number, (that, length, the phrase's)."""
    hits = {}
    for number, phrase in enumerate(phrases):
        length = len(phrase)
        for start, stem in enumerate(stems):
            if stem == phrase[0] and stems[start : start + length] == phrase:
                hits[start] = max(hits.get(start, (0, 0, 0)), (start, length, number))
    return hits


def _worth(hits, start):
    """Return how many phrases stand in the snippet that begins before a hit."""
    return len({hits[at][2] for at in range(start, start + LENGTH // 2) if at in hits})
