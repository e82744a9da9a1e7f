"""How a body is read: the parts that its headings make, and how long it takes."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from django.utils.html import strip_tags
from django.utils.text import slugify

HEADING = re.compile(r"<(h[23])>(.*?)</\1>", re.DOTALL)

# Brysbaert, “How many words do we read per minute?” (2019): 238 for prose in English, read
# in silence. Scripts without spaces: 500 characters a minute, as Medium reckons. The desk
# counts the same while somebody writes (static/desk/counters.js).
WORDS_A_MINUTE = 238
CHARACTERS_A_MINUTE = 500
# Thai, Lao, Myanmar, Khmer; kana; Han.
WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# What stands between two spaces, with a letter or a digit in it; looked for from its beginning
# alone, for there may be a line of a thousand dashes.
WORD = re.compile(r"(?<!\S)(?:[^\w\s]|_)*+[^\W_]\S*")
# In characters. Of marks above letters, Python takes a time by the square of their number.
LONGEST_ID = 200
# In characters. What is made of a longer body is made each time: some of them fill the memory.
LONGEST_REMEMBERED = 256 * 1024


@dataclass(frozen=True)
class Heading:
    """A heading of a body as the page has it: its element, its id, and its words as text."""

    element: str
    id: str
    words: str


def headings_of(body):
    """Return the Headings of a sanitised body, in order.

    An id is made of the heading's own words, so that a link to it outlives changes to the
    others; "part-" keeps it apart from the ids of the page. No level is left out on the
    way down: what stands above the first h2, or has none at all, is one.
    """
    found = HEADING.findall(body)
    has_level_2 = any(element == "h2" for element, _html in found)
    headings, taken, last, below_level_2 = [], set(), {}, False
    for element, html in found:
        below_level_2 = below_level_2 or element == "h2"
        words = " ".join(unescape(strip_tags(html.replace("<br>", " "))).split())
        slug = slugify(words[:LONGEST_ID], allow_unicode=True)
        wanted = f"part-{slug}".rstrip("-")
        name, number = wanted, last.get(wanted, 1)
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name)
        last[wanted] = number
        level = element if has_level_2 and below_level_2 else "h2"
        headings.append(Heading(level, name, words))
    return headings


def text_of(body):
    """Return the words of a sanitised body, a space between each two."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def is_too_long_to_remember(body):
    """Whether what is made of a body is not to be kept in memory."""
    return len(body) > LONGEST_REMEMBERED


def count_words(body):
    """Return (words, characters) of a sanitised body: the latter of scripts without spaces."""
    return (_count_words.__wrapped__ if is_too_long_to_remember(body) else _count_words)(body)


@lru_cache(maxsize=64)
def _count_words(body):
    text = text_of(body)
    words = WORD.findall(text)
    characters = len(WITHOUT_SPACES.findall(text))
    if characters:
        words = [word for word in words if not WITHOUT_SPACES.search(word)]
    return len(words), characters


def minutes_to_read(body):
    """Return how many minutes a sanitised body takes to read: a whole number, at least 1."""
    words, characters = count_words(body)
    return max(1, int(words / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE + 0.5))
