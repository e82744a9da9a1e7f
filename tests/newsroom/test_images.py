"""Pictures on their way out."""

import pytest
from PIL import Image

from newsroom.images import crop_box, open_rendition, parse_rendition_name
from newsroom.media import WholeFiles
from tests.at_once import at_once
from tests.pictures import upload

pytestmark = pytest.mark.looks


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
    storage = WholeFiles(tmp_path)
    storage.save("pictures/a.jpg", upload(Image.effect_noise((800, 600), 80).convert("RGB")))
    rendition = parse_rendition_name("wide-672.webp")

    def read():
        file = open_rendition(storage, "pictures/a.jpg", rendition, 0.5, 0.5)
        with file, Image.open(file) as picture:
            picture.load()
            return picture.size

    assert at_once(*[read] * 6) == [(672, 448)] * 6
    assert len(list((tmp_path / "renditions" / "pictures-a").iterdir())) == 1
