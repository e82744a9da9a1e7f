"""A passkey, added and signed in with as a person does, in a Chromium that has a key of its own."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.factories import make_person

pytestmark = [pytest.mark.looks, pytest.mark.django_db]
PASSWORD = "correct-horse-battery"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_signed_in_with_and_one_that_fails_says_so(page, live_server):
    make_person("nora", "Editor", password=PASSWORD)
    here = live_server.url
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{here}/admin/")
    page.fill("#id_login", "nora")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url(f"{here}/admin/")
    page.goto(f"{here}/admin/account/passkeys/add/")
    page.click("#passkey-add")
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.goto(f"{here}/admin/account/app/")
    assert page.locator(".qr").evaluate("picture => picture.naturalWidth") > 100
    page.context.clear_cookies()
    page.goto(f"{here}/admin/articles/tag/")
    page.click("#passkey-login")
    page.wait_for_url(f"{here}/admin/articles/tag/")
    # As the second factor, behind the password.
    page.context.clear_cookies()
    page.goto(f"{here}/admin/")
    page.fill("#id_login", "nora")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.click("#passkey-authenticate")
    page.wait_for_url(f"{here}/admin/")
    page.goto(f"{here}/admin/account/")
    page.click("text=Rename")
    page.fill("#id_name", "Nora’s key")
    page.press("#id_name", "Enter")
    expect(page.locator("#content")).to_contain_text("Passkey “Nora’s key”")
    # An hour later it is asked for once more.
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        for record in session.get("account_authentication_methods", []):
            record["at"] -= 3600
        session.save()
    page.goto(f"{here}/admin/account/")
    page.click("text=Remove")
    # Some other device's, which the page's own scripts would not send.
    page.locator("form:has(#passkey-confirm)").evaluate(
        "form => { form.credential.value = '{}'; form.submit() }"
    )
    expect(page.locator(".messagelist")).to_contain_text("This passkey was not accepted")
    page.goto(f"{here}/admin/account/")
    page.click("text=Remove")
    press_before_its_script_comes(page, page.url)
    page.click("#passkey-confirm")
    expect(page.locator("#content")).to_contain_text("no longer signs you in")
    page.click(".account-buttons button")
    expect(page.locator("#content")).to_contain_text("Passkeys: none yet")
    devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key["authenticatorId"]})
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.context.clear_cookies()
    page.goto(f"{here}/admin/")
    page.click("#passkey-login")
    expect(page.locator(".passkey-words")).to_contain_text("The passkey was not used")


def test_where_passkeys_cannot_work_the_page_says_so_and_leads_to_where_they_do(page, live_server):
    here = live_server.url
    page.goto(f"{here.replace('localhost', '127.0.0.1')}/admin/login/")
    expect(page.locator("#passkey-login")).to_be_disabled()
    expect(page.locator(".passkey-words a")).to_have_attribute("href", f"{here}/admin/login/")


def test_a_button_pressed_before_its_script_has_come_sends_no_empty_passkey(page, live_server):
    press_before_its_script_comes(page, f"{live_server.url}/admin/login/")
    page.click("#passkey-login")
    expect(page.locator(".passkey-words")).to_contain_text("The passkey was not used")


def press_before_its_script_comes(page, address):
    """Open a page and press its button for a passkey as on a slow line: no form is sent."""
    held, sent = [], []
    page.on("request", lambda request: sent.append(request.method))
    page.route("**/webauthn.js", lambda route: held.append(route), times=1)
    with page.expect_request("**/webauthn.js"):
        page.goto(address, wait_until="commit")
    page.locator(".passkey-button").dispatch_event("click")
    held.pop().continue_()
    page.wait_for_load_state()
    assert "POST" not in sent and page.url == address
