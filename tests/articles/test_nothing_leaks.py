"""What is hidden changes no public answer, byte for byte."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles import publishing
from articles.models import FrontPage
from articles.views.as_it_was import past_address
from tests.articles.test_readers_site import public_addresses
from tests.factories import change, make_article, make_author, make_section, make_series

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
QUESTIONS = (
    "",
    "q=harbour",
    "q=zanzibar",
    "q=zanzibra",
    "q=%22harbour+wall%22+-night",
    "q=harbuor",
)


def answers(client, addresses):
    """Return what each address answers: status, words and where it leads."""
    found = {}
    for address in addresses:
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content
        found[address] = (response.status_code, body, response.get("Location"))
    return found


@pytest.mark.parametrize("state", ["draft", "scheduled", "embargoed", "update", "withdrawn"])
def test_two_newsrooms_that_differ_in_what_is_hidden_answer_alike(client, settings, state):
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
    before = answers(client, addresses)
    hidden = make_article(
        headline="Zanzibar harbour",
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
    after = answers(client, addresses)
    assert len(addresses) > 40
    assert [address for address in addresses if after[address] != before[address]] == []
