"""What became of one piece of HTML, word by word."""

import re
from difflib import SequenceMatcher
from itertools import zip_longest

from lxml.html import fragments_fromstring, tostring
from lxml.html.diff import htmldiff

# What XML knows no way to write (https://www.w3.org/TR/xml/#charsets), and nobody can see.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# More pairs of blocks than this are not compared one with one to find which became which.
MOST_PAIRS = 250_000


def differences_of(before, after):
    """Return two pieces of HTML as one, in which ``ins`` and ``del`` mark what differs."""
    return "".join(html for html, _is_changed in blocks_that_differ(before, after))


def blocks_that_differ(before, after):
    """Return what became of one piece of HTML as (html, is_changed), block by block.

    Both are compared by blocks (paragraphs, headings, lists), and only a block that
    changed word by word, marked with ``ins`` and ``del``: 20,000 words cost a second and a
    half at the most, and some seconds where all of them are blocks of their own.
    """
    old, new = _blocks(before), _blocks(after)
    found = []
    # A block that is there hundreds of times says nothing of which became which.
    for change, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if change == "equal":
            found += [(block, False) for block in new[c:d]]
        else:
            found += [_marked(*pair) for pair in _pairs(old[a:b], new[c:d])]
    return [(html, is_changed) for html, is_changed in found if html.strip()]


def _marked(old, new):
    if old == new:
        return new, False
    return re.sub(r"<(ins|del)>\s*</\1>", "", htmldiff(old, new)), True


def _blocks(html):
    """Return the HTML of each element that stands by itself, with the text behind it."""
    # Text in front of the first element has none to stand in.
    whole = fragments_fromstring(f"<span></span>{UNWRITABLE.sub('', html)}")
    blocks = [tostring(element, encoding="unicode") for element in whole]
    return [block for block in (blocks[0].removeprefix("<span></span>"), *blocks[1:]) if block]


def _pairs(old, new):
    """Pair each old block with what became of it, in order, most words in common over all."""
    if len(old) * len(new) > MOST_PAIRS:
        return list(zip_longest(old, new, fillvalue=""))
    words = [[frozenset(block.split()) for block in side] for side in (old, new)]
    alike = [[len(a & b) / len(a | b) if a | b else 0 for b in words[1]] for a in words[0]]
    # best[i][j]: how alike the blocks from i and from j on can be.
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + alike[i][j])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((old[i], ""))
            i += 1
        else:
            pairs.append(("", new[j]))
            j += 1
    return [*pairs, *((block, "") for block in old[i:]), *(("", block) for block in new[j:])]
