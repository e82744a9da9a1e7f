"""What no form of the desk's offers, sent all the same: by every role, and to every address."""

import re
from contextlib import contextmanager

import lxml.html
import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client, RequestFactory

from articles.models import Article, ArticleByline
from tests.articles.test_roles import ALL, TABLE, addresses, subjects
from tests.factories import make_article, make_author

pytestmark = pytest.mark.django_db
# Who asks is noted in them whatever they may do; the last keeps what somebody typed, for
# themselves alone, also when it may not be saved.
UNASKED = ("django_session", "authors_loggedact", "articles_sitting")
NOBODYS = ("9" * 30, "x'\"")


@contextmanager
def writes():
    """Collect what the block has the database write, but for what is in ``UNASKED``."""
    written = []

    def listen(execute, sql, *rest):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and not any(
            f'"{table}"' in sql.partition("WHERE")[0] for table in UNASKED
        ):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        yield written


def sent_by(page):
    """Return what a browser would send of a page's forms, whichever button is pressed."""
    sent = {}
    for form in lxml.html.fromstring(page.content).forms:
        for name, value in form.form_values():
            sent.setdefault(name, []).append(value)
        for field in form.xpath(".//input[not(@type) or @type='text'][not(@value)]"):
            sent.setdefault(field.name, []).append("")
    buttons = re.findall(r'<(?:input type="submit"|button)[^>]* name="(\w+)"', page.text)
    return sent | dict.fromkeys(buttons, "1")


@pytest.mark.looks
def test_the_form_of_who_may_send_it_changes_nothing_when_it_is_sent_by_who_may_not(world):
    accounts, things = world
    clients = {initial: Client() for initial in ALL}
    for initial, client in clients.items():
        client.force_login(accounts[initial])
    for key, name, route in addresses():
        for kind, address in subjects(name, route, things).items() if key in TABLE else ():
            who = TABLE[key][1]
            allowed = who.get(kind) if isinstance(who, dict) else who
            if allowed is None:
                continue
            page = clients["A"].get(address)
            is_form = page.status_code == 200 and not page.streaming
            sent = sent_by(page) if is_form and page.content else {}
            for initial in set(ALL) - set(allowed):
                with transaction.atomic(), writes() as written:
                    clients[initial].post(
                        address, sent | {"post": "yes", "_save": "1", "_publish": "1"}
                    )
                    transaction.set_rollback(True)
                assert not written, (initial, address)


@pytest.mark.parametrize("initial", ALL)
def test_an_action_that_is_not_offered_does_nothing_to_the_rows_it_is_sent_with(
    client, world, initial
):
    accounts, things = world
    client.force_login(accounts[initial])
    request = RequestFactory().get("/admin/")
    for model, rows in things.items():
        site = admin.site.get_model_admin(next(iter(rows.values()))._meta.model)
        request.user = accounts[initial]
        offered = site.get_actions(request) if site.has_view_permission(request) else {}
        for action in {name for _function, name, _words in site._get_base_actions()} - {*offered}:
            sent = {"action": action, "post": "yes", "index": "0"}
            sent |= {"_selected_action": [row.pk for row in rows.values()]}
            with transaction.atomic(), writes() as written:
                client.post(f"/admin/{model.replace('_', '/')}/", sent)
                transaction.set_rollback(True)
            assert not written, (model, action)


@pytest.mark.parametrize("initial", "RE")
def test_a_row_that_there_is_none_of_is_no_fault_and_nothing_is_written(client, world, initial):
    client.force_login(world[0][initial])
    for _key, _name, route in addresses():
        for number in NOBODYS if "<" in route else ():
            address = "/admin/" + re.sub(r"<(\w+:)?(\w+)>", number, route)
            for method in ("get", "post"):
                with transaction.atomic(), writes() as written:
                    answer = getattr(client, method)(address)
                    transaction.set_rollback(True)
                # A form that was sent comes back, with what was typed.
                expected = {302, 403, 404, 405} | ({200} if method == "post" else set())
                assert answer.status_code in expected, (method, address)
                assert not written, (method, address)


def test_what_the_form_of_a_story_does_not_show_cannot_be_set_by_sending_it(signed_in, world):
    accounts, things = world
    story = things["articles_article"]["own draft"]
    page = signed_in("R").get(story.get_absolute_url())
    shown = sent_by(page)
    unshown = {
        field.name
        for field in Article._meta.concrete_fields
        if not any(name == field.name or name.startswith(f"{field.name}_") for name in shown)
    } - {"changed_at", "changed_by", "fingerprint"}
    assert {"id", "stage", "created_by", "created_at"} <= unshown
    before = Article.objects.values(*unshown).get(pk=story.pk)
    forged = {name: [str(accounts["E"].pk)] for name in unshown}
    forged |= {"stage": ["ready"], "headline": ["Changed by its writer"]}
    # As if "save" were pressed: the other buttons are not this role's.
    saved = {name: value for name, value in shown.items() if not name.startswith("_")}
    assert signed_in("R").post(story.get_absolute_url(), saved | forged).status_code == 302
    story.refresh_from_db()
    assert story.headline == "Changed by its writer"
    assert Article.objects.values(*unshown).get(pk=story.pk) == before
    assert not story.editions.exists()


def test_a_byline_of_another_story_cannot_be_taken_or_changed_by_its_number(signed_in, world):
    mine = world[1]["articles_article"]["own draft"]
    theirs = make_article(authors=[make_author(), make_author()])
    first, second = theirs.bylines.all()
    page = signed_in("R").get(mine.get_absolute_url())
    shown = {name: value for name, value in sent_by(page).items() if not name.startswith("_")}
    for forged in (
        {"bylines-0-id": first.pk, "bylines-0-DELETE": "on"},
        {"bylines-0-id": first.pk, "bylines-0-article": mine.pk, "bylines-0-author": ""},
    ):
        sent = shown | {"bylines-TOTAL_FORMS": 1, "bylines-INITIAL_FORMS": 1} | forged
        signed_in("R").post(mine.get_absolute_url(), sent)
        assert list(ArticleByline.objects.filter(article=theirs)) == [first, second]
        first.refresh_from_db()
        assert first.author == theirs.bylines.first().author
