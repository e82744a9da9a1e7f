"""The page of a story's changes: what readers had when, word by word."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from articles import publishing
from articles.admin import snapshot
from articles.changes import PER_PAGE
from articles.models import Edition, Tag
from articles.related import RELATED_READS
from articles.tagging import merge
from articles.views.as_it_was import past_address
from tests.factories import (
    change,
    make_article,
    make_author,
    make_image,
    make_section,
    make_series,
)
from tests.newsroom.cached_site import Site

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(**time):
    return NOW - timedelta(**time)


def changes(client, article, query=""):
    edition = article.editions.live().get()
    return client.get(edition.get_changes_url() + query)


def text(response):
    """Return what a page says, as one line, with each change between its bounds."""
    page = response.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def entries(response):
    """Return the page's changes as lines of text, the latest first."""
    page = response.content.decode()
    found = re.findall(r'<section class="change">(.*?)</section>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


@pytest.fixture
def article():
    """A story whose every part was changed an hour ago, with a note to readers."""
    article = make_article(
        headline="Wall holds",
        standfirst="It rose.",
        body="<h2>First</h2><p>One two.</p><p>It stays.</p><p>So does this.</p>",
        dateline="Saltgate",
        slug="wall",
        section=make_section(name="City"),
        series=make_series(name="Tides"),
        authors=[make_author(name="Ann Lee")],
        tags=["Harbour", "Rain"],
        lead_image=make_image(alt_text="A quay", caption="Old caption"),
    )
    publishing.publish(article, at=ago(hours=3), note="For the desk alone")
    change(
        article,
        headline="Wall breaks",
        standfirst="It fell.",
        body="<h2>First</h2><p>One three.</p><p>It stays.</p><p>So does this.</p>",
        dateline="Grindholm",
        section=make_section(name="Region"),
        series=make_series(name="Storms"),
        lead_image=make_image(alt_text="A breach", caption="New caption"),
    )
    article.bylines.all().delete()
    article.bylines.create(author=make_author(name="Bo Kim"))
    article.bylines.create(name="The Agency", role="data", position=1)
    article.tags.set(["Harbour", "Flood"])
    article.corrections.create(text="It broke on Tuesday.", noted_at=ago(hours=1))
    article.refresh_fingerprint()
    publishing.publish(
        article, at=ago(hours=1), note="Secret reason", note_to_readers="The wall did not hold."
    )
    return article


def test_each_part_is_shown_word_by_word_with_the_note_and_the_latest_comes_first(client, article):
    response = changes(client, article)
    page, (latest, first) = response.content.decode(), entries(response)
    assert latest.startswith("Changed ") and first.startswith("Published ")
    assert "The wall did not hold." in latest
    for words in (
        "Headline Wall [added: breaks ] [taken out: holds ]",
        "Standfirst It [added: fell. ] [taken out: rose. ]",
        "[added: Bo Kim ]",
        "The Agency (Data)",
        "[taken out: Ann Lee ]",
        "Dateline",
        "Grindholm",
        "[taken out: Saltgate ]",
        "Picture: A [added: breach ] [taken out: quay ]",
        "[added: New ]",
        "One [added: three. ] [taken out: two. ]",
        "2 paragraphs unchanged",
        "[added: Flood ]",
        "[taken out: Rain ]",
        "[taken out: City ]",
        "Region",
        "[taken out: Tides ]",
        "Correction,",
        "It broke on Tuesday.",
    ):
        assert words in latest, words
    # What did not change is only counted.
    assert "It stays." not in latest and "Address" not in latest
    assert page.count("<ins>") and page.count("<ins>") == page.count("</ins>")
    assert "Secret reason" not in page and "For the desk alone" not in page


def test_the_way_up_leads_to_the_story_its_section_and_the_front_page(client, article):
    page, edition = changes(client, article).content.decode(), article.editions.live().get()
    way_up = page.split('aria-label="Breadcrumbs"')[1].split("</nav>")[0]
    above = ["/", edition.section.get_absolute_url(), edition.get_absolute_url()]
    assert re.findall(r'href="([^"]+)"', way_up) == above


def test_it_says_when_to_the_second_and_that_searches_leave_it_out(client, article):
    page = changes(client, article).content.decode()
    edition = article.editions.live().get()
    local = timezone.localtime(edition.live_from)
    assert f'<time datetime="{local:%Y-%m-%dT%H:%M:%S%z}">' in page
    assert f"{local:%H:%M:%S}</time>" in page
    assert '<meta name="robots" content="noindex">' in page
    assert [int(level) for level in re.findall(r"<h(\d)", page)][:3] == [1, 2, 3]


def test_the_story_leads_to_its_changes_only_when_there_is_one(client, article, settings):
    edition = article.editions.live().get()
    link = f'href="{edition.get_changes_url()}"'
    assert link in client.get(edition.get_absolute_url()).content.decode()
    once = publishing.publish(make_article())
    assert "changes/" not in client.get(once.get_absolute_url()).content.decode()
    settings.CHANGES_ARE_PUBLIC = False
    assert link not in client.get(edition.get_absolute_url()).content.decode()
    assert client.get(edition.get_changes_url()).status_code == 404
    assert "It broke on Tuesday." in client.get(edition.get_absolute_url()).content.decode()


def test_a_story_with_one_edition_says_that_it_has_not_changed(client):
    article = make_article()
    publishing.publish(article)
    response = changes(client, article)
    assert "has not changed since it was published" in text(response)
    assert len(entries(response)) == 1


def test_what_readers_cannot_see_is_no_change_unless_they_were_told_of_it(client):
    article = make_article()
    publishing.publish(article, at=ago(hours=3))
    article.related_reads.create(title="Elsewhere", url="https://example.org/")
    article.refresh_fingerprint()
    edition = publishing.publish(article, at=ago(hours=2))
    assert len(entries(changes(client, article))) == 1
    assert "changes/" not in client.get(edition.get_absolute_url()).content.decode()
    article.related_reads.all().delete()
    article.refresh_fingerprint()
    publishing.publish(article, at=ago(hours=1), note_to_readers="We looked again.")
    assert "We looked again." in entries(changes(client, article))[0]


def test_what_was_another_tag_before_a_merge_is_no_change_behind_it(client):
    """The merge leaves the story's last edition as it is: it concerns what readers had before."""
    article = make_article(tags=["Flood"])
    publishing.publish(article, at=ago(hours=2))
    article.tags.set(["Floods"])
    article.refresh_fingerprint()
    edition = publishing.publish(article, at=ago(hours=1))
    assert "changes/" in client.get(edition.get_absolute_url()).content.decode()
    merge([Tag.objects.get(name="Flood")], into=Tag.objects.get(name="Floods"))
    assert "changes/" not in client.get(edition.get_absolute_url()).content.decode()


@pytest.mark.usefixtures("one_connection")
def test_a_kept_story_leads_to_no_changes_where_a_merge_left_none():
    """Its related reads are all chosen: which stories share its tags does not matter there."""
    reads = [make_article() for _number in range(RELATED_READS)]
    for read in reads:
        publishing.publish(read)
    article = make_article(tags=["Flood"], related=reads)
    publishing.publish(article, at=ago(hours=2))
    article.tags.set(["Floods"])
    article.refresh_fingerprint()
    site, address = Site(), publishing.publish(article).get_absolute_url()
    assert "changes/" in site.get(address).text and site.get(address).is_hit
    merge([Tag.objects.get(name="Flood")], into=Tag.objects.get(name="Floods"))
    assert "changes/" not in site.get(address).text


@pytest.mark.parametrize(
    "what",
    [
        {"lead_image_alt": "Another"},
        {"lead_image_caption": "Another"},
        {"dateline": "Elsewhere"},
        {"series": None},
        {"lead_image": None},
        {"body": "<p>One <strong>two</strong>.</p>"},
        {"slug": "another"},
    ],
)
def test_each_part_counts_as_a_change_by_itself(client, what):
    article = make_article(body="<p>One two.</p>", series=make_series())
    publishing.publish(article, at=ago(hours=2))
    change(article, **what)
    publishing.publish(article, at=ago(hours=1))
    found = entries(changes(client, article))
    assert len(found) == 2
    assert "added" in found[0] or "taken out" in found[0] or "The words are the same" in found[0]


def test_what_changed_in_lists_tables_and_quotes_is_valid_html_line_by_line(client):
    def body(word, rows):
        return (
            f"<h2>About {word}</h2><ul><li><p>Said {word}</p></li><li><p>It stays</p></li></ul>"
            "<table><tbody><tr><th><p>Wall</p></th><td><p>Height</p><p>in metres</p></td></tr>"
            + f"<tr><td><p>Quay</p></td><td><p>{word}</p></td></tr>"
            * rows
            + f"</tbody></table><blockquote><p>Quoted {word}</p></blockquote>"
            '<aside class="pull-quote"><p>Pulled</p></aside>'
        )

    article = make_article(body=body("old", 1))
    publishing.publish(article, at=ago(hours=1))
    change(article, body=body("new", 3))
    publishing.publish(article)
    page = changes(client, article).content.decode()
    difference = page.split('<div class="difference" dir="auto">')[1].split("</div>")[0]
    assert set(re.findall(r"<(\w+)", difference)) == {"p", "strong", "ins", "del", "span"}
    assert difference.count("<p") == difference.count("</p>")
    words = entries(changes(client, article))[0]
    assert "• Said [added: new ] [taken out: old ]" in words
    assert "Quay | [added: new ] [taken out: old ]" in words
    assert "Quoted [added: new ] [taken out: old ]" in words
    # The list’s other line, and the table’s first, and the pulled quote.
    assert "2 paragraphs unchanged" in words and "1 paragraph unchanged" in words


@pytest.mark.parametrize(
    "rows",
    [
        [("Ann", ""), ("Bo", "")],
        [("Bo", ""), ("Ann", "data")],
        [("Bo", "")],
        [("Bo", ""), ("Ann", ""), ("Cy", "")],
    ],
)
def test_names_in_another_order_or_role_are_a_change(client, rows):
    article = make_article(authors=[])
    for position, name in enumerate(["Bo", "Ann"]):
        article.bylines.create(name=name, position=position)
    article.refresh_fingerprint()
    publishing.publish(article, at=ago(hours=2))
    article.bylines.all().delete()
    for position, (name, role) in enumerate(rows):
        article.bylines.create(name=name, role=role, position=position)
    article.refresh_fingerprint()
    publishing.publish(article, at=ago(hours=1))
    assert "Bylines" in entries(changes(client, article))[0]


def test_what_waits_for_its_time_does_not_show(client, article):
    change(article, headline="Not yet said")
    publishing.schedule(
        article, NOW + timedelta(hours=1), note_to_readers="Not yet told", says_updated=True
    )
    response = changes(client, article)
    assert "Not yet" not in response.content.decode()
    assert len(entries(response)) == 2
    publishing.cancel(article)
    assert len(entries(changes(client, article))) == 2


def test_a_withdrawn_story_has_no_changes_and_begins_anew_when_published_again(client, article):
    address = article.editions.live().get().get_changes_url()
    publishing.withdraw(article, "The family had not been told.")
    response = client.get(address)
    assert response.status_code == 410
    assert "The family had not been told." in response.content.decode()
    change(article, headline="Wall stands")
    edition = publishing.publish(article, note_to_readers="Checked again.")
    response = client.get(address)
    assert len(entries(response)) == 1
    assert entries(response)[0].startswith("Published again")
    for words in ("breaks", "holds", "did not hold"):
        assert words not in response.content.decode()
    assert "changes/" not in client.get(edition.get_absolute_url()).content.decode()


def test_an_old_slug_redirects_to_the_present_changes_in_one_step(client, article):
    old = article.editions.live().get().get_changes_url()
    change(article, slug="breach")
    new = publishing.publish(article).get_changes_url()
    response = client.get(old)
    assert (response.status_code, response.url) == (301, new)
    assert client.get(new).status_code == 200
    assert client.get(old.replace("/wall/", "/never/")).status_code == 404


def test_links_lead_to_live_stories_only_and_name_no_other(client):
    shown, hidden = make_article(slug="shown"), make_article(headline="Zanzibar")
    edition = publishing.publish(shown)
    article = make_article(body="<p>One.</p>")
    publishing.publish(article, at=ago(hours=1))
    change(
        article,
        body=f'<p>See <a href="story:{shown.pk}">this</a>,'
        f' <a href="story:{hidden.pk}">that</a>.</p>',
    )
    publishing.publish(article)
    page = changes(client, article).content.decode()
    assert f'href="{edition.get_absolute_url()}"' in page
    assert "story:" not in page and "Zanzibar" not in page and "that" in page


@pytest.mark.usefixtures("one_connection")
def test_a_kept_page_leads_to_no_withdrawn_story_from_what_its_last_change_took_out():
    linked = publishing.publish(make_article())
    article = make_article(body=f'<p>See <a href="story:{linked.article_id}">this</a>.</p>')
    publishing.publish(article, at=ago(hours=PER_PAGE + 1))
    for number in range(PER_PAGE):
        change(article, body=f"<p>Look at {number}.</p>")
        publishing.publish(article, at=ago(hours=PER_PAGE - number))
    site, address = Site(), article.editions.live().get().get_changes_url()
    assert linked.get_absolute_url() in site.get(address).text and site.get(address).is_hit
    publishing.withdraw(linked.article, "An error.")
    assert linked.get_absolute_url() not in site.get(address).text


def test_each_change_leads_to_the_story_as_it_was_only_where_all_may_see_the_past(
    client, settings, article
):
    assert "as-it-was" not in changes(client, article).content.decode()
    settings.PAST_IS_PUBLIC = True
    page = changes(client, article).content.decode()
    found = re.findall(r'href="(/as-it-was/[^"]+)">The story as it was then', page)
    assert len(found) == 2
    for address, headline in zip(found, ("Wall breaks", "Wall holds"), strict=True):
        assert f'<h1 dir="auto">{headline}</h1>' in client.get(address).content.decode()


def test_a_story_of_another_alphabet_leads_to_itself_as_it_was(client, settings):
    settings.PAST_IS_PUBLIC = True
    article = make_article(headline="潮水", slug="潮水")
    publishing.publish(article, at=ago(hours=1))
    page = changes(client, article).content.decode()
    found = re.search(r'href="(/as-it-was/[^"]+)">The story as it was then', page)[1]
    assert '<h1 dir="auto">潮水</h1>' in client.get(found).content.decode()


def test_an_edition_that_was_there_for_no_whole_second_has_no_page_of_its_own(client, settings):
    settings.PAST_IS_PUBLIC = True
    article = make_article()
    moment = ago(hours=1).replace(microsecond=100_000)
    publishing.publish(article, at=moment)
    change(article, headline="Soon after")
    publishing.publish(article, at=moment + timedelta(milliseconds=500))
    found = entries(changes(client, article))
    assert "as it was then" in found[0] and "as it was then" not in found[1]


def test_the_past_has_the_changes_of_then(article):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ann"))
    path = article.editions.live().get().get_changes_url()[1:]
    response = client.get(past_address(ago(hours=2), path))
    assert "has not changed" in text(response)
    then = past_address(ago(minutes=30), path)
    page = client.get(then).content.decode()
    assert "The wall did not hold." in page
    for address in re.findall(r'href="(/[^"]+)">The story as it was then', page):
        assert address.count("as-it-was") == 1
        assert client.get(address).status_code == 200


def publish_often(count, words=20):
    """Publish a story again and again: its body has a picture and leads to another story."""
    other, image = make_article(), make_image()
    publishing.publish(other)
    start = f'<figure data-image="{image.pk}"></figure><p><a href="story:{other.pk}">See</a></p>'

    def numbered(number):
        body = f"{start}<p>{'word ' * words}{number}</p>"
        return {"headline": f"Numbered {number}", "body": body}

    article = make_article(**numbered(0))
    for number in range(count):
        change(article, **numbered(number))
        publishing.publish(article, at=ago(hours=900 - number))
    return article


@pytest.mark.parametrize("editions", [2, 45])
def test_the_page_has_a_fixed_number_of_queries(django_assert_num_queries, editions):
    article = publish_often(editions)
    client = Client()
    address = article.editions.live().get().get_changes_url()
    with django_assert_num_queries(8):
        assert client.get(address).status_code == 200


def test_a_story_of_many_editions_pages_through_all_of_them(client):
    article = publish_often(45)
    seen, query = [], ""
    while query is not None:
        response = changes(client, article, query)
        assert response.status_code == 200
        seen += [
            re.search(r"added: (\d+) ", each)[1]
            for each in entries(response)[:20]
            if "added" in each
        ]
        older = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        query = older and older[1]
    assert seen == [str(number) for number in range(44, 0, -1)]
    assert entries(response)[-1].startswith("Published ")
    assert "Latest changes" in text(response)


def test_long_bodies_are_compared_in_bounded_time_over_more_pages(client):
    article = publish_often(5, words=20_000)
    began = datetime.now(UTC)
    response = changes(client, article)
    assert datetime.now(UTC) - began < timedelta(seconds=20)
    assert 1 <= len(entries(response)) < 5
    assert 'rel="next"' in response.content.decode()


@pytest.mark.parametrize("cursor", ["x", "2024-01-01", "2024-13-01T00:00:00.000000Z", "%00"])
def test_a_place_that_is_none_answers_404(client, article, cursor):
    assert changes(client, article, f"?before={cursor}").status_code == 404
    assert changes(client, article, "?before=1999-01-01T00:00:00.000000Z").status_code == 404


def test_what_the_desk_writes_to_readers_goes_from_the_form_to_the_page(settings):
    article = make_article()
    publishing.publish(article, at=ago(hours=1))
    desk = Client()
    desk.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    form = desk.get(article.get_absolute_url()).content.decode()
    assert "Readers find it on the story’s page of changes." in form
    assert "never shown to readers" in form
    post = snapshot.posted(snapshot.stored(article) | {"headline": "Otherwise"}, article)
    post["stage"], post["_publish"] = "drafting", "Publish"
    post["note_to_readers"], post["publishing_note"] = " Said <better>. ", "Legal called"
    desk.post(article.get_absolute_url(), post)
    page = changes(Client(), article).content.decode()
    assert (
        '<p class="note" dir="auto">Said &lt;better&gt;.</p>' in page and "Legal called" not in page
    )
    history = desk.get(f"/admin/articles/article/{article.pk}/history/").content.decode()
    assert "To readers: <q>Said &lt;better&gt;." in history and "Legal called" in history
    settings.CHANGES_ARE_PUBLIC = False
    form = desk.get(article.get_absolute_url()).content.decode()
    assert "note_to_readers" not in form and "publishing_note" in form
    schedule = f"/admin/articles/article/{article.pk}/schedule/"
    assert "note_to_readers" not in desk.get(schedule).content.decode()
    settings.CHANGES_ARE_PUBLIC = True
    assert "note_to_readers" in desk.get(schedule).content.decode()


def test_a_scheduled_note_to_readers_comes_out_with_its_edition():
    article = make_article()
    publishing.publish(article, at=ago(hours=1))
    desk = Client()
    desk.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    change(article, headline="Later")
    desk.post(
        f"/admin/articles/article/{article.pk}/schedule/",
        {
            "at_0": "2040-01-01",
            "at_1": "12:00:00",
            "seen_move": article.moves.last().pk,
            "note_to_readers": "Said later.",
            "note": "For us",
        },
    )
    assert Edition.objects.to_come().get().note_to_readers == "Said later."
