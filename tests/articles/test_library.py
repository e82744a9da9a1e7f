"""The image library at the desk: uploads, words, uses, and files replaced in place."""

import os
import re
from datetime import UTC, datetime
from functools import partial
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pixels

from articles import library, publishing
from articles.models import Image, ReplacedFile
from tests.at_once import at_once
from tests.factories import change, make_article, make_author, make_image, make_person
from tests.pictures import upload

pytestmark = pytest.mark.django_db
LIBRARY = "/admin/articles/image/"
UPLOAD = f"{LIBRARY}upload/"


def jpeg(name="harbour-wall.jpg", colour="navy", size=(900, 600)):
    return upload(Pixels.new("RGB", size, colour), name=name)


def form_of(image=None, **fields):
    """Return what the library's form posts."""
    words = {"title": "Quay", "alt_text": "A quay", "focal_x": 50, "focal_y": 50}
    if image:
        words |= {name: getattr(image, name) for name in (*words, "caption", "credit")}
    return {**words, "_continue": "Save", **fields}


def page_of(image):
    return f"{LIBRARY}{image.pk}/change/"


def stored_files():
    """Return the names of all files in storage that are no renditions."""
    found = set()
    for folder, _folders, names in os.walk(default_storage.location):
        if "renditions" not in folder:
            found |= {f"{os.path.basename(folder)}/{name}" for name in names}
    return found


# Uploads


def test_an_upload_is_an_image_at_once_named_after_its_file(desk):
    answer = desk.post(UPLOAD, {"file": jpeg()}).json()
    image = Image.objects.get()
    assert answer["is_new"] is True
    assert answer["image"]["id"] == image.pk
    assert (image.title, image.alt_text, image.uploaded_by.username) == ("Harbour wall", "", "ann")
    assert "harbour" not in image.file.name
    assert desk.get(answer["image"]["thumbnail"]).status_code == 200


def test_what_is_no_picture_is_refused_by_name_and_nothing_is_stored(desk):
    script = SimpleUploadedFile("harbour.jpg", b"<html><script>1</script>", "image/jpeg")
    assert (
        "“harbour.jpg” cannot be read as a picture (it is HTML)"
        in (desk.post(UPLOAD, {"file": script}).json()["refused"])
    )
    assert "refused" in desk.post(UPLOAD, {}).json()
    assert not Image.objects.exists()
    assert stored_files() == set()


def test_no_way_in_takes_what_another_refuses(desk):
    image, author = make_image(), make_author()
    before = stored_files()
    portrait = {"name": author.name, "slug": author.slug, "focal_x": 50, "focal_y": 50}
    portrait |= {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    ways = [
        (UPLOAD, {}, "file"),
        (f"{LIBRARY}add/", form_of(), "file"),
        (page_of(image), form_of(image, replace_live="on"), "file"),
        (f"/admin/authors/author/{author.pk}/change/", portrait, "photo"),
    ]
    script = b"<script>alert(1)</script>"
    archive = b"PK\x03\x04" + bytes(26) + script
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'>" + script + b"</svg>"
    for content in (svg, archive, b"GIF89a/*" + script, b"\xff\xd8\xff\xe0" + archive):
        for address, form, field in ways:
            file = SimpleUploadedFile("harbour.jpg", content, "image/jpeg")
            answer = unescape(desk.post(address, {**form, field: file}).content.decode())
            assert "harbour.jpg" in answer and "cannot be read as a picture" in answer, address
    assert stored_files() == before


def test_no_address_that_is_made_up_shows_a_picture_before_its_story_is_live(desk):
    image = make_image()
    make_article(lead_image=image)
    former = image.file.name
    desk.post(page_of(image), form_of(image, file=jpeg()))
    image.refresh_from_db()
    make_article(lead_image=image)
    assert desk.get(f"/{image.file.name}/wide-320.jpg").status_code == 200
    get_user_model().objects.update(is_staff=False)
    assert desk.get(f"/{image.file.name}/wide-320.jpg").status_code == 404
    reader = Client()
    for name in (image.file.name, former):
        stem = name.removesuffix(".jpg").removeprefix("pictures/")
        for address in (
            *(f"/{name}/{each}" for each in ("wide-320.jpg", "square-80.webp", "natural-1.jpg")),
            *(f"/{name}/wide-320.jpg?{each}" for each in ("v=50-50", "signature=x", "at=2030")),
            *(f"/{name}", f"/{name}/", f"/{name}/..%2f{stem}.jpg", f"/media/{name}"),
            *(f"/renditions/pictures-{stem}/wide-320-50-50.jpg", f"/portraits/{stem}.jpg/x"),
            *(f"/preview/{'x' * 22}/{name}/wide-320.jpg", f"/pictures/..%2f{name}/wide-320.jpg"),
        ):
            got = reader.get(address)
            assert got.status_code in (404, 410) and "image" not in got["Content-Type"], address


def test_the_same_file_is_recognised_by_upload_and_by_form_and_not_stored_again(desk):
    first = desk.post(UPLOAD, {"file": jpeg()}).json()["image"]
    again = desk.post(UPLOAD, {"file": jpeg("other-name.jpg")}).json()
    assert again["is_new"] is False
    assert again["image"]["id"] == first["id"]
    page = desk.post(f"{LIBRARY}add/", form_of(file=jpeg())).content.decode()
    assert "This file is in the library already:" in page
    assert f'<a href="{first["address"]}">Harbour wall</a>' in page
    assert len(stored_files()) == Image.objects.count() == 1


def test_the_form_without_scripts_stores_and_recognises_as_well(desk):
    desk.post(f"{LIBRARY}add/", form_of(file=jpeg()))
    image = Image.objects.get()
    assert len(image.checksum) == 64
    assert desk.post(UPLOAD, {"file": jpeg()}).json()["image"]["id"] == image.pk


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_four_people_at_once_is_stored_once(ann):
    answers = at_once(
        *(partial(signed_in(ann).post, UPLOAD, {"file": jpeg()}) for _person in range(4))
    )
    assert sorted(answer.json()["is_new"] for answer in answers) == [False, False, False, True]
    assert {answer.json()["image"]["id"] for answer in answers} == {Image.objects.get().pk}
    assert len(stored_files()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_file_by_the_form_of_four_people_at_once_is_stored_once(ann):
    answers = at_once(
        *(
            partial(signed_in(ann).post, f"{LIBRARY}add/", form_of(file=jpeg()))
            for _each in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    refused = [answer.content.decode() for answer in answers if answer.status_code == 200]
    assert all("This file is in the library already:" in page for page in refused)
    assert stored_files() == {Image.objects.get().file.name}


def test_a_picture_is_put_into_words_and_a_wrong_word_is_named(desk):
    image = make_image(alt_text="", credit="")
    address = f"{LIBRARY}{image.pk}/words/"
    assert desk.post(address, {"title": ""}).json()["errors"]["title"]
    words = {"title": "Gate", "alt_text": "A gate", "credit": "Ann", "caption": "Noon."}
    assert desk.post(address, words).json()["image"]["alt_text"] == "A gate"
    image.refresh_from_db()
    assert (image.title, image.credit, image.caption) == ("Gate", "Ann", "Noon.")
    assert desk.get(address).json()["image"]["credit"] == "Ann"


def test_a_picture_that_readers_have_seen_cannot_lose_its_alt_text_this_way_either(desk):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    answer = desk.post(f"{LIBRARY}{image.pk}/words/", {"title": "Quay", "alt_text": ""}).json()
    assert "alt_text" in answer["errors"]


def test_who_may_not_add_or_change_pictures_cannot_by_address(client):
    image = make_image()
    client.force_login(make_person("reader", may=["view_image"]))
    assert client.post(UPLOAD, {"file": jpeg()}).status_code == 403
    assert client.get(UPLOAD).status_code == 405
    assert client.get(f"{LIBRARY}{image.pk}/words/").status_code == 200
    assert client.post(f"{LIBRARY}{image.pk}/words/", {"title": "X"}).status_code == 403
    assert client.get(f"{LIBRARY}library/").json()["may_add"] is False
    page = client.get(page_of(image)).content.decode()
    assert 'name="file"' not in page
    assert 'id="uploads"' not in client.get(LIBRARY).content.decode()
    client.force_login(make_person("nobody"))
    for address in ("library/", f"{image.pk}/words/", f"{image.pk}/thumbnail/"):
        assert client.get(LIBRARY + address).status_code == 403


# The list


def test_the_list_marks_and_finds_what_lacks_words_or_use(desk):
    publishing.publish(make_article(lead_image=make_image(title="Whole", credit="Ann")))
    mute = make_image(title="Mute", alt_text="", credit="Ann")
    make_article(lead_image=None, body=f'<p>A</p><figure data-image="{mute.pk}"></figure>')
    make_image(title="Nameless", credit="")
    page = desk.get(LIBRARY).content.decode()
    assert page.count("No alt text") == page.count("No credit") == 1

    def found(to_do):
        shown = desk.get(f"{LIBRARY}?to_do={to_do}").context["cl"].result_list
        return {image.title for image in shown}

    assert found("alt_text") == {"Mute"}
    assert found("credit") == {"Nameless"}
    assert found("unused") == {"Nameless"}


def test_the_list_asks_the_database_no_more_often_for_many_pictures(
    desk, django_assert_num_queries
):
    user = get_user_model().objects.get()
    make_image(uploaded_by=user)
    # What Django remembers of models is asked by whichever page is the first.
    desk.get(LIBRARY)
    with django_assert_num_queries(7):
        desk.get(LIBRARY)
    for _number in range(20):
        make_image(uploaded_by=user)
    with django_assert_num_queries(7):
        desk.get(LIBRARY)


def test_of_many_people_those_who_uploaded_last_are_offered_and_the_chosen_one(desk, monkeypatch):
    monkeypatch.setattr("newsroom.long_list.OFFERED", 2)
    people = [make_person(name) for name in ("cem", "ben", "ada", "dan")]
    for person in people[:3]:
        make_image(title=f"By {person}", uploaded_by=person)

    def offered(page):
        names = page.split("By uploaded by (the latest 2)")[1].split("</details>")[0]
        return re.findall(r">\s*(\w+)</a>", names)

    assert offered(desk.get(LIBRARY).text) == ["All", "ada", "ben"]
    page = desk.get(LIBRARY, {"uploaded_by__id__exact": people[0].pk}).text
    assert offered(page) == ["All", "ada", "ben", "cem"]
    assert "By cem" in page and "By ben" not in page


def test_words_are_looked_for_in_the_latest_pictures_and_then_further_back(desk, monkeypatch):
    monkeypatch.setattr("newsroom.long_list.LOOKED_THROUGH", 2)
    for title in ("Tide, first", "B", "Tide, second", "D", "E"):
        make_image(title=title)

    def picked(before=""):
        answer = desk.get(f"{LIBRARY}library/", {"q": "tide", "before": before}).json()
        return [image["title"] for image in answer["images"]], answer["older"]

    shown, older = picked()
    assert shown == [] and older
    shown, older = picked(older)
    assert shown == ["Tide, second"] and older
    assert picked(older) == (["Tide, first"], None)
    assert picked("yesterday")[0] == []
    page = desk.get(f"{LIBRARY}?q=tide").content.decode()
    assert "Looked for among the pictures that were uploaded last." in page
    older = unescape(re.search(r'href="([^"]+)">Look further back', page)[1])
    page = desk.get(LIBRARY + older).content.decode()
    assert "Tide, second" in page and "Tide, first" not in page


def test_a_logos_live_stories_are_counted_to_a_bound(desk, monkeypatch):
    monkeypatch.setattr(library, "COUNTED", 1)
    logo = make_image()
    for _number in range(3):
        publishing.publish(make_article(lead_image=logo))
    assert library.live_stories(logo) == 2
    assert 'data-in-figures="1+"' in desk.get(page_of(logo)).content.decode()
    refused = desk.post(page_of(logo), form_of(logo, file=jpeg())).content.decode()
    assert "1+ live stories show this picture." in refused


# Where it is used


def test_a_pictures_page_says_which_stories_show_it_and_since_or_until_when(desk):
    image = make_image()
    lead = make_article(headline="Lead story", lead_image=image)
    body = make_article(
        headline="Body story", body=f'<p>A</p><figure data-image="{image.pk}"></figure>'
    )
    past = make_article(headline="Past story", lead_image=image)
    other = make_article(headline="Other story")
    edition = publishing.publish(lead)
    publishing.publish(past)
    change(past, lead_image=None)
    publishing.publish(past)
    page = desk.get(page_of(image)).content.decode()
    assert f'href="{edition.get_absolute_url()}">live now</a>' in page
    assert f'href="{body.get_absolute_url()}">Body story</a>' in page
    assert "not published with it" in page
    assert "readers saw it until" in page and "no longer in the working copy" in page
    assert other.headline not in page
    assert library.live_stories(image) == 1


def test_a_picture_in_a_drafts_body_cannot_be_deleted_unawares(desk):
    image = make_image()
    make_article(headline="Draft", body=f'<p>A</p><figure data-image="{image.pk}"></figure>')
    page = desk.post(f"{LIBRARY}{image.pk}/delete/", {"post": "yes"}, follow=True)
    assert Image.objects.filter(pk=image.pk).exists()
    assert "Draft" in page.content.decode()


def test_stories_that_somebody_may_not_see_are_counted_and_not_named(client):
    image = make_image()
    make_article(headline="Secret story", lead_image=image)
    client.force_login(make_person("reader", may=["view_image"]))
    page = client.get(page_of(image)).content.decode()
    assert "Secret story" not in page
    assert "One story that you cannot open uses it." in page


def test_a_pictures_page_asks_the_database_no_more_often_for_many_uses(
    desk, django_assert_num_queries
):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    desk.get(page_of(image))
    with django_assert_num_queries(11):
        desk.get(page_of(image))
    for _number in range(5):
        publishing.publish(make_article(lead_image=image))
    with django_assert_num_queries(11):
        desk.get(page_of(image))


# Replaced in place


def test_a_replaced_picture_is_the_new_one_in_every_story_and_the_former_stays_at_the_desk(desk):
    image = make_image(checksum="a" * 64)
    edition = publishing.publish(make_article(lead_image=image))
    former = image.file.name
    desk.post(page_of(image), form_of(image, file=jpeg(), replace_live="on"))
    image.refresh_from_db()
    assert image.file.name != former
    assert (image.width, image.height) == (900, 600)
    kept = ReplacedFile.objects.get()
    assert (kept.file.name, kept.width, kept.replaced_by.username) == (former, 1200, "ann")
    reader = Client()
    assert image.file.name in reader.get(edition.get_absolute_url()).content.decode()
    assert reader.get(f"/{image.file.name}/wide-320.jpg").status_code == 200
    # What feed readers and social cards still ask for leads to the new one.
    moved = reader.get(f"/{former}/wide-320.jpg")
    assert moved.status_code == 302 and image.file.name in moved["Location"]
    page = desk.get(page_of(image)).content.decode()
    assert kept.picture.thumbnail_url in page
    assert desk.get(kept.picture.thumbnail_url).status_code == 200
    assert reader.get(kept.picture.thumbnail_url).status_code == 302


def test_live_stories_get_another_file_only_when_somebody_says_so(desk):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    publishing.publish(make_article(lead_image=image))
    former = image.file.name
    page = desk.post(page_of(image), form_of(image, file=jpeg())).content.decode()
    assert "2 live stories show this picture." in page
    image.refresh_from_db()
    assert image.file.name == former
    assert stored_files() == {former}


def test_a_former_file_is_brought_back_and_what_was_there_becomes_a_former_one(desk):
    image = make_image()
    desk.post(page_of(image), form_of(image, file=jpeg(colour="red")))
    image.refresh_from_db()
    second, checksum = image.file.name, image.checksum
    desk.post(page_of(image), form_of(image, file=jpeg(colour="lime", size=(600, 900))))
    former = ReplacedFile.objects.get(file=second)
    address = f"{LIBRARY}former/{former.pk}/bring-back/"
    assert "No live story shows this picture." in desk.get(address).content.decode()
    assert ReplacedFile.objects.count() == 2
    desk.post(address)
    image.refresh_from_db()
    assert (image.file.name, image.checksum) == (second, checksum)
    assert (image.width, image.height) == (900, 600)
    assert ReplacedFile.objects.count() == 2
    assert not ReplacedFile.objects.filter(file=second).exists()
    assert desk.get(f"/{second}/square-80.jpg").status_code == 200


def test_a_former_file_that_was_uploaded_again_can_still_be_brought_back(desk):
    image = Image.objects.get(pk=desk.post(UPLOAD, {"file": jpeg()}).json()["image"]["id"])
    desk.post(page_of(image), form_of(image, file=jpeg(colour="red")))
    assert desk.post(UPLOAD, {"file": jpeg()}).json()["is_new"] is True
    former = ReplacedFile.objects.get()
    assert desk.post(f"{LIBRARY}former/{former.pk}/bring-back/").status_code == 302
    image.refresh_from_db()
    assert (image.file.name, image.checksum) == (former.file.name, "")


def test_bringing_back_needs_the_right_to_change_the_picture(client):
    image = make_image()
    former = image.replaced_files.create(file=image.file.name, width=1200, height=900)
    client.force_login(make_person("reader", may=["view_image"]))
    assert client.post(f"{LIBRARY}former/{former.pk}/bring-back/").status_code == 403
    assert "Bring back" not in client.get(page_of(image)).content.decode()


def test_a_replacement_that_is_the_same_file_or_anothers_is_refused(desk):
    first = desk.post(UPLOAD, {"file": jpeg()}).json()["image"]
    second = desk.post(UPLOAD, {"file": jpeg("b.jpg", "red")}).json()["image"]
    image = Image.objects.get(pk=second["id"])
    page = desk.post(page_of(image), form_of(image, file=jpeg("c.jpg", "red")))
    assert "This is the file that is here already." in page.content.decode()
    page = desk.post(page_of(image), form_of(image, file=jpeg()))
    assert f'<a href="{first["address"]}">' in page.content.decode()
    assert not ReplacedFile.objects.exists()


def test_a_picture_says_when_and_by_whom_as_the_rest_of_the_desk_does(desk):
    cem = get_user_model().objects.create_user("cem", first_name="Cem", last_name="Aydin")
    image = make_image(uploaded_by=cem)
    image.replaced_files.create(file=image.file.name, width=1, height=1, replaced_by=cem)
    noon = datetime(2026, 3, 4, 15, 6, tzinfo=UTC)
    Image.objects.update(uploaded_at=noon)
    ReplacedFile.objects.update(replaced_at=noon)
    page = desk.get(page_of(image)).content.decode()
    assert "uploaded on 4 March 2026, 15:06 by Cem Aydin" in page
    assert "Replaced on 4 March 2026, 15:06 by Cem Aydin" in page
