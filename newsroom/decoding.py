"""A picture that is no longer than it need be, upright, in the colours that browsers assume."""

import io
import math
import struct

from PIL import Image, ImageCms

MAX_SIDE = 3200
# So much of a picture is changed at a time, not all of it at once.
BAND_PIXELS = 1_500_000
# A file without metadata that says otherwise is as bright as sRGB, whose curve is nearly this.
SCREEN_GAMMA = 2.2
# What Pillow raises for bytes that are broken, or made to break it.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    struct.error,
)


def upright_in_srgb(source, has_alpha):
    """Return a picture as RGB or RGBA in sRGB, which browsers take one without profile for.

    It is MAX_SIDE pixels long at most. ``source`` is closed, and raises one of BROKEN if its
    bytes are.
    """
    info, turn = dict(source.info), _orientation(source)
    shrunk = min(1, MAX_SIDE / max(source.size))
    size = tuple(max(1, round(side * shrunk)) for side in source.size)
    # A JPEG can be decoded at a half, a quarter or an eighth of its size.
    source.draft(None, size)
    source.load()
    colours = _in_bands(source, size, _colours)
    alpha = _in_bands(source, size, _alpha) if has_alpha else None
    source.close()
    colours = _through_profile(colours, info) or _through_gamma(colours.convert("RGB"), info)
    if alpha:
        colours.putalpha(alpha)
    if turn is not None:
        colours = colours.transpose(turn)
    colours.info.clear()
    return colours


def _in_bands(source, size, part):
    """Return what ``part`` makes of a picture, at a size, and nothing as large as the picture."""
    scale = source.height / size[1]
    rows = max(1, int(BAND_PIXELS / (source.width * scale)))
    # A row of the result looks at rows on either side of those that it stands for.
    around = math.ceil(2 * max(1, scale)) + 1
    whole = None
    for top in range(0, size[1], rows):
        bottom = min(top + rows, size[1])
        first = max(0, int(top * scale) - around)
        last = min(source.height, math.ceil(bottom * scale) + around)
        band = part(source.crop((0, first, source.width, last)))
        box = (0, top * scale - first, source.width, min(bottom * scale, last) - first)
        band = band.resize((size[0], bottom - top), Image.Resampling.BICUBIC, box)
        whole = whole or Image.new(band.mode, size)
        whole.paste(band, (0, top))
    return whole


def _colours(source):
    """Return the colours of a picture, without transparency, in a mode that profiles know."""
    if source.mode.startswith("I"):
        # Sixteen bits of grey: Pillow itself would cut them off at 255.
        return source.point(lambda level: level / 256).convert("L")
    if source.mode in ("L", "LA", "1"):
        return source.convert("L")
    if source.mode in ("CMYK", "RGB"):
        return source
    return (source if source.mode == "RGBA" else source.convert("RGBA")).convert("RGB")


def _alpha(source):
    return (source if source.mode == "RGBA" else source.convert("RGBA")).getchannel("A")


def _through_profile(colours, info):
    """Return colours in sRGB by the profile that came with them; None without a usable one."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(info["icc_profile"]))
        if profile.profile.xcolor_space.strip() == "RGB":
            colours = colours.convert("RGB")
        return ImageCms.profileToProfile(
            colours,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (KeyError, OSError, ImageCms.PyCMSError):
        # None, a broken one, or another kind's: the colours as they stand are the best there is.
        return None


def _through_gamma(colours, info):
    """Return colours as bright as a PNG's gAMA chunk says (PNG specification, 11.3.2.2)."""
    gamma = info.get("gamma")
    if not gamma or "srgb" in info or abs(gamma * SCREEN_GAMMA - 1) < 0.02:
        return colours
    exponent = 1 / (gamma * SCREEN_GAMMA)
    return colours.point([round(255 * (level / 255) ** exponent) for level in range(256)] * 3)


def _orientation(source):
    """Return how to turn a picture upright (Exif 2.3, tag 274); None if it stands or is unclear."""
    try:
        tag = source.getexif().get(0x0112)
    except BROKEN:
        return None
    return {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(tag)
