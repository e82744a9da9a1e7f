"""Pictures on their way in and out."""

import io
import struct
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from PIL import Image, ImageCms

from newsroom.images import crop_box, parse_rendition_name, read_upload, rendition_file


def upload(picture, file_format="JPEG", **options):
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return ContentFile(out.getvalue(), f"picture.{file_format.lower()}")


def pixels(clean):
    return Image.open(io.BytesIO(clean.content.read()))


def wide_red_profile():
    """Return an sRGB profile with its red and green primaries swapped, easy to tell apart."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", data[128:132])
    places = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = (
        data[green + 4 : green + 12],
        data[red + 4 : red + 12],
    )
    return bytes(data)


def test_a_picture_with_a_colour_profile_is_stored_in_srgb_without_it():
    red = Image.new("RGB", (40, 40), (255, 0, 0))
    stored = pixels(read_upload(upload(red, "PNG", icc_profile=wide_red_profile())))
    assert "icc_profile" not in stored.info
    level_of = dict(zip("rgb", stored.getpixel((20, 20)), strict=True))
    assert level_of["g"] > 200 > 60 > level_of["r"]


def test_a_broken_colour_profile_costs_the_profile_and_not_the_picture():
    grey = Image.new("RGB", (40, 40), (90, 90, 90))
    stored = pixels(read_upload(upload(grey, "PNG", icc_profile=b"no profile at all")))
    assert stored.size == (40, 40)


def test_a_picture_lying_on_its_side_is_stored_upright_and_says_nothing_of_its_camera():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Ann"
    stored = pixels(read_upload(upload(Image.new("RGB", (60, 40)), exif=exif)))
    assert stored.size == (40, 60)
    assert not stored.getexif()


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_refused_by_its_name(content):
    with pytest.raises(ValidationError, match="harbour.jpg"):
        read_upload(ContentFile(content, "harbour.jpg"))


@pytest.mark.parametrize(
    ("focus", "box"),
    [
        ((0.5, 0.5), (100, 0, 200, 100)),
        ((0.0, 0.5), (0, 0, 100, 100)),
        ((1.0, 0.5), (200, 0, 300, 100)),
        ((0.4, 0.9), (70, 0, 170, 100)),
    ],
)
def test_every_crop_keeps_the_focal_point_in_view(focus, box):
    assert crop_box(300, 100, 1.0, *focus) == box


def test_many_first_readers_of_a_rendition_all_get_it_whole(tmp_path):
    storage = FileSystemStorage(tmp_path)
    storage.save("pictures/a.jpg", upload(Image.effect_noise((800, 600), 80).convert("RGB")))
    rendition = parse_rendition_name("wide-640.webp")
    barrier, sizes = threading.Barrier(6), []

    def read():
        barrier.wait()
        name = rendition_file(storage, "pictures/a.jpg", rendition, 0.5, 0.5)
        with storage.open(name) as file, Image.open(file) as picture:
            picture.load()
            sizes.append(picture.size)

    readers = [threading.Thread(target=read) for _reader in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sizes == [(640, 426)] * 6
    assert len(list((tmp_path / "renditions" / "pictures-a").iterdir())) == 1
