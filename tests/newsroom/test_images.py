"""Pictures on their way out."""

import io
import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from PIL import Image

from newsroom.images import crop_box, parse_rendition_name, rendition_file


def upload(picture, file_format="JPEG", **options):
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return ContentFile(out.getvalue(), f"picture.{file_format.lower()}")


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
