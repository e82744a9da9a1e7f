"""Where search results and social cards cut what we write, in characters.

The real places measure pixels, differ between devices and change without notice; these
are the lengths that come through whole nearly everywhere.
"""

SEARCH_TITLE = 60
SEARCH_DESCRIPTION = 155
SOCIAL_TITLE = 70
SOCIAL_DESCRIPTION = 125


def cut(text, length):
    """Return a text that is longer than ``length`` cut behind a whole word, with an ellipsis."""
    if len(text) <= length:
        return text
    kept = text[:length]
    # Words without spaces, as in Chinese, are cut where they stand.
    return f"{kept.rpartition(' ')[0] or kept[:-1]}…"
