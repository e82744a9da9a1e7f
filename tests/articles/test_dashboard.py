"""The admin's first page."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing, review
from articles.models import Sitting
from tests.factories import change, make_article, make_author, make_person

pytestmark = pytest.mark.django_db


def panels(client, person):
    """Return the dashboard as {heading: [(headline, address, all words)]}."""
    client.force_login(person)
    page = client.get("/admin/").content.decode()
    found = {}
    for section in re.findall(r"<section.*?</section>", page, re.S):
        heading = re.search(r"<h2>([^<]+)", section)[1].strip()
        found[heading] = [
            (
                *reversed(re.search(r'<a href="([^"]+)">([^<]+)', line).groups()),
                unescape(" ".join(re.sub(r"<[^>]+>", " ", line).split())),
            )
            for line in re.findall(r"<li>.*?</li>", section, re.S)
        ]
    return found


def headlines(panel):
    return [headline for headline, _address, _words in panel]


def test_each_story_stands_where_its_people_look_for_it(client, rea, edda):
    author = make_author(user=rea)
    begun = make_article(created_by=rea, headline="Begun")
    make_article(authors=[author], headline="Written")
    review.hand_in(begun, by=rea, assignee=edda, note="Check the figures.")
    embargoed = make_article(headline="Kept", embargoed_until=timezone.now() + timedelta(hours=3))
    scheduled = make_article(headline="Next")
    publishing.schedule(scheduled, timezone.now() + timedelta(days=2), by=edda)
    live = make_article(headline="Out")
    publishing.publish(live, by=edda)
    changed = make_article(headline="Differs")
    publishing.publish(changed)
    change(changed, headline="Differs by now", changed_by=edda)
    gone = make_article(headline="Gone")
    publishing.publish(gone)
    publishing.withdraw(gone, "It was wrong.", by=edda)
    back = make_article(headline="Back")
    publishing.publish(back)
    publishing.withdraw(back, "Too early.")
    change(back, headline="Back again")
    publishing.publish(back)

    shown = panels(client, edda)
    (waiting,) = shown["Waiting for you"]
    assert waiting[:2] == ("Begun", begun.get_absolute_url())
    assert "from rea" in waiting[2] and "“Check the figures.”" in waiting[2]
    assert headlines(shown["In review"]) == ["Begun"]
    assert "with edda" in shown["In review"][0][2]
    assert headlines(shown["Under embargo"]) == [embargoed.headline]
    assert headlines(shown["Scheduled"]) == ["Next"]
    assert headlines(shown["Live today"]) == ["Back again", "Differs", "Out"]
    assert headlines(shown["Changed since published"]) == ["Differs by now"]
    assert headlines(shown["Recently withdrawn"]) == ["Gone"]
    assert "It was wrong." in shown["Recently withdrawn"][0][2]
    assert shown["Yours"] == []

    shown = panels(client, rea)
    assert headlines(shown["Yours"]) == ["Written", "Begun"]
    assert "Draft · In review" in shown["Yours"][1][2]
    assert headlines(shown["In review"]) == ["Begun"]
    assert shown["Waiting for you"] == shown["Scheduled"] == shown["Under embargo"] == []
    assert "Words of yours that are kept but not saved" not in shown
    review.send_back(begun, "Which figures?", by=edda)
    (waiting,) = panels(client, rea)["Waiting for you"]
    assert "from edda" in waiting[2] and "“Which figures?”" in waiting[2]


def test_what_is_scheduled_stands_day_by_day(client, edda):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    for headline, days in (("Third", 3), ("First", 2), ("Second", 2)):
        moment = noon + timedelta(days=days, minutes=headline == "Second")
        publishing.schedule(make_article(headline=headline), moment)
    words = [words for _headline, _address, words in panels(client, edda)["Scheduled"]]
    days = [f"{noon + timedelta(days=days):%A}" for days in (2, 3)]
    assert [words[0].startswith(days[0]), words[2].startswith(days[1])] == [True, True]
    assert words[1].startswith("Second 12:01")


def test_words_that_are_kept_but_not_saved_are_offered_to_who_typed_them(client, rea, edda):
    story = make_article(created_by=rea)
    for article, headline in ((story, "Typed since"), (None, "Never saved")):
        Sitting.objects.create(
            key=uuid.uuid4(),
            user=rea,
            article=article,
            words={"headline": headline},
            kept_at=timezone.now(),
            seen_at=timezone.now(),
        )
    kept = panels(client, rea)["Words of yours that are kept but not saved"]
    assert {each[:2] for each in kept} == {
        ("Typed since", story.get_absolute_url()),
        ("Never saved", "/admin/articles/article/add/"),
    }
    assert "Words of yours that are kept but not saved" not in panels(client, edda)


def test_a_new_story_is_one_click_away_and_a_profile_manager_has_authors_alone(client, rea):
    client.force_login(rea)
    assert re.search(
        r'<a class="button default" href="/admin/articles/article/add/">',
        client.get("/admin/").content.decode(),
    )
    pia = make_person("pia", "Profile manager")
    assert panels(client, pia) == {}
    page = client.get("/admin/").content.decode()
    assert "/admin/authors/author/add/" in page and "/admin/articles/" not in page


# What is asked is Python's choice, whatever database answers.
@pytest.mark.looks
def test_the_dashboard_asks_a_fixed_number_of_queries(client):
    person = make_person("somebody", "Reporter")
    make_author(user=person)
    client.force_login(person)
    client.get("/admin/")
    for count in (0, 12):
        for number in range(count):
            story = make_article(created_by=person)
            review.hand_in(story, by=person, assignee=person)
            publishing.publish(make_article(), by=person)
            moment = timezone.now() + timedelta(hours=number + 1)
            publishing.schedule(make_article(created_by=person), moment, by=person)
            gone = make_article()
            publishing.publish(gone)
            publishing.withdraw(gone, "Wrong.", by=person)
        for role in ("Reporter", "Editor"):
            person.groups.set([Group.objects.get(name=role)])
            with CaptureQueriesContext(connection) as asked:
                client.get("/admin/")
            assert len(asked) == 13, "\n".join(each["sql"][:200] for each in asked)
