"""The log of who did what: all that counts is in it, and nothing gets out of it or changes."""

import errno
import json
import os
import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from articles import publishing
from articles.models import Article, DeletedStory, PreviewLink, Tag
from authors.log import Kind, log
from authors.models import LoggedAct
from tests.factories import make_article, make_author, make_person

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"
LIST = "/admin/authors/loggedact/"


def acts(row=None, **filters):
    """Return (kind, who, details) of what is logged, the first first."""
    if row is not None:
        filters |= {"subject_type": row._meta.label_lower, "subject_key": row.pk}
    found = LoggedAct.objects.filter(**filters).order_by("pk")
    return list(found.values_list("kind", "who", "details"))


def sign_in(client, name, password):
    return client.post("/admin/login/", {"login": name, "password": password})


def test_each_publishing_move_is_logged_with_who_and_why(client, ann):
    article, later = make_article(), timezone.now() + timedelta(hours=1)
    publishing.schedule(article, later, by=ann)
    publishing.cancel(article, by=ann, note="Not yet")
    publishing.publish(article, by=ann)
    publishing.withdraw(article, "Wrong harbour.", by=ann)
    moves = [(kind, who, details.get("note")) for kind, who, details in acts(article)]
    assert moves == [
        ("schedule", "ann", None),
        ("cancel", "ann", "Not yet"),
        ("publish", "ann", None),
        ("withdraw", "ann", "Wrong harbour."),
    ]
    assert acts(article)[0][2]["at"] == later.isoformat()


def test_what_did_not_happen_is_not_logged():
    article = make_article()
    with pytest.raises(publishing.Refused):
        publishing.withdraw(article, "Never was live")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publishing.publish(article)
        raise ZeroDivisionError
    assert acts(article) == []


def test_the_database_refuses_to_change_or_delete_what_is_logged(ann):
    log(Kind.EXPORT, words="Everything", by=ann)
    act = LoggedAct.objects.get(kind=Kind.EXPORT)
    table = "authors_loggedact"
    statements = [f"UPDATE {table} SET who = 'eve'", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table}")
    else:
        columns = "happened_at, kind, who, subject_type, subject, address, details"
        statements.append(
            f"INSERT OR REPLACE INTO {table} (id, {columns}) "
            f"VALUES ({act.pk}, '2020-01-01', 'export', 'eve', '', '', '', '{{}}')"
        )
    for statement in statements:
        with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
            connection.cursor().execute(statement)
    for change in (act.save, act.delete, LoggedAct.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert acts(kind=Kind.EXPORT) == [("export", "ann", act.details)]


def test_an_account_that_is_deleted_keeps_its_name_in_the_log(client, ann):
    gone = make_person("gone", "Editor", first_name="Gil", last_name="Gone")
    article, number = make_article(), gone.pk
    client.force_login(gone)
    client.post(f"/admin/articles/article/{article.pk}/preview-links/", {"valid_for": "24"})
    client.force_login(ann)
    client.post(f"/admin/auth/user/{number}/delete/", {"post": "yes"})
    assert [who for _kind, who, _details in acts(article)] == ["Gil Gone (gone)"]
    deleted = LoggedAct.objects.get(kind=Kind.DELETE_ACCOUNT)
    assert (deleted.who, deleted.subject, deleted.subject_key) == ("ann", "Gil Gone (gone)", number)
    page = client.get(LIST, {"who": number}).content.decode()
    assert str(article) in page and "Gil Gone (gone)" in page


def test_signing_in_failing_to_and_signing_out_are_logged_with_the_address(client):
    person = make_person("nora", password=PASSWORD)
    sign_in(client, "nora", "wrong")
    sign_in(client, "nora", PASSWORD)
    client.post("/admin/logout/")
    logged = LoggedAct.objects.filter(subject_key=person.pk, subject_type="auth.user")
    logged = logged.exclude(address="").order_by("pk")
    assert list(logged.values_list("kind", "who", "address")) == [
        ("fail_to_sign_in", "", "127.0.0.1"),
        ("sign_in", "nora", "127.0.0.1"),
        ("sign_out", "nora", "127.0.0.1"),
    ]


def test_the_proxys_word_on_the_address_counts_only_behind_a_proxy(client, settings):
    forwarded = {"HTTP_X_FORWARDED_FOR": "198.51.100.9, ::ffff:203.0.113.5"}
    for is_behind in (False, True):
        settings.BEHIND_PROXY = is_behind
        client.post("/admin/login/", {"login": "x", "password": "y"}, **forwarded)
    failed = LoggedAct.objects.filter(kind=Kind.FAIL_TO_SIGN_IN).order_by("pk")
    assert list(failed.values_list("address", flat=True)) == ["127.0.0.1", "203.0.113.5"]


def test_no_secret_gets_into_the_log(client, ann):
    secret = "hunter2-in-the-wrong-field"
    sign_in(client, secret, secret)
    client.force_login(ann)
    form = {"username": "newcomer", "password1": secret, "password2": secret}
    client.post("/admin/auth/user/add/", form | {"usable_password": "true"})
    person = make_person("nora", password=secret)
    person.set_password(secret + "2")
    person.save()
    article = make_article()
    client.post(
        f"/admin/articles/article/{article.pk}/preview-links/",
        {"for_whom": "the bishop", "valid_for": "24"},
    )
    kinds = {kind for kind, _who, _details in acts()}
    assert {"fail_to_sign_in", "make_account", "change_password", "make_preview_link"} <= kinds
    everything = json.dumps([list(map(str, row)) for row in LoggedAct.objects.values_list()])
    person.refresh_from_db()
    token = PreviewLink.objects.get().token
    assert "the bishop" in everything
    for hidden in (secret, person.password, token):
        assert hidden not in everything


def test_guessing_passwords_does_not_fill_the_disk(client, monkeypatch):
    for _guess in range(8):
        sign_in(client, "nora", "guess")
    failed = [details for _kind, _who, details in acts(kind=Kind.FAIL_TO_SIGN_IN)]
    assert len(failed) == 5
    assert [details.get("more_not_logged") for details in failed] == [None] * 4 + [True]
    monkeypatch.setattr("authors.log_signals.FAILURES_IN_ALL", 7)
    for number in range(8):
        form = {"login": "nora", "password": "guess"}
        client.post("/admin/login/", form, REMOTE_ADDR=f"192.0.2.{number}")
    assert len(acts(kind=Kind.FAIL_TO_SIGN_IN)) == 7


def test_a_password_that_is_only_hashed_anew_was_not_changed(client):
    person = make_person("nora")
    old = PBKDF2PasswordHasher().encode(PASSWORD, "a-salt-that-is-long-enough", iterations=2)
    User.objects.filter(pk=person.pk).update(password=old)
    sign_in(client, "nora", PASSWORD)
    person.refresh_from_db()
    assert person.password != old and person.check_password(PASSWORD)
    assert Kind.CHANGE_PASSWORD not in [kind for kind, _who, _details in acts(person)]
    person.set_password(PASSWORD + "2")
    person.save()
    assert [kind for kind, _who, _details in acts(person)].count(Kind.CHANGE_PASSWORD) == 1


def test_rights_that_are_given_and_taken_are_logged_whichever_way(client, ann):
    client.force_login(ann)
    person, role = make_person("nora"), Group.objects.create(name="Night desk")
    publish = Permission.objects.get(codename="publish_article")
    form = {
        "username": "nora",
        "groups": [role.pk],
        "user_permissions": [publish.pk],
        "is_active": "on",
        "is_superuser": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
    }
    response = client.post(f"/admin/auth/user/{person.pk}/change/", form)
    assert response.status_code == 302
    logged = [each for each in acts(person) if each[1] == "ann"]
    assert ("change_rights", "ann", {"given": ["Night desk"]}) in logged
    assert ("change_rights", "ann", {"given": ["articles.publish_article"]}) in logged
    changed = [details for kind, _who, details in logged if kind == "change_account"]
    assert changed == [{"changed": ["is_staff: True → False", "is_superuser: False → True"]}]
    role.user_set.clear()
    role.permissions.add(publish)
    role.delete()
    taken = [details.get("taken") for _kind, _who, details in acts(person)]
    assert ["Night desk"] in taken
    of_the_role = acts(subject_type="auth.group", subject="Night desk")
    assert [kind for kind, _who, _details in of_the_role] == [
        "make_role",
        "change_rights",
        "delete_role",
    ]


def test_what_is_deleted_brought_back_and_merged_is_logged(client, ann):
    client.force_login(ann)
    article, author, tag = make_article(), make_author(), Tag.objects.create(name="Tides")
    pk = article.pk
    client.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"})
    client.post(
        "/admin/articles/article/deleted/", {"version": DeletedStory.objects.get().version_id}
    )
    article = Article.objects.get(pk=pk)
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": author.pk}
    client.post("/admin/authors/author/", chosen)
    other = Tag.objects.create(name="Tide")
    client.post(f"/admin/articles/tag/merge/?tag={tag.pk}&tag={other.pk}", {"into": other.pk})
    assert acts(article) == [("delete", "ann", {}), ("bring_back", "ann", {})]
    assert acts(author) == [("delete", "ann", {})]
    assert acts(tag) == [("merge", "ann", {"into": "Tide"})]


def test_preview_links_are_logged_when_made_and_when_revoked(client, ann):
    client.force_login(ann)
    article = make_article()
    page = f"/admin/articles/article/{article.pk}/preview-links/"
    client.post(page, {"for_whom": "the bishop", "valid_for": "24"})
    client.post(page, {"_revoke": PreviewLink.objects.get().pk})
    client.post(page, {"_revoke": PreviewLink.objects.get().pk})
    assert [kind for kind, _who, _details in acts(article)] == [
        "make_preview_link",
        "revoke_preview_link",
    ]


def test_administrators_read_the_log_and_nobody_changes_it(client, ann):
    article = make_article()
    publishing.publish(article, by=ann, note="At last")
    act = LoggedAct.objects.get(kind=Kind.PUBLISH)
    for person in (make_person("adam", "Administrator"), ann):
        client.force_login(person)
        page = client.get(LIST).content.decode()
        assert str(article) in page and article.get_absolute_url() in page
        assert 'name="action"' not in page
        assert "At last" in client.get(f"{LIST}{act.pk}/change/").content.decode()
        assert client.get(f"{LIST}add/").status_code == 403
        for to in (f"{act.pk}/change/", f"{act.pk}/delete/"):
            assert client.post(f"{LIST}{to}", {"post": "yes", "who": "eve"}).status_code == 403
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": act.pk}
        client.post(LIST, chosen)
        assert LoggedAct.objects.filter(pk=act.pk, who="ann").exists()
    for role in ("Editor", "Reporter", "Profile manager"):
        client.force_login(make_person(role, role))
        assert client.get(LIST).status_code == 403


def test_the_log_is_narrowed_and_searched_in_a_number_of_queries_that_stays(
    client, ann, django_assert_num_queries
):
    first, second = make_article(), make_article()
    publishing.publish(first, by=ann)
    publishing.publish(second, by=make_person("nora"))
    client.force_login(ann)

    def shown(**query):
        page = client.get(LIST, query).content.decode()
        return [str(first) in page, str(second) in page]

    assert shown(what="publish") == [True, True]
    assert shown(what="withdraw") == [False, False]
    assert shown(who=ann.pk) == shown(who=ann.pk, what="publish") == [True, False]
    assert shown(subject=f"articles.article:{second.pk}") == [False, True]
    assert shown(q=str(second)) == [False, True]
    for odd in ("x", "9" * 30, "a\0b", "articles.article:x"):
        for name in ("who", "what", "subject", "address"):
            assert client.get(LIST, {name: odd}).status_code == 200
    for _more in range(2):
        with django_assert_num_queries(7):
            client.get(LIST)
        for number in range(30):
            log(Kind.EXPORT, words=f"Number {number}", by=ann)


def test_of_many_people_those_who_did_something_last_are_offered(client, ann, monkeypatch):
    monkeypatch.setattr("newsroom.long_list.OFFERED", 2)
    client.force_login(ann)
    people = [make_person(name) for name in ("cem", "ben", "ada", "dan")]
    for person in people[:3]:
        log(Kind.EXPORT, words="Stories", by=person)
    # Without an account, and as many as there are, such acts keep nobody out.
    for _number in range(3):
        log(Kind.FAIL_TO_SIGN_IN, words="eve")

    def offered(page):
        names = page.split("By who (the latest 2)")[1].split("</details>")[0]
        return re.findall(r">\s*(\w+)[^<]*</a>", names)

    assert offered(client.get(LIST).text) == ["All", "ada", "ben"]
    assert offered(client.get(LIST, {"who": people[0].pk}).text) == ["All", "ada", "ben", "cem"]


def test_only_a_command_shortens_the_log_keeps_what_goes_and_is_logged_itself(ann, tmp_path):
    old = timezone.now() - timedelta(days=400)
    for number in range(3):
        LoggedAct.objects.create(kind=Kind.EXPORT, who="ann", subject=str(number), happened_at=old)
    log(Kind.EXPORT, words="Lately", by=ann)
    with pytest.raises(CommandError, match="90 days"):
        call_command("shorten_log", timezone.localdate().isoformat())
    year_ago = timezone.localdate() - timedelta(days=365)
    kept = tmp_path / "old.jsonl"
    call_command("shorten_log", year_ago.isoformat(), into=kept)
    words = [json.loads(line)["subject"] for line in kept.read_text().splitlines()]
    assert words == ["0", "1", "2"]
    # Names and addresses of people.
    assert kept.stat().st_mode & 0o077 == 0
    assert LoggedAct.objects.get(kind=Kind.EXPORT).subject == "Lately"
    assert LoggedAct.objects.get(kind=Kind.SHORTEN_LOG).details["rows"] == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        LoggedAct.objects.all().delete()


def test_a_log_that_was_not_shortened_leaves_no_file_that_would_keep_it_from_being(tmp_path):
    kept = tmp_path / "old.jsonl"
    with pytest.raises(CommandError, match="90 days"):
        call_command("shorten_log", timezone.localdate().isoformat(), "--into", str(kept))
    assert not kept.exists()
    kept.write_text("what was kept before")
    year_ago = timezone.localdate() - timedelta(days=365)
    with pytest.raises(CommandError, match="File exists. Deleted from the log before that: 0"):
        call_command("shorten_log", year_ago.isoformat(), "--into", str(kept))
    assert kept.read_text() == "what was kept before"


def test_on_a_full_disk_the_log_keeps_what_the_file_does_not_hold_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("authors.management.commands.shorten_log.CHUNK", 20)
    old = timezone.now() - timedelta(days=400)
    LoggedAct.objects.bulk_create(
        LoggedAct(kind=Kind.EXPORT, who="ann", subject=str(number), happened_at=old)
        for number in range(50)
    )
    kept = tmp_path / "old.jsonl"
    year_ago = timezone.localdate() - timedelta(days=365)
    room = iter([None])

    def fsync(_file):
        if next(room, "none") == "none":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CommandError, match="No space left on device. .* before that: 20"):
        call_command("shorten_log", year_ago.isoformat(), "--into", str(kept))
    words = [json.loads(line)["subject"] for line in kept.read_text().splitlines()]
    assert words == [str(number) for number in range(20)]
    assert LoggedAct.objects.filter(kind=Kind.EXPORT).count() == 30
