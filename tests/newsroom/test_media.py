"""Pictures in a bucket instead of a folder."""

import io

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from moto.server import ThreadedMotoServer
from PIL import Image as Pixels

from articles import publishing
from articles.models import Image
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

    # Nobody listens there.
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    settings.STORAGES = {**settings.STORAGES, "default": media_storage()}
    for command in (("backup", f"{path}.2"), ("restore", path, "--replace")):
        with pytest.raises(CommandError, match=f"store of the media failed at {image.file.name}"):
            call_command(*command, verbosity=0)
    assert [each.name for each in tmp_path.iterdir()] == ["backup.zip"]

    folder = {"BACKEND": "newsroom.media.WholeFiles"}
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "default": folder}
    call_command("restore", path, "--replace", verbosity=0)
    assert (tmp_path / "media" / image.file.name).read_bytes() == picture


@pytest.mark.parametrize("environment", [{"MEDIA_STORAGE": "s3"}, {"MEDIA_STORAGE": "ftp"}])
def test_a_store_that_is_not_named_in_full_is_refused_with_what_to_do(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="MEDIA_BUCKET"):
        media_storage()
