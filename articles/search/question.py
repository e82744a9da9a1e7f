"""What a reader asks: words, "phrases", -words and OR. Any text is a question; none is an error."""

import re
from dataclasses import dataclass, field

from articles.search import words

MOST_CHARACTERS = 500
MOST_WORDS = 16
_PART = re.compile(r'(?P<minus>-?)"(?P<quoted>[^"]*)"?|(?P<plain>\S+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


@dataclass(frozen=True)
class Word:
    """A word as it stands in the question's text, from ``start`` to ``end``."""

    plain: str
    start: int
    end: int


@dataclass
class Question:
    """A text, read: of each of ``groups`` one phrase is wanted, of ``unwanted`` none.

    A phrase is a list of Words; ``is_cut`` if there was more than is read.
    """

    text: str = ""
    groups: list[list[list[Word]]] = field(default_factory=list)
    unwanted: list[list[Word]] = field(default_factory=list)
    is_cut: bool = False

    def __bool__(self):
        return bool(self.groups or self.unwanted)

    @property
    def stems(self):
        """The groups, each phrase as a list of stems."""
        return [[_stems(phrase) for phrase in group] for group in self.groups]

    @property
    def unwanted_stems(self):
        return [_stems(phrase) for phrase in self.unwanted]

    @property
    def phrases(self):
        """All that is wanted, as lists of stems."""
        return [phrase for group in self.stems for phrase in group]

    @property
    def wanted_words(self):
        """The words that are wanted, in order."""
        return [word for group in self.groups for phrase in group for word in phrase]

    def with_other_words(self, others):
        """Return the question's text with some of its words (a Word to a text) replaced."""
        text = self.text
        for word in sorted(others, key=lambda word: word.start, reverse=True):
            text = text[: word.start] + others[word] + text[word.end :]
        return text


def read(text):
    """Return the Question that a text is."""
    text = " ".join(text.split())
    question = Question(text[:MOST_CHARACTERS], is_cut=len(text) > MOST_CHARACTERS)
    room, joins = MOST_WORDS, False
    for part in _PART.finditer(question.text.translate(_QUOTES)):
        name = "plain" if part["plain"] is not None else "quoted"
        if part[name] in ("OR", "|") and name == "plain":
            joins = bool(question.groups)
            continue
        start = part.start(name)
        phrase = [
            Word(plain, start + match.start(), start + match.end())
            for match in words.WORD.finditer(part[name])
            if (plain := words.plain(match[0]))
        ]
        if not phrase:
            continue
        question.is_cut = question.is_cut or len(phrase) > room
        phrase = phrase[:room]
        room -= len(phrase)
        if not phrase:
            break
        if part["minus"] or part[name].startswith("-"):
            question.unwanted.append(phrase)
        elif joins:
            question.groups[-1].append(phrase)
        else:
            question.groups.append([phrase])
        joins = False
    return question


def _stems(phrase):
    return [words.stem(word.plain) for word in phrase]
