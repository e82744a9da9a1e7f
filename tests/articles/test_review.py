"""How a story goes from the reporter to the editor and back."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from articles import publishing, review
from articles.models import Stage
from tests.articles.test_desk import ADD, form_of
from tests.factories import change, make_article, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(rea):
    return make_article(created_by=rea)


def press(client, person, story, move, **form):
    """Make a move by its page; return the page that follows."""
    client.force_login(person)
    page = f"/admin/articles/article/{story.pk}/{move}/"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(page).content.decode())[1]
    answer = client.post(page, {"seen": seen, **form}, follow=True).content.decode()
    story.refresh_from_db()
    return answer


def test_a_story_goes_to_the_editor_and_back_and_on(client, story, rea, edda):
    page = press(client, rea, story, "hand_in", assignee=edda.pk, note="Check the figures.")
    assert "Handed in to edda." in page
    assert "In review by edda: handed in by rea" in page and "“Check the figures.”" in page
    assert (story.stage, story.assignee) == (Stage.IN_REVIEW, edda)
    page = press(client, edda, story, "send_back", note="Which figures?")
    assert "Sent back to rea." in page and "“Which figures?”" in page
    assert (story.stage, story.assignee) == (Stage.DRAFTING, rea)
    press(client, rea, story, "hand_in")
    assert (story.stage, story.assignee) == (Stage.IN_REVIEW, None)
    assert "Ready, says edda" in press(client, edda, story, "mark_ready")
    assert (story.stage, story.assignee) == (Stage.READY, None)
    assert [each.stage for each in story.handovers.all()] == [
        Stage.IN_REVIEW,
        Stage.DRAFTING,
        Stage.IN_REVIEW,
        Stage.READY,
    ]


def test_a_new_story_is_saved_and_handed_in_with_one_button(client, rea):
    client.force_login(rea)
    answer = client.post(ADD, form_of(headline="Tide", _hand_in="1"), follow=True)
    assert answer.request["PATH_INFO"].endswith("/hand_in/")


def test_sending_back_takes_a_note(client, story, rea, edda):
    review.hand_in(story, by=rea)
    assert "This field is required." in press(client, edda, story, "send_back", note="  ")
    assert story.stage == Stage.IN_REVIEW
    with pytest.raises(publishing.Refused, match="Say what is to be done"):
        review.send_back(story, " ", by=edda)


def test_it_goes_back_to_who_handed_it_in_however_often_it_was_passed_on(story, rea, edda):
    ben = make_person("ben", "Reporter")
    review.hand_in(story, by=ben)
    review.hand_in(story, by=edda, assignee=make_person("ed", "Editor"))
    review.mark_ready(story, by=edda)
    assert review.send_back(story, "One more thing.", by=edda).assignee == ben


def test_moves_that_do_not_apply_are_refused_in_plain_words(story, rea, edda):
    with pytest.raises(publishing.Refused, match="nothing to send back"):
        review.send_back(story, "Again.", by=edda)
    review.hand_in(story, by=rea, assignee=edda)
    with pytest.raises(publishing.Refused, match="in review by edda already"):
        review.hand_in(story, by=rea, assignee=edda)
    review.mark_ready(story, by=edda)
    with pytest.raises(publishing.Refused, match="ready already"):
        review.mark_ready(story, by=edda)


def test_who_was_not_first_is_told_and_may_decide_again(client, story, rea, edda):
    review.hand_in(story, by=rea)
    client.force_login(edda)
    page = f"/admin/articles/article/{story.pk}/mark_ready/"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(page).content.decode())[1]
    review.send_back(story, "Figures.", by=make_person("ed", "Editor"))
    told = client.post(page, {"seen": seen, "note": "Fine"}).content.decode()
    assert "ed was here first: “Drafting”" in told and "Fine" in told
    story.refresh_from_db()
    assert story.stage == Stage.DRAFTING
    seen = re.search(r'name="seen" value="(\d+)"', told)[1]
    client.post(page, {"seen": seen, "note": "Fine"})
    story.refresh_from_db()
    assert story.stage == Stage.READY


def test_the_form_says_what_was_changed_since_it_was_ready(client, story, rea, edda):
    review.mark_ready(story, by=edda)
    client.force_login(rea)
    form = form_of(headline="Tide", body=story.body, section=story.section_id)
    page = client.post(story.get_absolute_url(), form | {"_continue": "1"}, follow=True)
    assert "Changed since by rea" in page.content.decode()


def test_publishing_and_scheduling_need_no_review_and_end_it(story, rea, edda):
    review.hand_in(story, by=rea, assignee=edda)
    publishing.publish(story, by=edda)
    story.refresh_from_db()
    assert (story.stage, story.assignee) == (Stage.DRAFTING, None)
    change(story, headline="Second")
    review.hand_in(story, by=rea)
    publishing.schedule(story, timezone.now() + timedelta(hours=1))
    story.refresh_from_db()
    assert story.stage == Stage.DRAFTING


def test_only_who_may_review_is_offered_to_review(client, story, rea, edda):
    client.force_login(rea)
    page = client.get(f"/admin/articles/article/{story.pk}/hand_in/").content.decode()
    assert re.findall(r"<option value=\"\d*\"[^>]*>([^<]+)", page) == ["Whoever has time", "edda"]


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    """Run what waits for the commit, as it would run outside a test."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_who_a_story_is_handed_to_gets_mail_that_leads_there(client, story, rea, edda, at_once):
    with at_once():
        press(client, rea, story, "hand_in", assignee=edda.pk, note="Check the figures.")
    (message,) = mail.outbox
    assert message.to == ["edda@example.org"]
    assert message.subject == f"rea handed in “{story}” for you to review."
    assert "Check the figures." in message.body
    assert f"http://testserver/admin/articles/article/{story.pk}/change/" in message.body
    with at_once():
        press(client, edda, story, "send_back", note="Which ones?")
    assert mail.outbox[1].to == ["rea@example.org"] and "Which ones?" in mail.outbox[1].body


def test_nobody_gets_mail_on_what_they_did_themselves(client, story, edda, at_once):
    with at_once():
        press(client, edda, story, "hand_in", assignee=edda.pk)
    assert story.assignee == edda and mail.outbox == []


class BrokenPost(BaseEmailBackend):
    def send_messages(self, messages):
        raise TimeoutError("the post office is closed")


def test_mail_that_cannot_be_sent_is_logged_and_stops_nothing(
    client, story, rea, edda, at_once, settings, caplog
):
    settings.EMAIL_BACKEND = f"{__name__}.BrokenPost"
    with at_once():
        page = press(client, rea, story, "hand_in", assignee=edda.pk)
    assert "Handed in to edda." in page and story.stage == Stage.IN_REVIEW
    assert "the post office is closed" in caplog.text
