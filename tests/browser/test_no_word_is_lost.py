"""Words outlive the tab, the browser, the server, the network and the session."""

import os
import re
import signal
import subprocess

import pytest
from django.contrib.sessions.models import Session
from PIL import Image as Pixels
from playwright.sync_api import expect

from articles import publishing
from articles.models import Article, Sitting
from tests.browser.conftest import sign_in
from tests.browser.server import Server
from tests.browser.test_desk_to_reader import EDITOR
from tests.factories import make_article, make_author, make_image
from tests.pictures import encoded

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-long-enough-password"
PHOTO = encoded(Pixels.new("RGB", (400, 400), "teal"), "PNG")
HEARTBEAT = 10_000  # milliseconds, as in static/desk/keeping.js
STATUS = "#keeping-status [data-state]"
OFFER = "section.offer"


@pytest.fixture
def server(db):
    """A server that can be killed; the tests that kill none have the live server instead."""
    server = Server()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def article():
    return make_article(headline="Tide", standfirst="It rises.", body="<p>One.</p>")


@pytest.fixture
def ann(ann):
    ann.set_password(PASSWORD)
    ann.save()
    return ann


@pytest.fixture
def context(chromium, request, ann):
    """A browser in which Ann is signed in."""
    name = "server" if "server" in request.fixturenames else "live_server"
    server = request.getfixturevalue(name)
    context = chromium.new_context(base_url=server.url)
    context.set_default_timeout(15_000)
    sign_in(context, server, ann)
    yield context
    context.close()


def open_story(context, article):
    page = context.new_page()
    page.goto(article.get_absolute_url())
    page.wait_for_selector(EDITOR)
    return page


def write(page, words):
    """Write into the body, behind what stands there, as a person does."""
    page.click(EDITOR)
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def is_saved(page):
    expect(page.locator(STATUS)).to_have_text(re.compile(r"^Saved \d+:\d\d$"))


def sign_in_beside(context, page):
    with context.expect_page() as beside:
        page.click("text=Sign in in another tab")
    beside.value.fill("#id_login", "ann")
    beside.value.fill("#id_password", PASSWORD)
    beside.value.click("[type=submit]")
    expect(beside.value.locator("#user-tools")).to_be_visible()
    page.bring_to_front()


def is_not_saved(page, why):
    expect(page.locator(STATUS)).to_contain_text("Not saved on the server")
    expect(page.locator(STATUS)).to_contain_text(why)


def test_the_tab_is_closed_and_the_words_are_offered_and_taken(context, article):
    page = open_story(context, article)
    write(page, " Two.")
    is_saved(page)
    page.close()
    page = open_story(context, article)
    expect(page.locator(OFFER)).to_contain_text("Two.")
    page.click("text=Take: save these words")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    expect(page.locator(OFFER)).to_have_count(0)
    article.refresh_from_db()
    assert article.body == "<p>One. Two.</p>"


@pytest.mark.looks
def test_the_tab_is_closed_on_the_last_key_and_the_words_are_there(context, article):
    page = open_story(context, article)
    write(page, " Two.")
    page.close(run_before_unload=True)
    page = open_story(context, article)
    expect(page.locator(OFFER)).to_contain_text("Two.")


@pytest.mark.looks
def test_the_browser_is_killed_without_a_network_and_the_words_are_there(
    chromium, live_server, ann, article, tmp_path
):
    def browser():
        context = chromium.browser_type.launch_persistent_context(
            tmp_path,
            executable_path=chromium.executable,
            args=["--no-sandbox", "--disable-gpu"],
            base_url=live_server.url,
        )
        context.set_default_timeout(15_000)
        sign_in(context, live_server, ann)
        return context

    context = browser()
    page = open_story(context, article)
    context.set_offline(True)
    write(page, " Two.")
    is_not_saved(page, "there is no connection.")
    subprocess.run(["pkill", "-KILL", "-f", str(tmp_path)], check=True)
    assert not Sitting.objects.filter(words__isnull=False).exists()
    context = browser()
    page = open_story(context, article)
    expect(page.locator(OFFER)).to_contain_text("Two.")
    context.close()


def test_the_server_is_killed_and_the_page_tells_the_truth_until_it_is_back(
    context, server, article
):
    page = open_story(context, article)
    write(page, " Two.")
    is_saved(page)
    server.kill()
    assert Sitting.objects.get(words__isnull=False).words["body"] == "<p>One. Two.</p>"
    write(page, " Three.")
    is_not_saved(page, "there is no connection.")
    page.click("[name=_continue]")
    expect(page.locator(STATUS)).to_contain_text("The button has done nothing yet.")
    server.start()
    is_saved(page)
    assert Sitting.objects.get(words__isnull=False).words["body"] == "<p>One. Two. Three.</p>"
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    article.refresh_from_db()
    assert article.body == "<p>One. Two. Three.</p>"


@pytest.mark.looks
def test_the_network_is_cut_and_comes_back(context, article):
    page = open_story(context, article)
    context.set_offline(True)
    write(page, " Two.")
    is_not_saved(page, "there is no connection.")
    write(page, " Three.")
    is_not_saved(page, "there is no connection.")
    context.set_offline(False)
    is_saved(page)
    assert Sitting.objects.get(words__isnull=False).words["body"] == "<p>One. Two. Three.</p>"


@pytest.mark.looks
def test_the_session_ends_and_writing_goes_on_after_signing_in_beside_it(context, article):
    page = open_story(context, article)
    Session.objects.all().delete()
    write(page, " Two.")
    is_not_saved(page, "you are signed out.")
    page.click("[name=_publish]")
    expect(page.locator(STATUS)).to_contain_text("The button has done nothing yet.")
    sign_in_beside(context, page)
    is_saved(page)
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    article.refresh_from_db()
    assert article.body == "<p>One. Two.</p>"


@pytest.mark.looks
def test_a_new_story_that_was_never_saved_is_offered_on_another_machine(
    context, chromium, live_server, ann
):
    page = context.new_page()
    page.goto("/admin/articles/article/add/")
    page.wait_for_selector(EDITOR)
    page.fill("#id_headline", "A whole new story")
    write(page, "Its words.")
    is_saved(page)
    other = chromium.new_context(base_url=live_server.url)
    sign_in(other, live_server, ann)
    page = other.new_page()
    page.goto("/admin/articles/article/add/")
    expect(page.locator(OFFER)).to_contain_text("Its words.")
    page.click("text=Take: save these words")
    expect(page.locator(".messagelist")).to_contain_text("added successfully")
    assert Article.objects.get().headline == "A whole new story"
    other.close()


@pytest.mark.looks
def test_two_tabs_of_one_person_see_each_other_until_one_is_closed(context, article):
    context.clock.install()
    first = open_story(context, article)
    second = open_story(context, article)
    presence = second.locator("#keeping-status [data-presence]")
    expect(presence).to_contain_text("another tab")
    with first.expect_event("close"):
        first.close(run_before_unload=True)
    for _heartbeat in range(5):
        with second.expect_response("**/keep/"):
            context.clock.fast_forward(HEARTBEAT)
        if not presence.inner_text():
            break
    expect(presence).to_have_text("")


def test_a_page_that_was_saved_and_goes_on_says_saved_only_when_it_is(context, ann, article):
    page = open_story(context, article)
    key = page.input_value("[name=sitting]")
    Sitting.objects.end(key, ann, article)
    write(page, " Two.")
    is_saved(page)
    sitting = Sitting.objects.get(words__isnull=False)
    assert str(sitting.key) != key and sitting.words["body"] == "<p>One. Two.</p>"


def test_a_button_that_is_pressed_twice_makes_one_story(context):
    page = context.new_page()
    page.goto("/admin/articles/article/add/")
    page.wait_for_selector(EDITOR)
    page.fill("#id_headline", "Once")
    with page.expect_navigation():
        page.dblclick("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("added successfully")
    assert Article.objects.count() == 1


def test_a_new_story_whose_answer_was_lost_is_one_story_after_it_was_typed_on(context):
    page = context.new_page()
    page.goto("/admin/articles/article/add/")
    page.wait_for_selector(EDITOR)
    page.fill("#id_headline", "Once")

    def lose_the_answer(route):
        assert route.fetch(max_redirects=0).status == 302
        route.fulfill(status=204)

    page.route("**/article/add/", lose_the_answer, times=1)
    page.click("[name=_continue]")
    expect(page.locator("#id_headline")).to_have_value("Once")
    page.wait_for_function("() => document.querySelector('[name=sitting]').value")
    page.fill("#id_headline", "Once more")
    is_saved(page)
    # The form takes a second press for the same one until it has waited for the answer.
    page.wait_for_timeout(5000)
    page.click("[name=_continue]")
    for part in ("headline", "slug"):
        page.check(f"[name=decide_{part}][value=mine]")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    assert Article.objects.get().headline == "Once more"


@pytest.mark.looks
def test_words_beyond_what_the_server_takes_are_called_unsaved_with_the_reason(context, article):
    page = open_story(context, article)
    write_standfirst = """words => {
        const standfirst = document.getElementById("id_standfirst")
        standfirst.value = words.repeat(1100000)
        standfirst.dispatchEvent(new Event("input", { bubbles: true }))
    }"""
    page.evaluate(write_standfirst, "Ten bytes.")
    page.click("[name=_continue]")
    is_not_saved(page, "the story is larger than the 10.0\u00a0MB that can be sent at once")
    expect(page.locator(STATUS)).to_contain_text("The button has done nothing yet.")
    page.fill("#id_standfirst", "It falls.")
    is_saved(page)
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    article.refresh_from_db()
    assert article.standfirst == "It falls."


# Has a page's requests wait for a twentieth of the time that they are given.
HASTE = """{
    const wait = AbortSignal.timeout
    AbortSignal.timeout = (time) => wait.call(AbortSignal, time / 20)
}"""


def test_a_long_story_is_saved_on_a_line_that_needs_half_a_minute_for_it(context, article):
    context.add_init_script(HASTE)
    page = open_story(context, article)
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 80_000}
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    page.fill("#id_standfirst", "It rises. " * 10_000)
    is_saved(page)


@pytest.mark.looks
def test_a_browser_whose_store_was_cleared_keeps_what_is_typed_from_then_on(context, article):
    page = open_story(context, article)
    write(page, " Two.")
    is_saved(page)
    place = {"origin": page.evaluate("origin"), "storageTypes": "indexeddb"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", place)
    context.set_offline(True)
    write(page, " Three.")
    is_not_saved(page, "It is kept in this browser")


@pytest.mark.looks
def test_a_browser_that_cannot_keep_words_says_so_and_asks_before_they_go(context, article):
    context.add_init_script("indexedDB.open = () => { throw new Error('no store') }")
    page = open_story(context, article)
    context.set_offline(True)
    write(page, " Two.")
    is_not_saved(page, "This browser cannot keep it either")
    # Who leaves by a link, a reload or the tab's cross is asked.
    leaves = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert not page.evaluate(leaves)
    context.set_offline(False)
    is_saved(page)
    assert page.evaluate(leaves)


# Presses Save and types on at once; resolves when the browser has those words, or after a while.
SAVE_AND_TYPE_ON = """async () => {
  const has = (database) => new Promise((resolve) => {
    const all = database.transaction("sittings").objectStore("sittings").getAll()
    all.onsuccess = () => resolve(JSON.stringify(all.result).includes("It falls again."))
  })
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("newsroom-desk")
    request.onsuccess = () => resolve(request.result)
  })
  document.querySelector("[name=_continue]").click()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const standfirst = document.getElementById("id_standfirst")
  standfirst.value = "It falls again."
  standfirst.dispatchEvent(new Event("input", { bubbles: true }))
  for (let times = 0; times < 30 && !(await has(database)); times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}"""


def test_what_is_typed_while_a_slow_server_saves_is_offered_afterwards(context, server, article):
    page = open_story(context, article)
    page.fill("#id_standfirst", "It falls.")
    is_saved(page)
    os.killpg(server.process.pid, signal.SIGSTOP)
    page.evaluate(SAVE_AND_TYPE_ON)
    os.killpg(server.process.pid, signal.SIGCONT)
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    expect(page.locator(OFFER)).to_contain_text("again")
    article.refresh_from_db()
    assert article.standfirst == "It falls."


@pytest.mark.looks
def test_going_back_after_a_save_shows_no_older_words_as_if_they_were_new(context, article):
    page = open_story(context, article)
    for standfirst in ("It falls.", "It falls again."):
        page.fill("#id_standfirst", standfirst)
        with page.expect_navigation():
            page.click("[name=_continue]")
        page.wait_for_selector(EDITOR)
    page.go_back()
    page.wait_for_selector(EDITOR)
    expect(page.locator("#id_standfirst")).to_have_value("It falls again.")
    page.go_back()
    page.wait_for_selector(EDITOR)
    expect(page.locator("#id_standfirst")).to_have_value("It falls again.")


@pytest.mark.looks
def test_what_is_typed_while_the_browser_forgets_earlier_words_stays_in_it(context, article):
    page = open_story(context, article)
    page.evaluate(
        """() => {
          const get = IDBObjectStore.prototype.get
          IDBObjectStore.prototype.get = function (key) {
            IDBObjectStore.prototype.get = get
            const request = get.call(this, key)
            const standfirst = document.getElementById("id_standfirst")
            window.fetch = () => Promise.reject(new Error("cut"))
            navigator.sendBeacon = () => false
            standfirst.value = "It falls again."
            standfirst.dispatchEvent(new Event("input", { bubbles: true }))
            return request
          }
        }"""
    )
    page.fill("#id_standfirst", "It falls.")
    is_not_saved(page, "there is no connection.")
    page.close()
    page = open_story(context, article)
    expect(page.locator(OFFER)).to_contain_text("again")


def test_a_form_that_was_held_back_while_the_server_was_asked_asks_again(desk):
    image = make_image()
    publishing.publish(make_article(lead_image=image))
    page = desk
    page.goto(f"/admin/articles/image/{image.pk}/change/")
    asked = []
    page.on("request", lambda request: request.method == "HEAD" and asked.append(request.url))
    page.evaluate("""() => {
        const ask = window.fetch
        window.fetch = async (...what) => {
            const answer = await ask(...what)
            await new Promise((resolve) => (window.goOn = resolve))
            return answer
        }
    }""")
    answer_comes = """async () => {
        for (let frame = 0; frame < 300 && !window.goOn; frame++) {
            await new Promise(requestAnimationFrame)
        }
        window.goOn()
        window.goOn = null
    }"""
    page.click("[name=_continue]")
    # Live stories show it: this has to be agreed to.
    page.set_input_files("#id_file", {"name": "a.png", "mimeType": "image/png", "buffer": PHOTO})
    page.evaluate(answer_comes)
    expect(page.locator("#id_replace_live")).to_be_focused()
    page.check("#id_replace_live")
    page.click("[name=_continue]")
    page.evaluate(answer_comes)
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    assert len(asked) == 2


def test_other_forms_of_the_desk_keep_what_is_typed_until_it_can_be_sent(context, server):
    author = make_author(bio="She dives.")
    page = context.new_page()
    page.goto(f"/admin/authors/author/{author.pk}/change/")
    page.set_input_files("#id_photo", {"name": "a.png", "mimeType": "image/png", "buffer": PHOTO})
    page.fill("#id_bio", "She sails.")

    def is_held(why):
        page.click("[name=_continue]")
        expect(page.locator(".not-sent")).to_contain_text(f"Nothing was sent: {why}")
        expect(page.locator("#id_bio")).to_have_value("She sails.")

    context.set_offline(True)
    is_held("there is no connection.")
    context.set_offline(False)
    server.kill()
    is_held("there is no connection.")
    server.start()
    Session.objects.all().delete()
    is_held("you are signed out.")
    sign_in_beside(context, page)
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    author.refresh_from_db()
    assert author.bio == "She sails." and author.photo


def test_lists_and_old_editions_stay_until_what_is_asked_of_them_can_be_sent(context, article):
    publishing.publish(article)
    author = make_author()
    page = context.new_page()

    def is_held_until_it_can_be_sent(button):
        context.set_offline(True)
        page.click(button)
        expect(page.locator(".not-sent")).to_be_in_viewport()
        expect(page.locator(".not-sent")).to_contain_text("there is no connection.")
        context.set_offline(False)
        with page.expect_navigation():
            page.click(button)

    page.goto("/admin/authors/author/")
    page.check(f".action-select[value='{author.pk}']")
    page.select_option("[name=action]", "delete_selected")
    is_held_until_it_can_be_sent(".actions button")
    is_held_until_it_can_be_sent("#content [type=submit]")
    expect(page.locator(".messagelist")).to_contain_text("Successfully deleted")
    page.goto(f"/admin/articles/article/{article.pk}/history/")
    is_held_until_it_can_be_sent("[form=restore]")


def test_what_has_no_answer_yet_is_sent_a_second_time_only_if_that_is_meant(context):
    context.clock.install()
    page = context.new_page()
    page.goto("/admin/authors/author/add/")
    page.fill("#id_name", "Ada Once")
    sent, means_it = [], iter([False, True])
    page.route("**/author/add/", lambda route: route.fulfill(status=204))
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.on("dialog", lambda question: question.accept() if next(means_it) else question.dismiss())
    with page.expect_request("**/author/add/"):
        page.dblclick("[name=_save]")
    context.clock.fast_forward(6000)
    page.click("[name=_save]")
    with page.expect_request("**/author/add/"):
        page.click("[name=_save]")
    assert len(sent) == 2 and not [*means_it]
