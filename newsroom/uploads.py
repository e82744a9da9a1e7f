"""Pictures on their way in: told from what only looks like one, limited, cleaned."""

import hashlib
import io
import os
from pathlib import PurePath
from threading import Lock
from time import monotonic

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image

from newsroom.decoding import BROKEN, upright_in_srgb
from newsroom.picture_words import read_words

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 60_000_000
# Their decoders hold a picture four times over.
MAX_PIXELS_OF = {"WEBP": 16_000_000, "AVIF": 16_000_000}
# A phone's panorama is half as long. What is a few pixels high costs most for what it shows.
MAX_LENGTH = 30_000
# Whoever uploads many at once costs the process the memory for one.
ONE_AT_A_TIME = Lock()
# Seconds. A JPEG of a few kilobytes may describe its pixels anew ten thousand times.
MAX_DECODING = 15
# Bytes for what libjpeg keeps of a JPEG that comes in several passes. It refuses more itself,
# in files that do not say so in their head.
MAX_PASSES = 250_000_000
os.environ.setdefault("JPEGMEM", f"{MAX_PASSES // 1000}")
# Pillow looks at the clock, through PatientFile, when it has read so many bytes.
BLOCK = 2048
# Pillow's name: what people call it, and how its files' names end. MPO is what several
# cameras and phones write for a JPEG with a second picture behind the first.
FORMATS = {
    "JPEG": ("JPEG", ("jpg", "jpeg", "jpe", "jfif")),
    "MPO": ("JPEG", ("jpg", "jpeg", "jpe", "jfif", "mpo")),
    "PNG": ("PNG", ("png",)),
    "WEBP": ("WebP", ("webp",)),
    "AVIF": ("AVIF", ("avif",)),
    "GIF": ("GIF", ("gif",)),
}
# What comes in place of a picture most often, by how it begins.
STRANGERS = [
    (b"%PDF", "PDF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"PK\x03\x04", "ZIP"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"BM", "BMP"),
]
HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


class TooMuch(Exception):
    """A picture that takes longer to decode, or more memory, than it can be given."""


class PatientFile:
    """A file that raises TooMuch once it has been read from for MAX_DECODING seconds."""

    def __init__(self, file):
        self._file, self._until = file, monotonic() + MAX_DECODING

    def read(self, *size):
        if monotonic() > self._until:
            raise TooMuch
        return self._file.read(*size)

    def __getattr__(self, name):
        return getattr(self._file, name)


class CleanPicture(ContentFile):
    """An upload, decoded and encoded anew, ready to be stored.

    ``checksum`` is the SHA-256 hex digest of the file as it came, ``words`` what it said
    of itself (``newsroom.picture_words``), ``width`` and ``height`` are in pixels.
    """

    def __init__(self, content, *, width, height, extension, checksum, words):
        super().__init__(content)
        self.width, self.height = width, height
        self.extension, self.checksum, self.words = extension, checksum, words


def read_upload(file):
    """Return an uploaded picture upright, without metadata and at most MAX_SIDE pixels long.

    Raises ValidationError with the file's name, what is wrong and what to do.
    """
    name = {"name": file.name}
    if file.size > MAX_UPLOAD_BYTES:
        raise ValidationError(_("“%(name)s” is larger than 25 MB: upload a smaller one.") % name)
    file.seek(0)
    checksum = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    beginning = file.read(512)
    file.seek(0)
    try:
        formats = [*FORMATS.keys() - {"MPO"}]
        with ONE_AT_A_TIME, Image.open(PatientFile(file), formats=formats) as source:
            source.decodermaxblock = BLOCK
            _refuse_disguise(file, source.format)
            _refuse_size(file.name, source)
            words = read_words(source, file.name)
            has_alpha = source.has_transparency_data
            picture = upright_in_srgb(source, has_alpha)
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(file.name, MAX_PIXELS) from error
    except TooMuch as error:
        raise ValidationError(
            _(
                "“%(name)s” takes too much time or memory to read: "
                "export it anew, without “progressive”."
            )
            % name
        ) from error
    except BROKEN as error:
        raise ValidationError(_why_unreadable(file.name, beginning)) from error
    out = io.BytesIO()
    if has_alpha:
        picture.save(out, "PNG")
    else:
        picture.save(out, "JPEG", quality=90)
    return CleanPicture(
        out.getvalue(),
        width=picture.width,
        height=picture.height,
        extension="png" if has_alpha else "jpg",
        checksum=checksum,
        words=words,
    )


def _refuse_size(name, source):
    """Refuse a picture that is too large to decode in the memory that a web process has."""
    if max(source.size) > MAX_LENGTH:
        raise ValidationError(
            _("“%(name)s” has a side of more than 30,000 pixels: scale it down.") % {"name": name}
        )
    most = MAX_PIXELS_OF.get(source.format, MAX_PIXELS)
    if source.width * source.height > most:
        raise _too_many_pixels(name, most)
    if source.info.get("progressive"):
        # Two bytes for each sample of each colour, whatever size is asked for.
        factors = [(across, down) for _id, across, down, _table in source.layer]
        samples = sum(across * down for across, down in factors)
        finest = max(across for across, _ in factors) * max(down for _, down in factors)
        if 2 * source.width * source.height * samples > MAX_PASSES * finest:
            raise TooMuch


def _too_many_pixels(name, most):
    words = {"name": name, "millions": most // 1_000_000}
    if most < MAX_PIXELS:
        return ValidationError(
            _(
                "“%(name)s” has more than %(millions)s million pixels, too many for this kind of"
                " file: scale it down, or export it as JPEG."
            )
            % words
        )
    return ValidationError(
        _("“%(name)s” has more than %(millions)s million pixels: scale it down.") % words
    )


def _refuse_disguise(file, found):
    """Refuse a picture whose name, or else whose declared type, is that of another kind."""
    label, endings = FORMATS[found]
    suffix = PurePath(file.name).suffix[1:].lower()
    declared = (getattr(file, "content_type", None) or "").removeprefix("image/")
    for claim in (suffix, declared):
        claimed = next((each for each in FORMATS.values() if claim in each[1]), None)
        if claimed and claimed[0] != label:
            raise ValidationError(
                _(
                    "“%(name)s” says it is %(claimed)s and is %(found)s: "
                    "export it anew, or give it the name that fits."
                )
                % {"name": file.name, "claimed": claimed[0], "found": label}
            )
        if claimed:
            return


def _why_unreadable(name, beginning):
    """Return the sentence for a file that is no picture we read, with what it is, if known."""
    words = {"name": name, "kind": _kind_of_stranger(beginning)}
    if words["kind"] == "HEIC":
        return (
            _("“%(name)s” is a HEIC picture, which browsers cannot show: export it as JPEG.")
            % words
        )
    if words["kind"]:
        return (
            _(
                "“%(name)s” cannot be read as a picture (it is %(kind)s): "
                "upload a JPEG, PNG, WebP, AVIF or GIF."
            )
            % words
        )
    if beginning.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")):
        return (
            _("“%(name)s” cannot be read as a picture, it is broken: copy it anew from its source.")
            % words
        )
    return (
        _("“%(name)s” cannot be read as a picture: upload a JPEG, PNG, WebP, AVIF or GIF.") % words
    )


def _kind_of_stranger(beginning):
    """Return what people call a file that begins like this, "" if nothing comes to mind."""
    if beginning[4:8] == b"ftyp" and beginning[8:12] in HEIC_BRANDS:
        return "HEIC"
    for start, kind in STRANGERS:
        if beginning.startswith(start):
            return kind
    text = beginning.lower()
    if b"<svg" in text:
        return "SVG"
    if b"<html" in text or b"<!doctype html" in text:
        return "HTML"
    return ""
