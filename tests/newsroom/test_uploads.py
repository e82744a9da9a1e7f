"""Pictures on their way in: real bytes, honest and otherwise."""

import hashlib
import io
import re
import struct
import subprocess
import sys
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

from newsroom.pictures import PictureFormField
from newsroom.uploads import read_upload
from tests.pictures import encoded, upload

pytestmark = pytest.mark.looks

XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,30N"
 photoshop:Headline="Gates  close" photoshop:Credit="Estuary Pictures">
<dc:creator><rdf:Seq><rdf:li>Ann Quill</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">The gates at noon.</rdf:li></rdf:Alt></dc:description>
<core:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">Two closed
gates</rdf:li></rdf:Alt></core:AltTextAccessibility>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def pixels(clean):
    return Image.open(io.BytesIO(clean.read()))


def profile_with(primaries):
    """Return the bytes of an sRGB profile whose red, green and blue are other ones (XYZ, D50)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", data[128:132])
    places = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    for name, values in primaries.items():
        (offset,) = struct.unpack(">I", data[places[name] + 4 : places[name] + 8])
        numbers = [round(value * 65536) for value in values]
        data[offset + 8 : offset + 20] = struct.pack(">3i", *numbers)
    return bytes(data)


# The primaries of Apple's Display P3 profile, adapted to D50.
DISPLAY_P3 = profile_with(
    {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
)


def png_chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, depth, colour, raw, *chunks):
    """Return a PNG written by hand, for what Pillow cannot write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            *chunks,
            png_chunk(b"IDAT", zlib.compress(raw)),
            png_chunk(b"IEND", b""),
        ]
    )


def assert_colour(found, wanted, tolerance=3):
    assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= tolerance, found


def test_a_display_p3_picture_shows_the_same_colours_in_srgb():
    clay = Image.new("RGB", (40, 40), (200, 100, 50))
    stored = pixels(read_upload(upload(clay, "PNG", icc_profile=DISPLAY_P3)))
    assert "icc_profile" not in stored.info
    # Computed with the matrices of CSS Color 4: color(display-p3 0.784 0.392 0.196) in sRGB.
    assert_colour(stored.getpixel((20, 20)), (215, 93, 31))


@pytest.mark.parametrize("mode", ["P", "RGBA", "L"])
def test_a_profile_counts_in_every_kind_of_picture(mode):
    plain = Image.new("RGB", (40, 40), (200, 100, 50)).convert(mode)
    with_profile = pixels(read_upload(upload(plain, "PNG", icc_profile=DISPLAY_P3)))
    without = pixels(read_upload(upload(plain, "PNG")))
    # Greys are the same in both spaces, colours are not.
    is_grey = mode == "L"
    same = with_profile.convert("RGB").getpixel((9, 9)) == without.convert("RGB").getpixel((9, 9))
    assert same is is_grey


def test_a_broken_colour_profile_costs_the_profile_and_not_the_picture():
    grey = Image.new("RGB", (40, 40), (90, 90, 90))
    stored = pixels(read_upload(upload(grey, "PNG", icc_profile=b"no profile at all")))
    assert_colour(stored.getpixel((20, 20)), (90, 90, 90))


def test_a_picture_for_print_becomes_one_for_screens():
    stored = pixels(read_upload(upload(Image.new("CMYK", (40, 40), (0, 255, 255, 0)))))
    assert stored.mode == "RGB"
    assert_colour(stored.getpixel((20, 20)), (255, 0, 0), 8)


def test_a_png_is_as_bright_as_its_gamma_says():
    linear = png(
        8, 8, 8, 2, (b"\0" + bytes([55] * 24)) * 8, png_chunk(b"gAMA", struct.pack(">I", 100000))
    )
    assert_colour(pixels(read_upload(ContentFile(linear, "a.png"))).getpixel((4, 4)), (127,) * 3, 2)


def test_sixteen_bits_of_grey_are_brought_down_to_eight():
    deep = png(8, 8, 16, 0, (b"\0" + struct.pack(">8H", *[0x8000] * 8)) * 8)
    assert_colour(pixels(read_upload(ContentFile(deep, "a.png"))).getpixel((4, 4)), (128,) * 3)


def test_sixteen_bits_of_colour_are_brought_down_to_eight():
    deep = png(8, 8, 16, 2, (b"\0" + struct.pack(">24H", *[0xFFFF, 0x8000, 0] * 8)) * 8)
    stored = pixels(read_upload(ContentFile(deep, "a.png")))
    assert_colour(stored.getpixel((4, 4)), (255, 128, 0))


def test_transparency_stays():
    glass = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    clean = read_upload(upload(glass, "PNG"))
    assert clean.extension == "png"
    assert pixels(clean).getpixel((20, 20))[3] == 0


def test_of_an_animation_the_first_picture_is_kept():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    file = upload(frames[0], "GIF", save_all=True, append_images=frames[1:])
    stored = pixels(read_upload(file))
    assert getattr(stored, "n_frames", 1) == 1
    assert_colour(stored.convert("RGB").getpixel((20, 20)), (255, 0, 0))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_stored_upright_however_the_camera_was_held(orientation):
    # Upright, it has one red corner at the top left.
    upright = Image.new("RGB", (64, 48), "white")
    upright.paste("red", (0, 0, 16, 16))
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = pixels(read_upload(upload(lying, quality=95, exif=exif)))
    assert stored.size == (64, 48)
    assert_colour(stored.getpixel((8, 8)), (255, 0, 0), 12)
    assert_colour(stored.getpixel((56, 40)), (255, 255, 255), 12)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_where_and_with_what_it_was_taken_is_not_stored(file_format):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ann"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    told = upload(Image.new("RGB", (60, 40)), file_format, exif=exif.tobytes(), xmp=XMP)
    assert b"Camera of Ann" in told.read()
    clean = read_upload(told)
    stored = clean.read()
    for trace in (b"Camera of Ann", b"Exif", b"GPS", b"xmpmeta", b"Ann Quill"):
        assert trace not in stored
    assert set(pixels(ContentFile(stored)).info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
    }


def test_what_is_hidden_behind_a_picture_is_not_stored():
    both = encoded(Image.new("RGB", (40, 40))) + b"<script>alert(1)</script>PK\x03\x04"
    assert b"<script>" not in read_upload(ContentFile(both, "a.jpg")).read()


def test_a_phones_picture_with_a_second_one_inside_is_a_jpeg():
    first, second = Image.new("RGB", (40, 40), "red"), Image.new("RGB", (40, 40), "blue")
    file = encoded(first, "MPO", save_all=True, append_images=[second])
    stored = pixels(read_upload(ContentFile(file, "IMG_1.JPG")))
    assert_colour(stored.getpixel((20, 20)), (254, 0, 0))


JPEG = encoded(Image.effect_noise((200, 200), 90))
AVIF = encoded(Image.effect_noise((60, 40), 80).convert("RGB"), "AVIF")
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "submitted|cannot be read"),
        (b"GIF89a", "is broken"),
        (JPEG[: len(JPEG) // 2], "is broken"),
        (AVIF.replace(b"iloc", b"ilac"), "cannot be read"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"II*\0" + bytes(50), "TIFF"),
        (HEIC, "HEIC picture, which browsers cannot show: export it as JPEG"),
        (b"just words", "cannot be read"),
    ],
)
def test_what_is_no_picture_we_take_is_refused_by_name_with_the_reason(content, reason):
    with pytest.raises(ValidationError, match=rf"“harbour.jpg”.*({reason})"):
        read_upload(ContentFile(content, "harbour.jpg"))


@pytest.mark.parametrize("side", [8_000, 40_000])
def test_a_small_file_that_would_unpack_to_a_huge_picture_is_refused_unread(side):
    with pytest.raises(ValidationError, match="“a.png” has more than 60 million pixels"):
        read_upload(ContentFile(png(side, side, 8, 0, b"\0"), "a.png"))


@pytest.mark.parametrize("size", [(1, 30_001), (30_001, 1)])
def test_a_thread_of_a_picture_is_refused_unread(size):
    with pytest.raises(ValidationError, match="“a.png” has a side of more than 30,000 pixels"):
        read_upload(ContentFile(png(*size, 8, 0, b"\0"), "a.png"))


@pytest.mark.parametrize("file_format", ["WEBP", "AVIF"])
def test_kinds_that_take_more_memory_may_have_fewer_pixels(file_format):
    # Wide enough, and quickly made.
    drawing = Image.new("L", (16_010, 1000))
    with pytest.raises(ValidationError, match="more than 16 million.*or export it as JPEG"):
        options = {"speed": 10} if file_format == "AVIF" else {"method": 0}
        read_upload(upload(drawing.convert("RGB"), file_format, **options))


def test_a_jpeg_that_has_to_be_kept_whole_while_it_is_read_is_refused_whatever_its_head_says():
    whole = bytearray(encoded(Image.new("RGB", (64, 64)), progressive=True, subsampling=0))
    frame = whole.index(b"\xff\xc2")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", 7000, 7000)
    with pytest.raises(ValidationError, match="too much time or memory.*without “progressive”"):
        read_upload(ContentFile(bytes(whole), "a.jpg"))


MEMORY = """
import re, sys
from django.core.files import File
from newsroom.uploads import read_upload

def most_so_far():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024

with open(sys.argv[1], "rb") as file:
    before = most_so_far()
    read_upload(File(file, "a.png"))
print(most_so_far() - before)
"""


@pytest.mark.looks
def test_a_picture_takes_little_more_memory_than_its_pixels(tmp_path):
    side, file = 4500, tmp_path / "a.png"
    file.write_bytes(png(side, side, 8, 6, bytes((4 * side + 1) * side)))
    run = subprocess.run([sys.executable, "-c", MEMORY, file], capture_output=True, check=True)
    # Half as much again for the smaller one that is made of it; it was three times as much.
    assert int(run.stdout) < 4 * side * side * 1.9


def test_a_large_picture_is_made_smaller_without_seams():
    ramp = Image.linear_gradient("L").resize((3600, 5400))
    stored = pixels(read_upload(upload(ramp, "PNG")))
    assert stored.size == (2133, 3200)
    for y in range(0, 3200, 4):
        assert_colour(stored.getpixel((1000, y)), (y * 255 / 3200,) * 3)


def test_a_file_of_more_than_25_megabytes_is_refused_by_name():
    with pytest.raises(ValidationError, match="“a.jpg” is larger than 25 MB"):
        read_upload(ContentFile(JPEG + bytes(25 * 1024 * 1024), "a.jpg"))


def test_a_picture_that_bears_another_kinds_name_is_refused_and_what_it_is_said():
    file = ContentFile(encoded(Image.new("RGB", (40, 40)), "PNG"), "harbour.jpg")
    with pytest.raises(ValidationError, match="“harbour.jpg” says it is JPEG and is PNG"):
        read_upload(file)


def test_a_picture_without_an_ending_is_what_it_was_declared_as():
    drawing = encoded(Image.new("RGB", (40, 40)), "PNG")
    assert read_upload(SimpleUploadedFile("blob", drawing, "image/png")).width == 40
    with pytest.raises(ValidationError, match="says it is WebP and is PNG"):
        read_upload(SimpleUploadedFile("blob", drawing, "image/webp"))


def test_the_same_file_has_the_same_checksum():
    file = upload(Image.new("RGB", (40, 40)))
    assert read_upload(file).checksum == hashlib.sha256(JPEG_OF_NOTHING).hexdigest()


JPEG_OF_NOTHING = encoded(Image.new("RGB", (40, 40)))


def test_the_words_in_a_file_are_proposed():
    words = read_upload(upload(Image.new("RGB", (40, 40)), xmp=XMP)).words
    assert words.title == "Gates close"
    assert words.credit == "Ann Quill / Estuary Pictures"
    assert words.caption == "The gates at noon."
    assert words.alt_text == "Two closed gates"


def test_older_files_words_are_proposed_too():
    records = [(5, b"Quay"), (80, "Zoë Ames".encode()), (120, b"At\0 noon")]
    iptc = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
        for number, text in records
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    segment = b"Photoshop 3.0\0" + resource
    plain = encoded(Image.new("RGB", (40, 40)))
    file = plain[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + plain[2:]
    words = read_upload(ContentFile(file, "a.jpg")).words
    assert (words.title, words.credit, words.caption) == ("Quay", "Zoë Ames", "At noon")


def test_exif_names_the_photographer_where_nothing_else_does():
    exif = Image.Exif()
    exif[0x013B] = "Ann Quill"
    assert read_upload(upload(Image.new("RGB", (40, 40)), exif=exif)).words.credit == "Ann Quill"


def test_a_file_that_says_nothing_is_called_by_its_name_in_words():
    file = ContentFile(encoded(Image.new("RGB", (40, 40))), "quay-at_noon.JPG")
    assert read_upload(file).words.title == "Quay at noon"


def test_metadata_that_is_broken_or_hostile_costs_the_proposal_and_not_the_picture():
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    for xmp in (b"<broken", bomb):
        words = read_upload(upload(Image.new("RGB", (40, 40)), xmp=xmp)).words
        assert (words.title, words.caption) == ("Picture", "")


def test_a_small_file_that_takes_minutes_to_decode_is_given_up_and_said_so(monkeypatch):
    monkeypatch.setattr("newsroom.uploads.MAX_DECODING", 0.2)
    whole = encoded(Image.new("RGB", (4000, 4000)), progressive=True, quality=10)
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    again_and_again = whole[:-2] + last_scan * 2000 + whole[-2:]
    with pytest.raises(ValidationError, match="“a.jpg” takes too much time or memory to read"):
        read_upload(ContentFile(again_and_again, "a.jpg"))


def test_words_without_end_cost_the_proposal_and_not_the_picture():
    creators = b"<rdf:li>Ann Quill</rdf:li>" * 100_000
    endless = XMP.replace(b"<rdf:li>Ann Quill</rdf:li>", creators)
    file = png(8, 8, 8, 2, (b"\0" + bytes(24)) * 8, png_chunk(b"iTXt", XMP_IN_PNG + endless))
    assert read_upload(ContentFile(file, "quay.png")).words.title == "Quay"
    file = png(8, 8, 8, 2, (b"\0" + bytes(24)) * 8, png_chunk(b"iTXt", XMP_IN_PNG + XMP))
    assert read_upload(ContentFile(file, "quay.png")).words.title == "Gates close"


XMP_IN_PNG = b"XML:com.adobe.xmp\0\0\0\0\0"


@pytest.mark.parametrize(
    "name",
    ["../../x.png", "a\0b.png", "\u202egnp.exe.png", "x" * 5000 + ".png", "x.svg", "a\r\nb: c.png"],
)
def test_whatever_a_file_is_called_it_is_stored_under_a_name_of_ours(name):
    drawing = encoded(Image.new("RGB", (40, 40)), "PNG")
    clean = PictureFormField().clean(SimpleUploadedFile(name, drawing, "image/png"))
    assert re.fullmatch(r"[0-9a-f]{24}\.(jpg|png)", clean.name)
    assert clean.words.title.isprintable()


def test_scripts_hidden_in_and_behind_a_picture_are_not_stored():
    script, drawing = b"<script>alert(1)</script>", Image.new("RGB", (40, 40))
    gif = b"GIF89a/*" + encoded(drawing.convert("P"), "GIF")[8:] + b"*/=1;" + script
    jpeg = encoded(drawing, comment=script) + b"<?php system($_GET[0]);?>"
    webp = encoded(drawing, "WEBP", xmp=script, exif=b"Exif\0\0" + script)
    for content, name in [(gif, "a.gif"), (jpeg, "a.jpg"), (webp, "a.webp")]:
        stored = read_upload(ContentFile(content, name)).read()
        assert script not in stored and b"<?php" not in stored and b"/*" not in stored[:16]


@pytest.mark.parametrize("file_format", ["TIFF", "BMP", "ICO", "PPM", "JPEG2000", "TGA", "EPS"])
def test_what_pillow_can_open_and_browsers_need_not_show_is_refused(file_format):
    file = ContentFile(encoded(Image.new("RGB", (40, 40)), file_format), "a.png")
    with pytest.raises(ValidationError, match="“a.png” cannot be read as a picture"):
        read_upload(file)
