"""What XML can hold of a text."""

import re

# XML 1.0, production 2 (Char): most control characters are in no document, escaped or not.
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text):
    """Return a text without the characters that no XML document can hold."""
    return NOT_IN_XML.sub("", text)
