"""Primary keys as an address spells them."""

# Every database holds numbers of so many digits; longer ones name nothing.
DIGITS = 18


def read_keys(texts):
    """Return those of the texts that are a primary key, as numbers, in order."""
    return [int(text) for text in texts if text.isdecimal() and len(text) <= DIGITS]


def read_key(text):
    """Return the primary key that a text is, as a number; None if it is none."""
    return next(iter(read_keys([text])), None)
