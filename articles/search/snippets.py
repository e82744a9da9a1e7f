"""What of a story is shown with it in an answer: the words that were asked for, marked."""

from articles.search import words

# In words: how long a snippet is, and how much of it stands before the first mark.
LENGTH, BEFORE = 40, 8
# What stands before a word and belongs to it: nothing ends with that.
OPENING = " \n\u00a0“‘„‚«‹([{¿¡"


def marked(text, phrases):
    """Return a whole text as pieces, (text, is marked); [] when it has none of the phrases."""
    places, hits = _read(text, phrases)
    return _pieces(text, places, hits, 0, len(places)) if hits else []


def snippet(text, phrases):
    """Return the part of a text with the most of the phrases, as pieces: (text, is marked).

    Phrases are lists of stems. [] when the text has none of them.
    """
    places, hits = _read(text, phrases)
    if not hits:
        return []
    first = max(hits, key=lambda start: (_worth(hits, start), -start))
    begin = max(0, first - BEFORE)
    return _pieces(text, places, hits, begin, min(len(places), begin + LENGTH))


def _read(text, phrases):
    """Return the (start, end) of a text's words, and the _hits among them."""
    matches = list(words.WORD.finditer(text))
    stems = [words.stem(words.plain(match[0])) for match in matches]
    return [match.span() for match in matches], _hits(stems, phrases)


def _pieces(text, places, hits, begin, end):
    marks = {at for start, length, _n in hits.values() for at in range(start, start + length)}
    pieces, done = [("… ", False)] if begin else [], places[begin][0] if begin else 0
    for at in sorted(marks & set(range(begin, end))):
        start, stop = places[at]
        # Neighbours of one phrase are one mark.
        if pieces and pieces[-1][1] and text[done:start].strip() == "":
            pieces[-1] = (pieces[-1][0] + text[done:stop], True)
        else:
            pieces += [(text[done:start], False), (text[start:stop], True)]
        done = stop
    is_cut = end < len(places)
    pieces.append(
        (text[done : places[end][0]].rstrip(OPENING) + " …" if is_cut else text[done:], False)
    )
    return [piece for piece in pieces if piece[0]]


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
    return len({number for at, _length, number in hits.values() if 0 <= at - start < LENGTH // 2})
