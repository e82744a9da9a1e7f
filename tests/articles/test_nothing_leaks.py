"""What is hidden changes no public answer, byte for byte."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.models import Edition, FrontPage
from articles.views.as_it_was import past_address
from newsroom.page_store import own_tag
from tests.articles.test_readers_site import public_addresses
from tests.factories import change, make_article, make_author, make_section, make_series
from tests.newsroom.cached_site import Site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]
HOUR = timedelta(hours=1)
QUESTIONS = (
    "",
    "q=harbour",
    "q=zanzibar",
    "q=zanzibra",
    "q=%22harbour+wall%22+-night",
    "q=harbuor",
)


# When a page was made, and is looked at again, says nothing of what it shows.
NOT_OF_THE_PAGE = {"age", "cache-status", "x-accel-expires"}


def answers(addresses):
    """Return what each address answers at the site's door: status, headers and body."""
    site = Site()
    found = {}
    for address in addresses:
        answer = site.get(address)
        headers = {each: answer.headers[each] for each in {*answer.headers} - NOT_OF_THE_PAGE}
        # The order of its directives is chance.
        policy = headers.pop("content-security-policy", "")
        headers["content-security-policy"] = sorted(policy.split("; "))
        found[address] = (answer.status, headers, answer.body)
    return found


STATES = ("draft", "scheduled", "embargoed", "update", "withdrawn")


def hide(state, live, page, shared, now):
    """Bring something that is hidden in this way into a newsroom with live stories."""
    hidden = make_article(
        headline="Zanzibar harbour",
        slug=f"zanzibar-{state}",
        body="<p>Zanzibar harbour, harbuor and zanzibra.</p>",
        related=[live[0]],
        embargoed_until=now + HOUR if state == "embargoed" else None,
        **shared,
    )
    page.front_page_picks.create(article=hidden, position=1)
    if state in ("scheduled", "embargoed"):
        publishing.schedule(hidden, now + HOUR)
    elif state == "update":
        change(live[1], headline="Zanzibar update", body="<p>Zanzibar harbuor.</p>")
        live[1].tags.add("Zanzibar")
        publishing.schedule(live[1], now + HOUR)
    elif state == "withdrawn":
        publishing.publish(hidden, at=now - 5 * HOUR)
        publishing.withdraw(hidden, "An error.")


def test_newsrooms_that_differ_in_what_is_hidden_answer_alike(settings):
    settings.PAST_IS_PUBLIC = True
    now = timezone.now()
    section, series, author = make_section(), make_series(), make_author()
    shared = {"section": section, "series": series, "authors": [author], "tags": ["Port", "Jobs"]}
    live = [make_article(**shared) for _number in range(3)]
    for hours, article in enumerate(live, start=2):
        publishing.publish(article, at=now - hours * HOUR)
    page = FrontPage.objects.create(live_from=now - 2 * HOUR)
    page.front_page_picks.create(article=live[2], position=0)
    # A page on which a moment is chosen has the present one in its form.
    addresses = [each for each in public_addresses() if not each.startswith("/as-it-was/")]
    addresses += [f"/search/?{question}" for question in QUESTIONS]
    addresses += [f"/search/?tag={live[0].tags.first().slug}&section={section.slug}"]
    addresses += [past_address(now - 3 * HOUR / 2, address[1:]) for address in addresses]
    assert len(addresses) > 40
    before = answers(addresses)

    def differ_with(*states):
        with transaction.atomic():
            for state in states:
                hide(state, live, page, shared, now)
            after = answers(addresses)
            transaction.set_rollback(True)
        return [each for each in addresses if after[each] != before[each]]

    # Of all at once; where one is seen, each by itself tells which.
    differ = differ_with(*STATES)
    assert not differ, {state: differ_with(state) for state in STATES}


def test_guessing_the_address_of_a_story_to_come_asks_the_database_no_more_than_any_guess(client):
    """Time is what questions take: their number gives nothing away, nor what they find."""
    now = timezone.now()
    live, hidden = make_article(slug="low"), make_article(slug="high")
    publishing.publish(live, at=now - HOUR)
    publishing.schedule(hidden, now + timedelta(seconds=5))
    change(live, slug="lower")
    publishing.schedule(live, now + HOUR)
    coming = [each.get_absolute_url() for each in Edition.objects.to_come()]
    assert len(coming) == 2

    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 404
        return len(queries)

    never = coming[0].replace(coming[0].split("/")[4], "never")
    assert {asked(address) for address in coming} == {asked(never)}


def test_no_header_names_a_story_that_readers_may_not_see_and_its_coming_ends_the_page():
    hidden = make_article(headline="Zanzibar")
    body = f'<p>See <a href="story:{hidden.pk}">this</a>.</p>'
    edition = publishing.publish(make_article(body=body, related=[hidden]))
    page = FrontPage.objects.create(live_from=timezone.now() - HOUR)
    page.front_page_picks.create(article=hidden, position=0)
    ended = []
    site = Site(on_look=lambda _tags, keys: ended.extend(keys))
    addresses = [edition.get_absolute_url(), edition.get_changes_url(), "/", "/feed/"]
    for address in addresses:
        assert f"article:{hidden.pk}" not in str(site.get(address).headers).split()
        own = next(
            each for each in site.get(address).headers["surrogate-key"].split() if "page:" in each
        )
    publishing.publish(hidden)
    for address in addresses[:1] + addresses[2:]:
        assert "Zanzibar" in site.get(address).text
    assert own in {own_tag(key) for key in ended}
