"""docs/roles.md: who may do what, as the tests of the roles say it, beside what readers get.

``WRITE_DOCS=1 pytest tests/articles/test_roles_page.py`` writes it anew.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLResolver, get_resolver
from PIL import Image as Pixels

from articles import publishing
from articles.models import Edition, PreviewLink
from authors.accounts.urls import urlpatterns as account_addresses
from newsroom.health import PROBES
from tests.articles.test_roles import ALL, ELSEWHERE, TABLE, addresses
from tests.factories import make_article, make_author, make_image, make_person, make_series
from tests.pictures import upload

pytestmark = pytest.mark.looks

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "roles.md"
NAMES = {
    "R": "Reporter",
    "E": "Editor",
    "P": "Profile manager",
    "A": "Administrator",
    "S": "Staff without a role",
}
STAFF = "staff alone, unless `PAST_IS_PUBLIC` is on"
HOLDER = "whoever has the link, until it expires or is revoked"
# The addresses outside the desk that are not everybody's, and whose they are.
NOT_EVERYBODYS = {
    "choose-moment": STAFF,
    "as-it-was": STAFF,
    "preview": HOLDER,
    "preview-picture": HOLDER,
    "/metrics": "whoever sends `METRICS_TOKEN`",
}
# The addresses of accounts that are there for who has not signed in.
SIGN_IN = {"account_login", "account_inactive"}
# What stands in an address for something that differs.
GROUP = r"\(\?P<(?P<regex>\w+)>(?:[^()]|\(.*?\))*\)|<(?:\w+:)?(?P<path>\w+)>"
BEFORE = """# Who may do what

`tests/articles/test_roles_page.py` writes this page from the tables that the tests of the roles
hold every role to: at each address of the desk with `GET` and `POST`, with the form of somebody
who may send it, with numbers of rows that are others’ or that there are none of
(`tests/articles/test_roles.py`, `tests/articles/test_forged_requests.py`). The roles are the
groups that `manage.py migrate` makes, as they are before a newsroom changes them.
Without an account every address of the desk leads to the sign-in.

“sees” is that the page opens; “does” is that what is sent to it, if it takes anything, is done.
A story, picture or profile is one’s own as the README says.
"""
AFTER = """
## Beside these, for everybody at the desk

| address | what it does |
| --- | --- |
"""
ACCOUNTS = """
## Accounts

Whatever the role, of one’s own account alone; those of others are the administrator’s, above.

| address | who gets it |
| --- | --- |
"""
READERS = """
## The readers’ site

Nothing of it takes a `POST`, and an account changes nothing of what it gives.

| address | who gets it |
| --- | --- |
"""


def plain(route):
    """Return an address's pattern as people read it: /admin/tags/<slug>/."""
    named = re.sub(GROUP, lambda group: f"<{group['regex'] or group['path']}>", route)
    return "/" + re.sub(r"^[/^]+|\$$", "", named)


def mark(who, kind, initial):
    allowed = who.get(kind) if isinstance(who, dict) else who
    return allowed is not None and initial in allowed


def desk_rows():
    """Yield a line of the table for each address of the desk and each kind of thing at it."""
    for key, _name, route in sorted(addresses(), key=lambda each: each[2]):
        if key not in TABLE:
            continue
        sees, does = TABLE[key]
        kinds = dict.fromkeys(kind for who in (sees, does) if isinstance(who, dict) for kind in who)
        for kind in kinds or [""]:
            cells = []
            for initial in NAMES:
                may = [mark(sees, kind, initial) and "sees", mark(does, kind, initial) and "does"]
                cells.append(", ".join(filter(None, may)) or "–")
            address = f"`{plain('admin/' + route)}`" + (f" ({kind})" if kind else "")
            yield f"| {address} | {' | '.join(cells)} |"


def readers_addresses(patterns=None, before=""):
    """Yield (name or route, route) of every address outside the desk."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if before == "" and route == "admin/":
            continue
        if isinstance(pattern, URLResolver):
            yield from readers_addresses(pattern.url_patterns, route)
        else:
            yield pattern.name or route, route
    if patterns is None:
        yield from ((probe, probe) for probe in PROBES)


def whose(name):
    """Return who gets an address of accounts."""
    if name in ("mfa_authenticate", "mfa_login_webauthn"):
        return "who is in the middle of signing in"
    return "everybody" if name in SIGN_IN else "who has signed in"


def page():
    header = f"\n| address | {' | '.join(NAMES.values())} |\n|{' --- |' * (len(NAMES) + 1)}\n"
    elsewhere = [
        f"| `{plain('admin/' + route)}` | {ELSEWHERE[key]} |"
        for key, _name, route in addresses()
        if key in ELSEWHERE
    ]
    accounts = [
        f"| `{plain(f'admin/{each.pattern}')}` | {whose(each.name)} |" for each in account_addresses
    ]
    readers = [
        f"| `{plain(route)}` | {NOT_EVERYBODYS.get(name, 'everybody')} |"
        for name, route in readers_addresses()
    ]
    return (
        BEFORE
        + header
        + "\n".join(desk_rows())
        + f"\n{AFTER}"
        + "\n".join(elsewhere)
        + f"\n{ACCOUNTS}"
        + "\n".join(dict.fromkeys(accounts))
        + f"\n{READERS}"
        + "\n".join(readers)
        + "\n"
    )


def test_the_page_says_what_the_tests_say():
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page(), "WRITE_DOCS=1 writes it anew"


@pytest.fixture
def address_of(db, settings):
    """Return a function of an address outside the desk that gives one with something at it."""
    settings.SECURITY_CONTACT = ["mailto:desk@example.org"]
    photo = upload(Pixels.new("RGB", (300, 300), "olive"), name="photo.jpg")
    author, picture = make_author(photo=photo), make_image()
    story = make_article(authors=[author], tags=["Tides"], series=make_series(), lead_image=picture)
    publishing.publish(story)
    edition = Edition.objects.get()
    link = PreviewLink.objects.make(story, None, "A lawyer", timedelta(days=1))
    slugs = {
        **{"section": story.section.slug, "series": story.series.slug, "author": author.slug},
        **{"tag": story.tags.get().slug, "story": edition.slug, "changes": edition.slug},
    }

    def fill(name, route):
        day = edition.first_published_on
        pictured = author.photo if name == "portrait" else picture.file
        parts = {
            **{"year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"},
            "slug": slugs.get(name.partition("-feed")[0]),
            **{"name": pictured.name.rpartition("/")[2], "rendition": "square-80.jpg"},
            **{"kind": "stories", "part": "0", "token": link.token},
            **{"moment": f"{edition.live_from:%Y-%m-%dT%H:%M:%SZ}", "path": "archive/"},
        }
        filled = re.sub(GROUP, lambda group: parts[group["regex"] or group["path"]], route)
        return plain(filled)

    return fill


def test_an_account_gives_nothing_of_the_readers_site_that_others_do_not_get(address_of, accounts):
    clients = {"": Client()} | {initial: Client() for initial in ALL}
    for initial, account in accounts.items():
        clients[initial].force_login(account)
    for name, route in readers_addresses():
        address = address_of(name, route)
        if NOT_EVERYBODYS.get(name) == STAFF:
            expected = dict.fromkeys(ALL, 200) | {"": 302}
        else:
            expected = dict.fromkeys(clients, 403 if name == "/metrics" else 200)
        for initial, client in clients.items():
            assert client.get(address).status_code == expected[initial], (initial, address)
            sent = client.post(address, {"moment": "", "slug": "other"})
            assert sent.status_code == 405, (initial, address)


def test_an_account_is_its_owners_whatever_the_role(accounts):
    others = Authenticator.objects.create(
        user=make_person("other"), type=Authenticator.Type.WEBAUTHN, data={"credential": {}}
    )
    stranger, client = Client(), Client()
    for initial, account in accounts.items():
        client.force_login(account)
        for each in account_addresses:
            route = f"/admin/{each.pattern}"
            address = re.sub(GROUP, str(others.pk), route)
            asked, sent = client.get(address), address != route and client.post(address)
            if sent:
                assert {asked.status_code, sent.status_code} == {404}, (initial, address)
            else:
                assert asked.status_code < 500, (initial, address)
    for each in account_addresses:
        address = re.sub(GROUP, str(others.pk), f"/admin/{each.pattern}")
        for answer in (stranger.get(address), stranger.post(address)):
            is_sent_away = answer.status_code == 302 and answer.url.startswith("/admin/login/")
            assert is_sent_away is (each.name not in SIGN_IN), address
    assert Authenticator.objects.get() == others
