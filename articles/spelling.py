"""Names that a text spells otherwise than the byline does."""

import re
import unicodedata
from difflib import SequenceMatcher

WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*")
GENITIVE = re.compile(r"['’]s?$", re.IGNORECASE)
# Words as alike as "Chen" and "Chan" are.
ALIKE = 0.75
# A name of one word is looked for when it is long enough to be told from others.
SHORTEST_SINGLE_WORD = 6
# Of three characters two are often shared by relatives, or by chance.
SHORTEST_WITHOUT_SPACES = 4


def spelt_otherwise(names, text):
    """Return (name, as the text has it) for each name that the text seems to misspell.

    Few false alarms are worth more than every catch: one word of a name may differ, by a
    letter or so, or all of them by their accents; a capital at the beginning is asked for
    where the script has capitals. Names in scripts without spaces may differ in one
    character that is not the first.
    """
    words = [GENITIVE.sub("", word) for word in WORD.findall(text)]
    right = {_plain_case(name) for name in names}
    found = []
    for name in dict.fromkeys(names):
        parts = WORD.findall(name)
        if len(parts) == 1 and not _has_case(name):
            variants = _unspaced_variants(parts[0], text)
        else:
            variants = _variants(parts, words)
        for variant in dict.fromkeys(variants):
            if _plain_case(variant) not in right:
                found.append((name, variant))
    return found


def _variants(parts, words):
    """Yield what stands in a list of words and is alike, not equal, to a name's words."""
    length = len(parts)
    if not length or (length == 1 and len(parts[0]) < SHORTEST_SINGLE_WORD):
        return
    for start in range(len(words) - length + 1):
        window = words[start : start + length]
        pairs = list(zip(parts, window, strict=True))
        differing = [pair for pair in pairs if _plain_case(pair[0]) != _plain_case(pair[1])]
        if not differing or not all(_begins_like_a_name(word) for word in window):
            continue
        by_accents = all(_without_accents(one) == _without_accents(other) for one, other in pairs)
        if by_accents or (len(differing) == 1 and _are_alike(*differing[0])):
            yield " ".join(window)


def _unspaced_variants(name, text):
    """Yield runs of characters that differ from the name in one, the first aside."""
    length = len(name)
    if length < SHORTEST_WITHOUT_SPACES:
        return
    for start in (match.start() for match in re.finditer(re.escape(name[0]), text)):
        run = text[start : start + length]
        differing = [pair for pair in zip(name, run, strict=False) if pair[0] != pair[1]]
        if len(run) == length and len(differing) == 1 and differing[0][1].isalpha():
            yield run


def _are_alike(one, other):
    one, other = _plain_case(one), _plain_case(other)
    if abs(len(one) - len(other)) > 1 or other == f"{one}s":
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def _begins_like_a_name(word):
    return not word[0].islower()


def _has_case(name):
    return name.lower() != name.upper()


def _plain_case(words):
    return unicodedata.normalize("NFC", words.replace("’", "'")).casefold()


def _without_accents(word):
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", _plain_case(word))
        if not unicodedata.combining(letter)
    )
