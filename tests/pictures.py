"""Files of pictures, as they come in."""

import io

from django.core.files.base import ContentFile


def encoded(picture, file_format="JPEG", **options):
    """Return the bytes of a Pillow image in a format."""
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def upload(picture, file_format="JPEG", name=None, **options):
    """Return a Pillow image as a file that somebody uploads."""
    name = name or f"picture.{file_format.lower()}"
    return ContentFile(encoded(picture, file_format, **options), name)
