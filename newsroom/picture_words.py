"""What a picture file says of itself: title, caption, credit and alt text, as proposals."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from lxml import etree
from PIL import IptcImagePlugin

XMP = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "core": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
# In bytes; the longest that fits into a JPEG has 65,502 (XMP specification, part 3, 1.1.3).
LONGEST_XMP = 200_000
# Metadata that is broken costs the proposal, never the upload.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError)


@dataclass(frozen=True)
class PictureWords:
    """Proposals for the library's words; each is "" where the file is silent."""

    title: str = ""
    caption: str = ""
    credit: str = ""
    alt_text: str = ""


def read_words(source, file_name):
    """Return the words of an opened Pillow image: from XMP, else IPTC, else Exif.

    The fields are those of the IPTC Photo Metadata Standard. A title that is missing is
    made from the file's name.
    """
    xmp, iptc, exif = _xmp(source), _iptc(source), _exif(source)

    def first(*candidates):
        return next((text for text in map(_plain, candidates) if text), "")

    creator = first(xmp("dc:creator"), iptc(80), exif(0x013B))
    agency = first(xmp("photoshop:Credit"), iptc(110))
    return PictureWords(
        title=first(
            xmp("photoshop:Headline"),
            iptc(105),
            xmp("dc:title"),
            iptc(5),
            title_from_name(file_name),
        ),
        caption=first(xmp("dc:description"), iptc(120), exif(0x010E)),
        credit=_credit(creator, agency)
        or first(xmp("dc:rights"), iptc(116), exif(0x8298)).removeprefix("©").strip(),
        alt_text=first(xmp("core:AltTextAccessibility")),
    )


def title_from_name(file_name):
    """Return a file's name in words: "quay-at_noon.JPG" is "Quay at noon"."""
    words = re.sub(r"[-_+.\s]+", " ", PurePath(file_name).stem).strip()
    return words[:1].upper() + words[1:]


def _credit(creator, agency):
    if creator.casefold() in agency.casefold():
        return agency
    return (
        f"{creator} / {agency}"
        if agency and agency.casefold() not in creator.casefold()
        else creator
    )


def _plain(text):
    """Return text in one line without the characters that no database or page wants."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())


def _xmp(source):
    """Return a function from the name of an XMP property to its text."""
    try:
        packet = source.info.get("xmp") or b""
        packet = packet.encode() if isinstance(packet, str) else packet
        if len(packet) > LONGEST_XMP:
            raise ValueError("nobody has that much to say of a picture")
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(packet.strip(b"\0 \n\r\t"), parser)
    except (*BROKEN, etree.LxmlError):
        return lambda name: ""

    def text_of(name):
        # A property stands as an element or, if it is plain text, as an attribute.
        found = root.xpath(f"//{name}//rdf:li|//{name}[not(*)]", namespaces=XMP)
        if found:
            return (
                ", ".join(each.text or "" for each in found)
                if name == "dc:creator"
                else found[0].text
            )
        return next(iter(root.xpath(f"//@{name}", namespaces=XMP)), "")

    return text_of


def _iptc(source):
    """Return a function from a dataset's number in the IPTC application record to its text."""
    try:
        records = IptcImagePlugin.getiptcinfo(source) or {}
    except BROKEN:
        records = {}

    def text_of(number):
        value = records.get((2, number), b"")
        raw = b", ".join(value) if isinstance(value, list) else value
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    return text_of


def _exif(source):
    """Return a function from an Exif tag to its text."""
    try:
        tags = dict(source.getexif())
    except BROKEN:
        tags = {}

    def text_of(tag):
        value = tags.get(tag, "")
        return value if isinstance(value, str) else ""

    return text_of
