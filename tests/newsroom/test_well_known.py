"""What machines ask for at addresses that every site has."""

import io
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from urllib.parse import unquote
from urllib.robotparser import RobotFileParser

import pytest
from django.utils import timezone
from PIL import Image as Pixels

pytestmark = pytest.mark.django_db


def test_robots_txt_names_the_sitemaps_and_keeps_crawlers_from_the_desk_alone(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    robots = RobotFileParser()
    robots.parse(text.splitlines())
    for address in robots.site_maps():
        assert client.get(address).status_code == 200
    assert len(robots.site_maps()) == 2
    assert not robots.can_fetch("Googlebot", "/admin/")
    for path in ("/", "/2026/11/24/wall/", "/preview/token/", "/search/", "/static/site.css"):
        assert robots.can_fetch("Googlebot", path)
    assert "preview" not in text and "as-it-was" not in text


def test_security_txt_is_there_for_a_newsroom_that_names_a_contact(client, settings):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = ["mailto:security@example.org", "https://example.org/report"]
    settings.SITE_ORIGIN = "https://example.org"
    response = client.get("/.well-known/security.txt")
    # RFC 9116: plain text in UTF-8; Contact once or more, Expires once, less than a year ahead.
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert text.endswith("\n")
    fields = [line.split(": ", 1) for line in text.splitlines()]
    names = [name for name, _value in fields]
    assert [value for name, value in fields if name == "Contact"] == settings.SECURITY_CONTACT
    assert names.count("Expires") == names.count("Canonical") == 1
    expires = datetime.fromisoformat(dict(fields)["Expires"])
    assert timedelta(days=90) < expires - timezone.now() < timedelta(days=365)
    assert dict(fields)["Canonical"] == "https://example.org/.well-known/security.txt"


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("security@example.org", "['mailto:security@example.org']"),
        ("https://a.example/x,tel:+49-1", "['https://a.example/x', 'tel:+49-1']"),
        ("http://a.example/x", "ImproperlyConfigured"),
    ],
)
def test_a_contact_is_made_whole_or_refused(given, means):
    code = "from newsroom import settings; print(settings.SECURITY_CONTACT)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SECURITY_CONTACT": given},
        capture_output=True,
        text=True,
    )
    assert means in run.stdout + run.stderr


def test_the_manifest_names_icons_that_are_there(client, settings):
    settings.NEWSROOM_NAME = "The Post"
    page = client.get("/").content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert manifest["name"] == "The Post" and manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        file = settings.BASE_DIR / icon["src"].lstrip("/")
        assert "{}x{}".format(*Pixels.open(file).size) == icon["sizes"]


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png"])
def test_icons_are_where_browsers_look_for_them(client, name):
    response = client.get(f"/{name}")
    assert response.status_code == 200
    Pixels.open(io.BytesIO(b"".join(response))).verify()


def test_the_icon_within_the_page_is_a_valid_address(client):
    page = client.get("/").content.decode()
    icon = page.split('<link rel="icon" href="data:')[1].split('"')[0]
    # RFC 3986, 2: what an address may be written with.
    assert re.fullmatch(r"[\w.~!$&'()*+,;=:@/?%-]+", icon, re.ASCII)
    assert unquote(icon).startswith("image/svg+xml,<svg xmlns=")
