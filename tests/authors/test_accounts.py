"""Accounts: how people prove who they are at the desk, and what whoever is not them cannot do."""

import base64
import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client, TestCase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from authors.log import Kind
from authors.models import LoggedAct, RequiredSecondFactor
from tests.factories import make_article, make_person

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"
ACCOUNT = "/admin/account/"
GROUP = "/admin/auth/group/{}/change/"


def sign_in(client, name, password=PASSWORD, follow=True, **fields):
    form = {"login": name, "password": password, **fields}
    return client.post("/admin/login/", form, follow=follow)


def is_in(client):
    return client.get("/admin/").status_code == 200


def code(secret, ahead=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def add_app(client, used=None):
    """Set up an authenticator app as a person does; return its secret. ``used`` gets the code."""
    page = client.get(f"{ACCOUNT}app/")
    secret = re.search(r'class="secret">(\w+)<', page.text)[1]
    typed = code(secret)
    if used is not None:
        used.append(typed)
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(f"{ACCOUNT}app/", {"code": typed}, follow=True)
    assert "recovery-codes" in answer.request["PATH_INFO"], answer.text
    return secret


def acts(kind):
    found = LoggedAct.objects.filter(kind=kind).order_by("pk")
    return list(found.values_list("subject", "details"))


@pytest.fixture
def nora():
    return make_person("nora", "Editor", password=PASSWORD)


@pytest.fixture
def signed_in(nora):
    client = Client()
    sign_in(client, "nora")
    return client


@pytest.mark.parametrize(
    "weak", ["elevenchars", "123456789012345", "nora-lindqvist", "q1w2e3r4t5y6"]
)
def test_a_password_that_is_soon_guessed_is_refused_with_the_reason(client, ann, weak):
    client.force_login(ann)
    nora = make_person("nora-lindqvist", password=PASSWORD)
    form = {"usable_password": "true", "password1": weak, "password2": weak}
    answer = client.post(f"/admin/auth/user/{nora.pk}/password/", form)
    assert answer.status_code == 200 and "errorlist" in answer.text
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)


def test_passwords_are_hashed_so_that_guessing_costs_memory():
    assert identify_hasher(make_person("nora", password=PASSWORD).password).algorithm == "scrypt"


# Signing in


def test_there_is_one_way_in_and_it_leads_on_to_what_was_asked_for(client, nora):
    asked = client.get("/admin/articles/article/")
    assert asked.url == "/admin/login/?next=/admin/articles/article/"
    assert 'name="next" value="/admin/articles/article/"' in client.get(asked.url).text
    assert sign_in(client, "nora", follow=False, next="/admin/articles/article/").url == (
        "/admin/articles/article/"
    )
    assert client.get("/admin/login/?next=/admin/articles/tag/").url == "/admin/articles/tag/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_a_sign_in_leads_nowhere_but_to_our_own_pages(client, nora, elsewhere):
    assert sign_in(client, "nora", follow=False, next=elsewhere).url == "/admin/"


@pytest.mark.parametrize("page", ["account_signup", "account_reset_password", "account_email"])
def test_nobody_makes_an_account_for_themselves_or_gets_into_one_by_mail(page):
    with pytest.raises(NoReverseMatch):
        reverse(page)


def test_who_is_not_of_the_staff_is_told_so_and_not_led_in_circles(client, nora):
    make_person("reader", password=PASSWORD, is_staff=False)
    answer = sign_in(client, "reader")
    assert "may not work at the desk" in answer.text and "_auth_user_id" not in client.session
    client.force_login(nora)
    type(nora).objects.filter(pk=nora.pk).update(is_staff=False)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403 and "may not work at the desk" in answer.text


def test_a_wrong_password_and_a_name_that_nobody_has_get_the_same_answer(client, nora):
    answers = []
    for name, password in (("nora", "wrong"), ("nobody", "wrong")):
        text = sign_in(client, name, password).text
        text = re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', "", text).replace(name, "")
        answers.append(re.sub(r'nonce="[^"]+"', "", text))
    assert answers[0] == answers[1] and "do not belong together" in answers[0]


def test_readers_get_neither_session_nor_cookie_nor_a_question_about_accounts(client):
    make_article()
    assert not client.get("/").cookies and not client.get("/nowhere/").cookies


# Guessing


def test_guessing_at_one_account_is_slowed_from_wherever_it_comes(client, nora):
    for number in range(5):
        client.post(
            "/admin/login/",
            {"login": "nora", "password": "guess"},
            REMOTE_ADDR=f"192.0.2.{number}",
            HTTP_HOST="localhost" if number % 2 else "127.0.0.1",
        )
    refused = sign_in(client, "NORA")
    assert "Wait five minutes" in refused.text and not is_in(client)
    assert acts(Kind.FAIL_TO_SIGN_IN)[-1] == ("nora", {"refused": True})
    make_person("omar", password=PASSWORD)
    sign_in(client, "omar")
    assert is_in(client)


def test_who_guesses_keeps_nobody_out_of_a_browser_they_have_signed_in_with(client, nora):
    own, others = Client(), Client()
    make_person("omar", "Editor", password=PASSWORD)
    sign_in(own, "nora")
    own.post("/admin/logout/")
    sign_in(others, "omar")
    others.post("/admin/logout/")
    for _ in range(6):
        sign_in(client, "nora", "guess")
    # Neither another browser's mark nor a forged one is of use.
    assert "Wait five minutes" in sign_in(others, "nora").text and not is_in(others)
    device = own.cookies["device"]
    assert device["httponly"] and device["path"] == "/admin/" and PASSWORD not in device.value
    client.cookies["device"] = device.value[:-1] + ("a" if device.value[-1] != "a" else "b")
    assert "Wait five minutes" in sign_in(client, "nora").text and not is_in(client)
    sign_in(own, "NORA")
    assert is_in(own)
    # A stolen one gives as many attempts as there are without, and no more.
    own.post("/admin/logout/")
    for _ in range(5):
        sign_in(own, "nora", "guess")
    assert "Wait five minutes" in sign_in(own, "nora").text and not is_in(own)


def test_guessing_at_many_accounts_is_slowed_from_one_address(client, nora):
    for number in range(20):
        sign_in(client, f"name{number}", "guess")
    assert "Wait five minutes" in sign_in(client, "nora").text
    answer = client.post(
        "/admin/login/", {"login": "nora", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    )
    assert answer.status_code == 302


def test_whoever_asks_too_often_is_told_how_long_to_wait(client, nora):
    for _attempt in range(30):
        client.post("/admin/login/", {})
    answer = sign_in(client, "nora")
    assert answer.status_code == 429 and answer["Retry-After"] == "60"
    assert "Wait a minute" in answer.text


def test_guessing_at_codes_is_slowed(signed_in):
    add_app(signed_in)
    client = Client()
    sign_in(client, "nora")
    for _guess in range(5):
        client.post("/admin/login/code/", {"code": "000000"})
    answer = client.post("/admin/login/code/", {"code": "000000"})
    assert "Wait five minutes" in answer.text and not is_in(client)
    assert acts(Kind.FAIL_TO_SIGN_IN)[0] == ("nora", {"factor": "authenticator app"})


def test_a_passkey_that_is_refused_is_logged_with_whose_it_had_to_be_if_that_is_known(signed_in):
    add_app(signed_in)
    client = Client()
    form = {"credential": '{"id": "AAAA"}'}
    client.post("/admin/login/passkey/", form)
    sign_in(client, "nora")
    client.post("/admin/login/code/", form)
    assert not is_in(client)
    failed = {"factor": "passkey"}
    assert acts(Kind.FAIL_TO_SIGN_IN) == [("", failed), ("nora", failed)]


def encoded(words):
    return base64.urlsafe_b64encode(words).rstrip(b"=").decode()


# What a browser sends of a passkey but for what one of its parts is.
PASSKEY = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {
        "clientDataJSON": encoded(b'{"type": "webauthn.get", "challenge": "A", "origin": 2}'),
        "authenticatorData": encoded(bytes(37)),
        "signature": "AAAA",
        "userHandle": encoded(b"1"),
        "attestationObject": encoded(b"\xa0"),
    },
}
NO_PASSKEYS = {
    "no JSON": "{",
    "endless": "[" * 50_000,
    "a long number": "1" * 5000,
    "a number": "1",
    "a list": "[1]",
    "nothing in it": "{}",
    "parts that are numbers": json.dumps(dict.fromkeys(PASSKEY, 1)),
    "an odd origin": json.dumps(PASSKEY),
    "broken off": json.dumps(
        PASSKEY
        | {
            "response": PASSKEY["response"]
            | {"authenticatorData": encoded(b"A" * 60), "attestationObject": encoded(b"\xbf")}
        }
    ),
    "too long": json.dumps(PASSKEY | {"more": "A" * 70_000}),
}


@pytest.mark.parametrize("sent", NO_PASSKEYS.values(), ids=NO_PASSKEYS)
def test_what_is_no_passkey_is_refused_like_a_wrong_one(signed_in, sent):
    add_app(signed_in)
    client = Client()
    client.get("/admin/login/passkey/", headers={"X-Requested-With": "XMLHttpRequest"})
    sent = {"credential": sent}
    answer = client.post("/admin/login/passkey/", sent, follow=True)
    assert "This passkey was not accepted" in answer.text
    sign_in(client, "nora")
    answer = client.post("/admin/login/code/", sent)
    assert "This passkey was not accepted" in answer.text and not is_in(client)
    adding = f"{ACCOUNT}passkeys/add/"
    signed_in.get(adding)
    answer = signed_in.post(adding, sent | {"name": "Key"})
    assert "This passkey was not accepted" in answer.text
    assert not Authenticator.objects.filter(type="webauthn").exists()


# Second factors


def test_an_authenticator_app_is_set_up_and_asked_for_from_then_on(signed_in, nora):
    used = []
    secret = add_app(signed_in, used)
    codes = re.findall(r"<li>(\d{8})</li>", signed_in.get(f"{ACCOUNT}recovery-codes/").text)
    assert len(codes) == 10
    added = {details["factor"] for _subject, details in acts(Kind.ADD_SECOND_FACTOR)}
    assert added == {"authenticator app", "recovery codes"}
    client = Client()
    asked = sign_in(client, "nora", next="/admin/articles/tag/")
    assert asked.request["PATH_INFO"] == "/admin/login/code/" and not is_in(client)
    assert 'autocomplete="one-time-code"' in asked.text and 'inputmode="numeric"' in asked.text
    assert "not right" in client.post("/admin/login/code/", {"code": "12"}).text
    client.post("/admin/login/code/", {"code": used[0]})
    assert not is_in(client), "the code that the app was set up with has counted"
    following = code(secret, 1)
    answer = client.post("/admin/login/code/", {"code": following})
    assert answer.url == "/admin/articles/tag/" and is_in(client)
    assert acts(Kind.SIGN_IN)[-1] == ("nora", {"factor": "authenticator app"})
    again = Client()
    sign_in(again, "nora")
    again.post("/admin/login/code/", {"code": following})
    assert not is_in(again), "a code counts once"
    for expected in (True, False):
        with_codes = Client()
        sign_in(with_codes, "nora")
        with_codes.post("/admin/login/code/", {"code": codes[0]})
        assert is_in(with_codes) is expected, "a recovery code counts once"


def test_a_copy_of_the_database_holds_no_secret_of_a_second_factor(signed_in, settings):
    secret = add_app(signed_in)
    codes = re.findall(r"<li>(\d{8})</li>", signed_in.get(f"{ACCOUNT}recovery-codes/").text)
    stored = str([factor.data for factor in Authenticator.objects.all()])
    assert secret not in stored and codes[0] not in stored
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-than-before-" * 3
    client = Client()
    sign_in(client, "nora")
    answer = client.post("/admin/login/code/", {"code": code(secret)})
    assert answer.status_code == 409 and "secret key is another one" in answer.text
    settings.SECRET_KEY_FALLBACKS = [key]
    assert client.post("/admin/login/code/", {"code": code(secret, 1)}).status_code == 302


def test_what_changes_how_one_signs_in_asks_who_one_is_unless_one_has_just_come_in(signed_in):
    assert signed_in.get(f"{ACCOUNT}app/").status_code == 200
    session = signed_in.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    pages = ("app/", "passkeys/add/", "recovery-codes/new/")
    for page in pages:
        asked = signed_in.get(f"{ACCOUNT}{page}")
        assert (
            asked.url == f"{ACCOUNT}confirm/?next=%2Fadmin%2Faccount%2F{page.replace('/', '%2F')}"
        )
    assert "not your password" in signed_in.post(asked.url, {"password": "guess"}).text
    answer = signed_in.post(f"{ACCOUNT}confirm/", {"password": PASSWORD, "next": f"{ACCOUNT}app/"})
    assert answer.url == f"{ACCOUNT}app/"
    add_app(signed_in)
    session = signed_in.session
    session["account_authentication_methods"] = []
    session.save()
    # From then on the password alone does not confirm it.
    assert "/confirm/code/" in signed_in.get(f"{ACCOUNT}app/remove/").url
    assert "/confirm/code/" in signed_in.get(f"{ACCOUNT}confirm/").url


def test_a_second_factor_is_removed_with_its_recovery_codes_and_that_is_logged(signed_in):
    add_app(signed_in)
    signed_in.post(f"{ACCOUNT}app/remove/")
    assert not Authenticator.objects.exists()
    removed = [details["factor"] for _subject, details in acts(Kind.REMOVE_SECOND_FACTOR)]
    assert removed == ["authenticator app", "recovery codes"]


# A second factor that a role asks for


def ask_of(client, role, must=True):
    """Have an administrator say on the role's page whether it needs a second factor."""
    group = Group.objects.get(name=role)
    form = {"name": role, "permissions": [each.pk for each in group.permissions.all()]}
    if must:
        form["must_have_second_factor"] = "on"
    answer = client.post(GROUP.format(group.pk), form)
    assert answer.status_code == 302
    return group


def test_an_administrator_asks_a_second_factor_of_a_role_and_no_longer(client):
    client.force_login(make_person("boss", "Administrator"))
    group = ask_of(client, "Editor")
    assert RequiredSecondFactor.objects.get().role == group
    assert (
        'name="must_have_second_factor" id="id_must_have_second_factor" aria'
        in (page := client.get(f"/admin/auth/group/{group.pk}/change/").text)
        or "must_have_second_factor" in page
    )
    ask_of(client, "Editor")
    ask_of(client, "Editor", must=False)
    assert not RequiredSecondFactor.objects.exists()
    changed = [details["changed"] for _subject, details in acts(Kind.CHANGE_ROLE)]
    assert changed == [["second factor required: True"], ["second factor required: False"]]


def test_whoever_must_have_a_second_factor_gets_no_further_without_one(signed_in, client, nora):
    article = make_article(created_by=nora)
    assert is_in(signed_in)
    RequiredSecondFactor.objects.create(role=Group.objects.get(name="Editor"))
    # Also who was in before.
    for path in (
        "/admin/",
        article.get_absolute_url(),
        "/admin/jsi18n/",
        "/admin/password_change/",
    ):
        led = signed_in.get(path, follow=True)
        assert led.request["PATH_INFO"] == f"{ACCOUNT}first/", path
        assert "second factor" in led.text
    assert signed_in.get("/as-it-was/", follow=True).request["PATH_INFO"] == f"{ACCOUNT}first/"
    keep = signed_in.post("/admin/articles/article/keep/", {"user": nora.pk})
    assert keep.status_code == 401
    answer = sign_in(client, "nora", next="/admin/articles/tag/")
    assert answer.request["PATH_INFO"] == f"{ACCOUNT}first/"
    add_app(client)
    assert is_in(client) and is_in(signed_in)
    # And again when it is gone.
    client.post(f"{ACCOUNT}app/remove/")
    assert not is_in(client)


def test_whoever_needs_no_second_factor_is_led_on_whatever_they_wanted_is_called(signed_in):
    for wanted in ("/admin/articles/tag/", "admin", "1e9"):
        answer = signed_in.get(f"{ACCOUNT}first/", {"next": wanted})
        assert (answer.status_code, answer["Location"]) == (302, wanted)
    assert signed_in.get(f"{ACCOUNT}first/?next=//evil.example/")["Location"] == "/admin/"


def test_a_role_that_asks_for_nothing_is_let_in_and_superusers_are_asked_with_any(client, ann):
    RequiredSecondFactor.objects.create(role=Group.objects.get(name="Administrator"))
    client.force_login(make_person("rita", "Reporter"))
    assert is_in(client)
    client.force_login(ann)
    assert not is_in(client)


def test_a_lost_second_factor_is_reset_by_a_command_which_is_logged(signed_in, nora):
    add_app(signed_in)
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_sign_in", "nobody")
    call_command("reset_sign_in", "nora")
    assert not Authenticator.objects.exists() and not is_in(signed_in)
    (subject, details), *_others = acts(Kind.RESET_SECOND_FACTORS)
    assert subject == "nora" and details["factor"] == ["authenticator app", "recovery codes"]
    assert acts(Kind.END_SESSIONS)[0][1]["sessions"] == 1
    client = Client()
    sign_in(client, "nora")
    assert is_in(client)


# Sessions


def test_ones_own_sessions_are_listed_and_ended(signed_in, nora):
    phone = Client(HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Safari/537.36")
    sign_in(phone, "nora")
    page = signed_in.get(f"{ACCOUNT}sessions/").text
    assert "Chrome on Android" in page and "127.0.0.1" in page
    other = UserSession.objects.get(session_key=phone.session.session_key)
    signed_in.post(f"{ACCOUNT}sessions/", {"session": other.pk})
    assert not is_in(phone) and is_in(signed_in)
    assert acts(Kind.END_SESSIONS) == [("nora", {"sessions": 1})]
    for _other in range(2):
        sign_in(Client(), "nora")
    signed_in.post(f"{ACCOUNT}sessions/", {"session": "others"})
    assert UserSession.objects.count() == 1 and is_in(signed_in)


@pytest.mark.parametrize("ended", [1, 40])
def test_the_list_of_sessions_asks_as_much_however_many_have_ended(
    signed_in, nora, ended, django_assert_num_queries
):
    for number in range(ended):
        for key in (f"gone{number}", f"expired{number}"):
            UserSession.objects.create(user=nora, session_key=key, ip="127.0.0.2")
        Session.objects.create(session_key=f"expired{number}", expire_date=timezone.now())
    with django_assert_num_queries(9):
        page = signed_in.get(f"{ACCOUNT}sessions/").text
    assert "127.0.0.1" in page and "127.0.0.2" not in page
    assert UserSession.objects.get().user == nora


def test_nobody_ends_anothers_session_by_its_number(signed_in):
    other = Client()
    make_person("omar", password=PASSWORD)
    sign_in(other, "omar")
    signed_in.post(
        f"{ACCOUNT}sessions/", {"session": UserSession.objects.get(user__username="omar").pk}
    )
    assert is_in(other)


def test_an_administrator_sees_and_ends_anybodys_sessions_and_lost_factors(signed_in, nora):
    add_app(signed_in)
    make_person("boss", "Administrator", password=PASSWORD)
    client = Client()
    sign_in(client, "boss")
    assert (
        f"/admin/auth/user/{nora.pk}/sign-in/"
        in client.get(f"/admin/auth/user/{nora.pk}/change/").text
    )
    page = client.get(f"/admin/auth/user/{nora.pk}/sign-in/").text
    assert "Authenticator app" in page and "127.0.0.1" in page
    client.post(f"/admin/auth/user/{nora.pk}/sign-in/", {"session": "all"})
    assert not is_in(signed_in) and Authenticator.objects.exists()
    sign_in(signed_in, "nora")
    client.post(f"/admin/auth/user/{nora.pk}/sign-in/", {"remove_factors": "1"})
    assert not Authenticator.objects.exists() and is_in(client)
    logged = LoggedAct.objects.filter(kind__in=[Kind.END_SESSIONS, Kind.RESET_SECOND_FACTORS])
    assert {act.who for act in logged} == {"boss"} and logged.count() == 2


def test_an_administrator_does_not_take_a_superusers_second_factor(client, ann):
    client.force_login(make_person("boss", "Administrator"))
    assert client.get(f"/admin/auth/user/{ann.pk}/sign-in/").status_code == 403
    assert client.post(f"/admin/auth/user/{ann.pk}/sign-in/").status_code == 403


def account_form(person, **fields):
    return {
        "username": person.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
        **fields,
    }


def test_an_administrator_makes_nobody_a_superuser_and_changes_no_superusers_account(client, ann):
    boss = make_person("boss", "Administrator", password=PASSWORD)
    sign_in(client, "boss")
    own, of_ann = (f"/admin/auth/user/{person.pk}/" for person in (boss, ann))
    role = Group.objects.get(name="Administrator").pk
    form = account_form(boss, is_superuser="on", first_name="Bo", groups=[role])
    assert client.post(f"{own}change/", form).status_code == 302
    boss.refresh_from_db()
    assert boss.first_name == "Bo" and not boss.is_superuser
    password = ann.password
    new = {
        "usable_password": "true",
        "password1": "a-quite-new-one",
        "password2": "a-quite-new-one",
    }
    for address, form in {
        f"{of_ann}password/": new,
        f"{of_ann}change/": account_form(ann, username="gone"),
        f"{of_ann}delete/": {"post": "yes"},
        "/admin/auth/user/": {
            "action": "delete_selected",
            "_selected_action": ann.pk,
            "post": "yes",
        },
    }.items():
        assert client.post(address, form).status_code == 403, address
    ann.refresh_from_db()
    assert (ann.username, ann.password, ann.is_active) == ("ann", password, True)
    assert client.get(f"{of_ann}change/").status_code == 200


def test_an_administrator_hands_out_each_role_there_is(client, nora):
    sign_in(client, make_person("boss", "Administrator", password=PASSWORD).username)
    roles = list(Group.objects.values_list("pk", flat=True))
    address = f"/admin/auth/user/{nora.pk}/"
    assert client.post(f"{address}change/", account_form(nora, groups=roles)).status_code == 302
    assert nora.groups.count() == len(roles)


def test_nobody_hands_out_rights_that_they_do_not_have(client, nora):
    clerk = make_person("clerk", password=PASSWORD)
    clerk.user_permissions.set(
        Permission.objects.filter(content_type__app_label="auth", codename__contains="user")
        | Permission.objects.filter(codename="change_group")
    )
    publish = Permission.objects.get(codename="publish_article")
    view = Permission.objects.get(codename="view_user")
    editors, helpers = Group.objects.get(name="Editor"), Group.objects.create(name="Helpers")
    helpers.permissions.set([view])
    newcomer = make_person("newcomer")
    sign_in(client, "clerk")
    address = f"/admin/auth/user/{newcomer.pk}/change/"
    for rights in ({"user_permissions": [publish.pk]}, {"groups": [editors.pk]}):
        assert client.post(address, account_form(newcomer, **rights)).status_code == 200
    form = account_form(newcomer, groups=[helpers.pk], user_permissions=[view.pk])
    assert client.post(address, form).status_code == 302
    held = newcomer.get_all_permissions()
    assert held == {"auth.view_user"}
    # Nor through a role, nor by being somebody who has them, active or not.
    form = {"name": "Helpers", "permissions": [view.pk, publish.pk]}
    assert client.post(GROUP.format(helpers.pk), form).status_code == 200
    assert list(helpers.permissions.all()) == [view]
    nora.is_active = False
    nora.save()
    new = {
        "usable_password": "true",
        "password1": "a-quite-new-one",
        "password2": "a-quite-new-one",
    }
    assert client.post(f"/admin/auth/user/{nora.pk}/password/", new).status_code == 403
    # What a role has already stays when they rename it.
    helpers.permissions.add(publish)
    form = {"name": "Night desk", "permissions": [view.pk, publish.pk]}
    assert client.post(GROUP.format(helpers.pk), form).status_code == 302
    assert set(helpers.permissions.all()) == {view, publish}


def test_a_new_password_ends_ones_other_sessions(signed_in, nora):
    other = Client()
    sign_in(other, "nora")
    form = {"oldpassword": "wrong", "password1": "a-quite-new-one", "password2": "a-quite-new-one"}
    assert "not your present password" in signed_in.post("/admin/password_change/", form).text
    signed_in.post("/admin/password_change/", form | {"oldpassword": PASSWORD})
    assert is_in(signed_in) and not is_in(other)
    assert acts(Kind.CHANGE_PASSWORD) == [("nora", {})]
    nora.refresh_from_db()
    assert nora.check_password("a-quite-new-one")


def test_setting_anothers_password_asks_who_one_is(client, nora):
    client.force_login(make_person("boss", "Administrator", password=PASSWORD))
    address = f"/admin/auth/user/{nora.pk}/password/"
    form = {"usable_password": "true", "password1": "a-quite-new-one"}
    for answer in (client.get(address), client.post(address, form)):
        assert answer.url.startswith(f"{ACCOUNT}confirm/?next=")
    assert "a-quite-new-one" not in str(dict(client.session))


# The admin


def test_what_only_the_library_needs_is_not_in_the_admin(client, ann):
    client.force_login(ann)
    index = client.get("/admin/").text
    for path in ("mfa/authenticator/", "account/emailaddress/", "usersessions/usersession/"):
        assert path not in index and client.get(f"/admin/{path}").status_code == 404
    group = Group.objects.get(name="Editor")
    offered = client.get(GROUP.format(group.pk)).text
    hidden = Permission.objects.get(codename="view_authenticator")
    assert f'<option value="{hidden.pk}"' not in offered
    assert "Second factor" in client.get("/admin/auth/user/").text
