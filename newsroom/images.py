"""Pictures on their way out: cropped, cut to size and kept as files."""

import io
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from PIL import Image

log = logging.getLogger(__name__)
CROPS = {
    "wide": 3 / 2,
    "square": 1.0,
    "portrait": 4 / 5,
    "natural": None,
    "social": 1200 / 630,
    # What search engines ask for (articles.structured_data).
    "16x9": 16 / 9,
    "4x3": 4 / 3,
    "1x1": 1.0,
}
# 672 pixels are what a cheap phone of 412 × 1.75 shows between the page's margins: the
# picture's file then fits into what a server may send before the first answer (RFC 6928).
WIDTHS = {
    "wide": (320, 672, 960, 1280, 1920),
    "natural": (320, 672, 960, 1280, 1920),
    "square": (80, 160, 320, 640),
    "portrait": (160, 320, 640),
    "social": (600, 1200),
    "16x9": (1200,),
    "4x3": (1200,),
    "1x1": (1200,),
}
# In order of preference: extension, media type, Pillow's format and options.
FORMATS = {
    "avif": ("image/avif", "AVIF", {"quality": 55, "speed": 6}),
    "webp": ("image/webp", "WEBP", {"quality": 75}),
    "jpg": ("image/jpeg", "JPEG", {"quality": 80, "progressive": True}),
}


@dataclass(frozen=True)
class Rendition:
    """A crop at a width in pixels, in a format."""

    crop: str
    width: int
    extension: str

    @property
    def mime_type(self):
        return FORMATS[self.extension][0]


def crop_box(width, height, ratio, focal_x, focal_y):
    """Return the largest box of a ratio, as near to the focal point (0 to 1) as edges allow."""
    box_width = min(width, round(height * ratio))
    box_height = min(height, round(width / ratio))
    left = min(max(round(width * focal_x - box_width / 2), 0), width - box_width)
    top = min(max(round(height * focal_y - box_height / 2), 0), height - box_height)
    return left, top, left + box_width, top + box_height


def crop_size(crop, width, height):
    """Return the size in pixels that a named crop has in a picture of this size."""
    ratio = CROPS[crop]
    if ratio is None:
        return width, height
    left, top, right, bottom = crop_box(width, height, ratio, 0.5, 0.5)
    return right - left, bottom - top


def available_widths(crop, width, height):
    """Return the widths of a crop that need no upscaling; at least one."""
    cropped, _height = crop_size(crop, width, height)
    return [each for each in WIDTHS[crop] if each <= cropped] or [cropped]


def largest_size(crop, width, height):
    """Return the size in pixels of the largest rendition of a crop."""
    largest = available_widths(crop, width, height)[-1]
    cropped_width, cropped_height = crop_size(crop, width, height)
    return largest, max(1, round(cropped_height * largest / cropped_width))


def parse_rendition_name(name):
    """Return the Rendition that a name such as "wide-640.avif" stands for.

    Raises ValueError for any other name.
    """
    match = re.fullmatch(r"([a-z0-9]+)-([1-9][0-9]{0,3})\.([a-z]+)", name)
    if not match or match[1] not in CROPS or match[3] not in FORMATS:
        raise ValueError(f"no rendition is called {name!r}")
    return Rendition(match[1], int(match[2]), match[3])


def open_rendition(storage, source_name, rendition, focal_x, focal_y):
    """Return a rendition as an open file, made and stored if it is not there yet.

    ``storage`` is any of Django's that stores a file whole or not at all, for another
    reader may ask for it at this moment. Raises ValueError for a width that this picture
    has no rendition of, FileNotFoundError if the picture itself is not there.
    """
    source = PurePosixPath(source_name)
    focal = f"{round(focal_x * 100)}-{round(focal_y * 100)}"
    name = (
        f"renditions/{source.parent.name}-{source.stem}/"
        f"{rendition.crop}-{rendition.width}-{focal}.{rendition.extension}"
    )
    with suppress(FileNotFoundError):
        return storage.open(name)
    with storage.open(source_name) as file, Image.open(file) as picture:
        if rendition.width not in available_widths(rendition.crop, *picture.size):
            raise ValueError(f"no rendition is {rendition.width} pixels wide")
        ratio = CROPS[rendition.crop]
        box = crop_box(*picture.size, ratio, focal_x, focal_y) if ratio else None
        cropped = picture.crop(box) if box else picture.copy()
    height = max(1, round(cropped.height * rendition.width / cropped.width))
    small = cropped.resize((rendition.width, height), Image.Resampling.LANCZOS)
    if rendition.extension == "jpg" and small.mode != "RGB":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    _mime_type, format_name, options = FORMATS[rendition.extension]
    out = io.BytesIO()
    small.save(out, format_name, **options)
    file = ContentFile(out.getvalue(), name)
    try:
        storage.save(name, file)
    except Exception as error:
        # Where nothing can be stored, the next reader has to wait for it; nobody goes without.
        log.error("A rendition cannot be stored: %s", error)
    file.seek(0)
    return file


def rendition_sources(url_for, crop, width, height):
    """Return what a picture element needs; ``url_for`` maps a rendition's name to its address."""
    widths = available_widths(crop, width, height)
    largest, largest_height = largest_size(crop, width, height)
    return {
        "formats": [
            {
                "mime_type": mime_type,
                "srcset": ", ".join(
                    f"{url_for(f'{crop}-{each}.{extension}')} {each}w" for each in widths
                ),
            }
            for extension, (mime_type, _format, _options) in FORMATS.items()
        ],
        "url": url_for(f"{crop}-{largest}.jpg"),
        "width": largest,
        "height": largest_height,
    }
