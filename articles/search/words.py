"""What a word is: to the index, to whoever asks it, and to the marks in an answer.

All three use the same words, on both databases: without case and accents, and reduced to
their stem by the Snowball stemmer of the newsroom's language, if there is one for it.
"""

import re
import unicodedata
from functools import lru_cache
from html import unescape
from itertools import pairwise
from threading import Lock

import snowballstemmer
from django.conf import settings
from django.utils.translation import get_language_info

# Scripts that put no gap between words: each letter is a word, and what is asked a phrase.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "".join(chr(n) for n in range(0x300, 0xFE30) if unicodedata.category(chr(n))[0] == "M")
UNSPACED = re.compile(f"[{_UNSPACED}]")
WORD = re.compile(
    rf"[{_UNSPACED}][{_MARKS}]*|(?:[^\W_{_UNSPACED}][{_MARKS}]*)+(?:['’]s(?![^\W_]))?",
    re.IGNORECASE,
)
_ACCENTS = re.compile("(?<=[a-z\u03b1-\u03c9])[\u0300-\u036f]+|[\u0591-\u05c7\u0640\u064b-\u0652]")
# Letters that Unicode does not take apart.
_LIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
# What is longer is no word of a language; the databases' indexes have limits.
LONGEST = 60
_INLINE = re.compile(r"</?(?:a|b|em|i|s|strong|sub|sup|u|mark|small|code|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_stemming = Lock()


def text_of(html):
    """Return a body's words as text, those of neighbouring blocks kept apart."""
    return " ".join(_without_tags(html).split())


def lengths_at(html, edges):
    """Return how long a body's text is up to each of some edges of its elements, in order."""
    lengths, length, is_apart = [], 0, False
    for begin, end in pairwise([0, *edges]):
        text = _without_tags(html[begin:end])
        found = " ".join(text.split())
        if found:
            length += len(found) + (length > 0 and (is_apart or text[0].isspace()))
            is_apart = text[-1].isspace()
        else:
            is_apart = is_apart or text != ""
        lengths.append(length)
    return lengths


def _without_tags(html):
    return unescape(_TAG.sub(" ", _INLINE.sub("", html)))


def split(text):
    """Return the words of a text as they were typed, but without case and accents."""
    return [word for found in WORD.findall(text) if (word := plain(found))]


def stems(text):
    """Return the words of a text as the index has them."""
    return stems_of(split(text))


def plain(word):
    """Return one word of a text without case, accents and the English genitive's ending."""
    # Of marks above a letter, Python takes a time by the square of their number; and what is
    # remembered stays small.
    return _plain(word[: 4 * LONGEST])


@lru_cache(100_000)
def _plain(word):
    word = re.sub("['’]s$", "", word, flags=re.IGNORECASE)
    word = unicodedata.normalize("NFKD", word)
    word = _ACCENTS.sub("", word.casefold()).translate(_LIKE)
    word = unicodedata.normalize("NFKC", word)
    return "".join(WORD.findall(word))[:LONGEST]


def stems_of(plain_words):
    """Return the stems of plain words in the newsroom's language."""
    language = settings.LANGUAGE_CODE
    return [_stem(word, language) for word in plain_words]


def stem(word):
    """Return the stem of a plain word in the newsroom's language."""
    return _stem(word, settings.LANGUAGE_CODE)


@lru_cache(100_000)
def _stem(word, language):
    stemmer = _stemmer(language)
    if stemmer is None:
        return word
    # A stemmer remembers the word it works on: one thread at a time.
    with _stemming:
        return stemmer.stemWord(word) or word


@lru_cache
def _stemmer(language):
    try:
        name = get_language_info(language.split("-")[0])["name"].lower().split()[0]
    except KeyError:
        return None
    return snowballstemmer.stemmer(name) if name in snowballstemmer.algorithms() else None


def is_one_error(one, other):
    """Whether two words differ in one letter too many or another, or in two that changed places."""
    return errors(one, other) == 1


def errors(one, other, most=1):
    """Return in how many letters two words differ, two that changed places being one.

    More than ``most``, which is 1 or 2, is said as ``most + 1``.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if not one or not other:
        return min(len(one or other), most + 1)
    if len(one) == len(other) == 1 or (len(one) == 2 and one == other[::-1]):
        return 1
    if most == 1:
        return 2
    ways = [(one[1:], other), (one, other[1:]), (one[1:], other[1:])]
    if one[:2] == other[1::-1]:
        ways.append((one[2:], other[2:]))
    return min(1 + errors(*way) for way in ways)
