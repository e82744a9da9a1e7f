"""Pictures in a bucket instead of a folder."""

import io
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from moto.server import ThreadedMotoServer
from PIL import Image as Pixels

from articles import publishing
from articles.models import Image
from newsroom.page_cache import LONGEST_WAIT
from newsroom.settings import media_storage
from tests.factories import make_article
from tests.pictures import upload


@pytest.fixture
def bucket(monkeypatch, settings):
    """A bucket on a server on loopback that speaks S3, and the newsroom's media in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "MEDIA_STORAGE": "s3",
        "MEDIA_BUCKET": "pictures-of-the-post",
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = boto3.resource("s3").Bucket("pictures-of-the-post")
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    settings.STORAGES = {**settings.STORAGES, "default": media_storage()}
    yield bucket
    # What it keeps outlives the server.
    bucket.objects.delete()
    bucket.delete()
    server.stop()


NOBODY_LISTENS = "http://127.0.0.1:9"


def move_media(monkeypatch, settings, to):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", to)
    settings.STORAGES = {**settings.STORAGES, "default": media_storage()}


@pytest.mark.django_db
def test_a_picture_in_a_bucket_is_uploaded_published_read_and_removed(
    bucket, client, ann, tmp_path
):
    client.force_login(ann)
    picture = upload(Pixels.new("RGB", (900, 600), "navy"), name="wall.jpg")
    address = "/admin/articles/image/"
    client.post(f"{address}upload/", {"file": picture})
    image = Image.objects.get()
    Image.objects.update(alt_text="A wall", credit="Photo: Desk")
    assert [each.key for each in bucket.objects.all()] == [image.file.name]

    article = make_article(lead_image=image)
    publishing.publish(article, by=ann)
    client.logout()
    name = image.file.name.removeprefix("pictures/")
    for _made_then_kept in range(2):
        answer = client.get(f"/pictures/{name}/wide-672.webp")
        body = b"".join(answer)
        assert int(answer["Content-Length"]) == len(body)
        with Pixels.open(io.BytesIO(body)) as rendition:
            assert (rendition.format, rendition.size) == ("WEBP", (672, 448))
    assert client.get(f"/pictures/{name}/wide-673.webp").status_code == 404
    assert [each.key for each in bucket.objects.filter(Prefix="renditions/")] == [
        f"renditions/pictures-{name.removesuffix('.jpg')}/wide-672-50-50.webp"
    ]
    bucket.Object(image.file.name).delete()
    assert client.get(f"/pictures/{name}/wide-320.webp").status_code == 404
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_pictures_of_a_bucket_are_in_a_backup_and_come_back_into_one_or_a_folder(
    bucket, settings, tmp_path, monkeypatch
):
    make_article()
    image, path = Image.objects.get(), str(tmp_path / "backup.zip")
    picture = bucket.Object(image.file.name).get()["Body"].read()
    call_command("backup", path, verbosity=0)
    bucket.Object(image.file.name).delete()
    call_command("restore", path, "--replace", verbosity=0)
    assert bucket.Object(image.file.name).get()["Body"].read() == picture

    move_media(monkeypatch, settings, to=NOBODY_LISTENS)
    for command in (("backup", f"{path}.2"), ("restore", path, "--replace")):
        with pytest.raises(CommandError, match=f"store of the media failed at {image.file.name}"):
            call_command(*command, verbosity=0)
    assert [each.name for each in tmp_path.iterdir()] == ["backup.zip"]

    folder = {"BACKEND": "newsroom.media.WholeFiles"}
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "default": folder}
    call_command("restore", path, "--replace", verbosity=0)
    assert (tmp_path / "media" / image.file.name).read_bytes() == picture


@pytest.fixture
def picture_address(bucket, client, ann):
    """The address of a published picture's rendition that nobody has asked for yet."""
    client.force_login(ann)
    client.raise_request_exception = False
    picture = upload(Pixels.new("RGB", (900, 600), "navy"), name="wall.jpg")
    client.post("/admin/articles/image/upload/", {"file": picture})
    image = Image.objects.get()
    Image.objects.update(alt_text="A wall", credit="Photo: Desk")
    publishing.publish(make_article(lead_image=image), by=ann)
    return f"/pictures/{image.file.name.removeprefix('pictures/')}/wide-672.webp"


@pytest.mark.django_db
def test_while_the_bucket_is_away_people_are_told_so_and_that_nothing_was_saved(
    picture_address, client, monkeypatch, settings
):
    move_media(monkeypatch, settings, to=NOBODY_LISTENS)
    pictures = Image.objects.count()
    words = {"title": "Sea", "alt_text": "A sea", "focal_x": 50, "focal_y": 50}
    file = upload(Pixels.new("RGB", (900, 600), "teal"), name="sea.jpg")
    answer = client.post("/admin/articles/image/add/", words | {"file": file})
    assert answer.status_code == 503 and answer["Retry-After"]
    assert "store that files are kept in" in answer.text and "was not saved" in answer.text
    file = upload(Pixels.new("RGB", (900, 600), "teal"), name="sea.jpg")
    answer = client.post("/admin/articles/image/upload/", {"file": file})
    assert "store that files are kept in" in answer.json()["failed"]
    assert Image.objects.count() == pictures
    assert client.get(picture_address).status_code == 503


@pytest.mark.django_db
def test_a_bucket_that_takes_nothing_costs_no_reader_the_picture(picture_address, client, bucket):
    bucket.Policy().put(
        Policy="""{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::pictures-of-the-post/*"}]}"""
    )
    answer = client.get(picture_address)
    assert answer.status_code == 200 and b"".join(answer)
    assert not [*bucket.objects.filter(Prefix="renditions/")]


@contextmanager
def a_store_that_hangs():
    """A store that says of each object that it is there, and breaks off while it sends it.

    What it is sent it takes, and never says so.
    """
    is_over, asked = Event(), []

    class Store(BaseHTTPRequestHandler):
        def do_PUT(self):
            asked.append(self.path)
            is_over.wait()

        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()

        def do_GET(self):
            asked.append(self.path)
            self.do_HEAD()
            self.wfile.write(b"half of it")
            is_over.wait()

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    Thread(target=server.serve_forever, args=[0.01]).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        is_over.set()
        server.shutdown()
        server.server_close()


@pytest.mark.django_db
def test_a_bucket_that_hangs_while_it_sends_is_asked_once_more_and_called_away(
    picture_address, client, monkeypatch, settings
):
    with a_store_that_hangs() as (address, asked):
        move_media(monkeypatch, settings, to=address)
        hurried = settings.STORAGES["default"]["OPTIONS"]["client_config"]
        hurried.read_timeout = 0.1
        assert client.get(picture_address).status_code == 503
    assert len(asked) == 2


@pytest.mark.django_db
def test_who_uploads_to_a_bucket_that_hangs_is_told_so_and_that_nothing_was_saved(
    picture_address, client, monkeypatch, settings
):
    pictures = Image.objects.count()
    with a_store_that_hangs() as (address, asked):
        move_media(monkeypatch, settings, to=address)
        settings.STORAGES["default"]["OPTIONS"]["client_config"].read_timeout = 0.1
        file = upload(Pixels.new("RGB", (900, 600), "teal"), name="sea.jpg")
        words = {"title": "Sea", "alt_text": "A sea", "focal_x": 50, "focal_y": 50}
        answer = client.post("/admin/articles/image/add/", words | {"file": file})
        assert answer.status_code == 503
        assert "store that files are kept in" in answer.text and "was not saved" in answer.text
        file.seek(0)
        answer = client.post("/admin/articles/image/upload/", {"file": file})
        assert "store that files are kept in" in answer.json()["failed"]
    assert asked and Image.objects.count() == pictures


def test_a_bucket_that_hangs_holds_nobody_for_much_longer_than_others_wait_for_their_turn(
    monkeypatch,
):
    monkeypatch.setenv("MEDIA_STORAGE", "s3")
    monkeypatch.setenv("MEDIA_BUCKET", "pictures-of-the-post")
    config = media_storage()["OPTIONS"]["client_config"]
    longest = config.retries["total_max_attempts"] * config.read_timeout
    assert longest <= LONGEST_WAIT + 1


@pytest.mark.parametrize("environment", [{"MEDIA_STORAGE": "s3"}, {"MEDIA_STORAGE": "ftp"}])
def test_a_store_that_is_not_named_in_full_is_refused_with_what_to_do(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="MEDIA_BUCKET"):
        media_storage()
