"""What every answer tells browsers to refuse, and whom the site answers at all."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from articles import publishing
from articles.models import PreviewLink
from tests.factories import make_article, make_author
from tests.newsroom.test_page_cache import site_that_may_lose_its_database

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("one_connection"),
    pytest.mark.looks,
]

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}
ADDRESSES = [
    *("/", "/search/", "/archive/", "/authors/", "/feed/", "/sitemap.xml", "/robots.txt"),
    *("/manifest.webmanifest", "/no/such/page", "/nul%00", "/healthz", "/readyz", "/metrics"),
    *("/favicon.ico", "/admin/", "/admin/login/", "/admin/no/such/page", "/preview/unknown/"),
]


def directives(headers):
    """Return the directives of an answer's content policy by name."""
    parts = headers["content-security-policy"].split(";")
    return {name: sources for name, *sources in map(str.split, parts)}


def assert_has_policies(headers, is_of_desk=False):
    """Assert what the MDN HTTP Observatory and securityheaders.com ask of every answer."""
    assert headers.items() >= EVERYWHERE.items()
    policy = directives(headers)
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["style-src"] == policy["form-action"] == policy["connect-src"] == ["'self'"]
    assert "unsafe" not in headers["content-security-policy"]
    permissions = headers["permissions-policy"]
    assert "camera=()" in permissions and "*" not in permissions
    if is_of_desk:
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert policy["script-src"][0] == "'self'"
        assert all(each.startswith("'nonce-") for each in policy["script-src"][1:])
    else:
        assert not policy.keys() & {"script-src", "frame-src"}
        assert "(self)" not in permissions
    assert "server" not in headers and "x-powered-by" not in headers


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_every_policy(site, address):
    for _first_and_kept in range(2):
        got = site.get(address)
        assert_has_policies(got.headers, is_of_desk=address.startswith("/admin/"))
        assert "set-cookie" not in got.headers or address == "/admin/login/"
    if address == "/":
        assert got.is_hit
        known = site.get("/", if_none_match=got.headers["etag"])
        assert known.status == 304
        assert_has_policies(known.headers)


def test_stories_their_redirects_pictures_and_ends_have_every_policy(client):
    article = make_article(authors=[make_author(name="Ada", slug="ada")])
    edition = publishing.publish(article)
    picture = article.lead_image.picture.thumbnail_url
    story = edition.get_absolute_url()
    for address, status in [
        (story, 200),
        (story.rstrip("/"), 301),
        (picture, 200),
        (f"{picture.partition('?')[0]}x", 404),
        ("/authors/ada/", 200),
    ]:
        got = client.get(address)
        assert got.status_code == status
        assert_has_policies(lowered(got))
        assert not got.cookies
    publishing.withdraw(article, "It was wrong.")
    got = client.get(story)
    assert got.status_code == 410
    assert_has_policies(lowered(got))


def lowered(response):
    return {name.lower(): value for name, value in response.items()}


def test_other_sites_may_show_what_everybody_may_see_of_pictures_and_nothing_else(client, ann):
    article = make_article()
    picture = article.lead_image.picture.thumbnail_url
    client.force_login(ann)
    draft = client.get(picture)
    assert (draft.status_code, draft["Cross-Origin-Resource-Policy"]) == (200, "same-origin")
    publishing.publish(article)
    assert client.get(picture)["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/favicon.ico")["Cross-Origin-Resource-Policy"] == "cross-origin"
    for address in ("/", "/feed/", "/admin/", "/static/site.css"):
        assert client.get(address)["Cross-Origin-Resource-Policy"] == "same-origin"


def test_no_address_of_a_preview_leaves_it(client, ann):
    link = PreviewLink.objects.make(make_article(), ann, "", timedelta(hours=1))
    for address in (link.get_absolute_url(), "/preview/unknown/"):
        got = client.get(address)
        assert got["Referrer-Policy"] == "no-referrer"
        assert_has_policies(lowered(got))


def test_what_is_answered_without_django_has_every_policy():
    is_away, site = site_that_may_lose_its_database()
    is_away.append(True)
    with pytest.raises(OperationalError):
        site.watch.look()
    for address in ("/never/read/", "/admin/"):
        got = site.get(address, look=False)
        assert got.status == 503
        assert_has_policies(got.headers, is_of_desk=address == "/admin/")


def test_a_fault_of_ours_has_every_policy(client):
    def fails(*_args):
        raise ZeroDivisionError

    client.raise_request_exception = False
    with connection.execute_wrapper(fails):
        got = client.get("/")
    assert got.status_code == 500
    assert_has_policies(lowered(got))


@pytest.mark.parametrize("host", ["elsewhere.example", "testserver.evil.example", "", "a b", "[x"])
@pytest.mark.parametrize(
    "address", ["/", "/search/?q=x", "/admin/", "/static/site.css", "/healthz"]
)
def test_a_host_that_is_not_ours_gets_400_in_words(site, host, address):
    for _first_and_again in range(2):
        got = site.get(address, host=host)
        assert got.status == 400
        assert (
            got.text
            == "No site of that name is here: compare the address with the one you meant.\n"
        )
        assert_has_policies(got.headers, is_of_desk=address == "/admin/")


def test_an_address_without_a_name_is_enough_for_who_watches_a_process(site):
    assert site.get("/healthz", host="10.0.0.7:8001").status == 200
    assert site.get("/healthz", host="[fd00::7]:8001").status == 200
    assert site.get("/", host="10.0.0.7:8001").status == 400


def test_what_cannot_be_read_is_refused_in_words(client):
    got = client.post("/admin/login/", "x" * 100, content_type="multipart/form-data; boundary=")
    assert got.status_code == 400
    assert "What you have sent cannot be read" in got.text
    assert_has_policies(lowered(got), is_of_desk=True)


UNDER_HTTPS = """
import json
import django
django.setup()
from django.conf import settings
from django.test import Client
from newsroom.headers import CookieMessages
client = Client(headers={"host": "testserver"})
login = client.get("/admin/login/", secure=True)
print(json.dumps({
    "headers": {name.lower(): value for name, value in login.items()},
    "cookies": [each.OutputString() for each in login.cookies.values()],
    "names": [settings.SESSION_COOKIE_NAME, CookieMessages.cookie_name],
    "plain": client.get("/").headers["Location"],
}))
"""


def test_over_https_no_other_host_sets_our_cookies_and_browsers_stay_with_https():
    environment = os.environ | {"HTTPS": "on", "DEBUG": "on", "ALLOWED_HOSTS": "testserver"}
    environment |= {"DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    run = subprocess.run(
        [sys.executable, "-c", UNDER_HTTPS], env=environment, capture_output=True, check=True
    )
    got = json.loads(run.stdout)
    assert got["names"] == ["__Host-sessionid", "__Host-messages"]
    [token] = got["cookies"]
    assert token.startswith("__Host-csrftoken=")
    assert token.endswith("; Path=/; SameSite=Lax; Secure")
    assert got["plain"] == "https://testserver/"
    # What https://hstspreload.org asks for.
    wanted = "max-age=63072000; includeSubDomains; preload"
    assert got["headers"]["strict-transport-security"] == wanted
    assert directives(got["headers"])["upgrade-insecure-requests"] == []
    assert_has_policies(got["headers"], is_of_desk=True)


def test_scripts_cannot_read_whose_session_it_is_and_other_sites_do_not_send_it(client, ann):
    ann.set_password("a long one, for once")
    ann.save()
    client.post("/admin/login/", {"login": "ann", "password": "a long one, for once"})
    session = client.cookies["sessionid"]
    assert session["httponly"] and session["samesite"] == "Lax" and not session["domain"]
