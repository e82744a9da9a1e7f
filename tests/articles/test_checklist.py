"""What the desk is told before publishing: what blocks, what only warns."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles import publishing
from articles.admin import snapshot
from articles.checklist import checklist
from articles.composing import missing_parts
from articles.links import why_dead
from articles.models import Article, Edition, FormerSlug
from articles.spelling import spelt_otherwise
from tests.factories import change, make_article, make_author, make_image, make_section

pytestmark = pytest.mark.django_db


def sentences(article):
    return [item.sentence for item in checklist(article)]


def form_of(article, **fields):
    """Return what the article's form posts when nothing else is changed."""
    posted = snapshot.posted(snapshot.stored(article), article)
    return {**dict(posted.lists()), **fields}


def seen_in(page):
    return re.findall(r'name="seen_warnings" value="(\w+)"', page)


def test_a_whole_story_has_nothing_on_its_list(desk):
    article = make_article()
    assert sentences(article) == []
    page = desk.get(article.get_absolute_url()).content.decode()
    assert "Before publishing: nothing is missing" in page


PARAGRAPH = "<p>The water rose for three hours and then stood still below the top of it.</p>"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"headline": "Long words " * 12},
            "The headline is long: search results and cards show a part of it only.",
        ),
        (
            {"headline": "Tide"},
            "The headline is short: alone in a search result it says little.",
        ),
        ({"standfirst": ""}, "There is no standfirst: lists and cards show none."),
        (
            {"standfirst": "Words " * 40},
            "The standfirst is long: search results and cards show a part of it only.",
        ),
        ({"tags": []}, "There are no tags: readers find related stories by them."),
        ({"lead_image": None}, "There is no lead image."),
        ({"body": "<p>One.</p><h2> <strong></strong></h2>"}, "A heading in the body is empty."),
        (
            {"body": PARAGRAPH + "<p>Between.</p>" + PARAGRAPH},
            "Two paragraphs begin with the same words: “The water rose for three hours and then…”.",
        ),
        (
            {"body": '<p>See <a href="https://a..b/">the log</a>.</p>'},
            "Link “the log”: “https://a..b/” is not a whole address.",
        ),
        ({"body": '<p>See <a href="">the log</a>.</p>'}, "Link “the log”: It has no address."),
        (
            {"body": '<p><a href="mailto:nobody">Write</a> to us.</p>'},
            "Link “Write”: “mailto:nobody” is not a whole address.",
        ),
        (
            {"body": '<p><a href="/nowhere/">Read</a> on.</p>'},
            "Link “Read”: The site has no page at this address.",
        ),
        (
            {"body": '<p><a href="http://testserver/2020/02/31/x/">Read</a> on.</p>'},
            "Link “Read”: The site has no page at this address.",
        ),
        (
            {"body": '<p><a href="/tags/none/?x=1">Read</a> on.</p>'},
            "Link “Read”: The site has no page at this address.",
        ),
        (
            {"body": '<p><a href="/admin/articles/article/1/change/">Read</a> on.</p>'},
            "Link “Read”: This is a page of the desk: readers cannot open it.",
        ),
    ],
)
def test_what_only_warns_is_told_in_a_sentence(fields, sentence):
    article = make_article(**fields)
    assert sentences(article) == [sentence]
    assert publishing.publish(article)


def test_the_names_of_the_byline_are_looked_for_in_the_body():
    article = make_article(
        authors=[make_author(name="Wency Chen")],
        body="<p>Ada Quill spoke.</p><p><em>Wency Chan’s work covers Beijing.</em></p>",
    )
    assert sentences(article) == ["The byline has “Wency Chen”, the story “Wency Chan”."]


@pytest.mark.parametrize(
    ("name", "text", "variant"),
    [
        ("Wency Chen", "said Wency Chan of the Post", "Wency Chan"),
        ("Wency Chen", "said Wency Chen. WENCY CHEN’S bag", None),
        ("Wency Chen", "the Wency chance, and Tom Chen, and Wency Quill", None),
        ("Ana García", "Ana Garcia wrote", "Ana Garcia"),
        ("Иван Петров", "писал Иван Питров вчера", "Иван Питров"),
        ("Reuters", "according to Reuter", "Reuter"),
        ("AFP", "The AFD and the ARP", None),
        ("山田太郎", "記者の山田次郎が書いた", "山田次郎"),
        ("山田太郎", "記者の山田太郎が書いた", None),
        ("Jo O’Neil", "by Jo O'Neil", None),
        ("!!!", "!!? and nothing else", None),
        ("", "nothing", None),
    ],
)
def test_a_name_spelt_otherwise_is_found_in_any_script(name, text, variant):
    assert spelt_otherwise([name], text) == ([(name, variant)] if variant else [])


def test_two_people_of_like_names_in_one_byline_are_not_each_others_misspelling():
    assert spelt_otherwise(["Jan Smit", "Jan Smith"], "Jan Smit and Jan Smith write.") == []


def test_a_guest_who_has_a_profile_is_pointed_out():
    make_author(name="Ada Quill")
    article = make_article(authors=[])
    article.bylines.create(name="Ada Quill")
    assert sentences(article) == ["“Ada Quill” has a profile, but stands in the byline as a guest."]


def test_pictures_without_a_credit_are_named():
    image = make_image(title="Gates", credit="")
    article = make_article(lead_image=image, body=f'<figure data-image="{image.pk}"></figure>')
    assert sentences(article) == [
        "The lead image has no credit.",
        "The picture “Gates” has no credit: add it in the image library.",
    ]
    change(article, lead_image_credit="Photo: A. Quill", body="<p>None.</p>")
    assert sentences(article) == []


def test_links_to_our_stories_are_followed_to_what_readers_find_there():
    story = make_article(slug="old-dike")
    publishing.publish(story, at=timezone.now() - timedelta(hours=1))
    change(story, slug="new-dike")
    publishing.publish(story)
    ways = [f"story:{story.pk}", *(str(address) for address in story.addresses.all())]
    assert len(ways) == 3
    assert why_dead(ways, timezone.now()) == {}
    publishing.withdraw(story, "It was wrong.")
    withdrawn = "This story was withdrawn: readers do not find it."
    assert why_dead(ways, timezone.now()) == dict.fromkeys(ways, withdrawn)


def test_a_link_to_a_story_that_is_not_out_yet_is_told_apart():
    draft, waiting = make_article(), make_article()
    publishing.schedule(waiting, timezone.now() + timedelta(hours=1))
    told = why_dead([f"story:{draft.pk}", f"story:{waiting.pk}", "story:999999"], timezone.now())
    assert told == {
        f"story:{draft.pk}": "This story is not published: readers do not find it.",
        f"story:{waiting.pk}": (
            "This story is scheduled: readers do not find it before it is live."
        ),
        "story:999999": "This story is not published: readers do not find it.",
    }


def test_addresses_that_lead_somewhere_are_left_alone():
    author, section = make_author(slug="ada-quill"), make_section(slug="city")
    FormerSlug.objects.create(page="section", slug="town", subject_id=section.pk)
    fine = [
        "/",
        "/feed/",
        "/sections/city",
        "/sections/town/",
        f"{author.get_absolute_url()}feed/",
        "/static/site.css",
        "https://example.org/a?b=c#d",
        "https://bücher.example/",
        "mailto:desk@example.org?subject=Tide",
        "http://testserver/authors/ada-quill/",
    ]
    assert why_dead(fine, timezone.now()) == {}
    former_tag = "/tags/town/"
    assert list(why_dead([former_tag, "/authors/nobody/"], timezone.now())) == [
        former_tag,
        "/authors/nobody/",
    ]


def test_related_reads_that_readers_would_not_find_are_named_with_their_row():
    live, gone = make_article(headline="Still live"), make_article(headline="Old tide")
    publishing.publish(live)
    publishing.publish(gone)
    publishing.withdraw(gone, "It was wrong.")
    article = make_article(related=[live, gone])
    article.related_reads.create(title="The log", url="https://a..b/", position=2)
    assert [(item.row, item.sentence) for item in checklist(article)] == [
        (1, "“Old tide”: This story was withdrawn: readers do not find it."),
        (2, "“The log”: “https://a..b/” is not a whole address."),
    ]


def test_a_headline_that_a_live_story_has_already_is_named_but_not_its_own():
    first, second = make_article(headline="Tide holds again"), make_article()
    publishing.publish(first)
    assert sentences(first) == []
    change(second, headline="Tide holds again")
    assert sentences(second) == ["Another story that is live has the same headline."]


def test_an_embargo_to_come_blocks():
    article = make_article(embargoed_until=timezone.now() + timedelta(hours=1))
    (item,) = checklist(article)
    assert item.blocks and "under embargo until" in item.sentence


def test_what_blocks_is_what_publishing_refuses():
    article = make_article(authors=[], body="", headline="", section=None)
    blocking = [item for item in checklist(article) if item.blocks]
    assert [(item.field, item.sentence) for item in blocking] == missing_parts(article)
    assert len(blocking) == 4


def test_the_list_costs_no_more_for_a_story_with_much_in_it():
    def cost(number):
        reads = [make_article() for _ in range(number)]
        links = "".join(
            f'<p><a href="/{kind}/none-{each}/">{kind} {each}</a> and'
            f' <a href="/2026/01/0{each + 1}/none/">{kind} story {each}</a></p>'
            for kind in ("tags", "sections", "series", "authors")
            for each in range(number)
        )
        figures = "".join(
            f'<figure data-image="{make_image(credit="", title=f"P{each}").pk}"></figure>'
            for each in range(number)
        )
        article = make_article(
            authors=[make_author() for _ in range(number)],
            related=reads,
            body=f"<p>One.</p>{links}{figures}",
        )
        article = Article.objects.get(pk=article.pk)
        with CaptureQueriesContext(connection) as queries:
            assert len(checklist(article)) == 10 * number
        return len(queries)

    assert cost(1) == cost(8) <= 20


# In the form


def test_each_line_of_the_form_leads_to_its_field(desk):
    article = make_article(authors=[], standfirst="", related=[make_article(headline="Draft")])
    page = desk.get(article.get_absolute_url()).content.decode()
    assert "Before publishing: 1 thing is needed, 2 are worth a look" in page
    panel = page[page.index("<details class=") : page.index("</details>")]
    for anchor in re.findall(r'href="#([\w-]+)"', panel):
        assert f'id="{anchor}"' in page
    assert 'href="#bylines-group"' in panel
    assert 'href="#related_reads-0"' in panel
    assert 'href="#id_standfirst"' in panel


def test_a_clean_story_is_published_with_one_click(desk, client):
    article = make_article()
    page = desk.post(article.get_absolute_url(), form_of(article, _publish="1"), follow=True)
    assert "Published: readers see it now." in page.content.decode()
    address = Edition.objects.live().get().get_absolute_url()
    assert client.get(address).status_code == 200


def test_a_story_with_warnings_comes_back_saved_and_is_published_when_they_are_seen(desk):
    article = make_article()
    form = form_of(article, standfirst="", tags=[], _publish="1", publishing_note="In haste")
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    assert "Saved, but not published yet" in page
    assert 'value="Publish anyway"' in page
    assert 'value="In haste"' in page
    assert '<details class="checklist" id="checklist" open>' in page
    article.refresh_from_db()
    assert article.standfirst == ""
    assert not Edition.objects.exists()
    assert len(seen_in(page)) == 2
    form["seen_warnings"] = seen_in(page)
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    assert "Published: readers see it now." in page
    assert 'value="Publish anyway"' not in page
    assert Edition.objects.live().get().note == "In haste"


def test_a_warning_that_nobody_has_seen_is_shown_before_anything_is_published(desk):
    article = make_article(standfirst="")
    form = form_of(article, _publish="1")
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    form |= {"seen_warnings": seen_in(page), "tags": []}
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    assert "There are no tags" in page
    assert not Edition.objects.exists()
    assert len(seen_in(page)) == 2


def test_the_name_added_with_the_click_that_publishes_counts(desk):
    article = make_article(authors=[], standfirst="")
    form = form_of(article, _publish="1")
    form |= {
        "bylines-TOTAL_FORMS": 1,
        "bylines-0-name": "Reuters",
        "bylines-0-position": 1,
    }
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    assert "Saved, but not published yet" in page
    assert not Edition.objects.exists()


def test_seen_warnings_are_kept_in_a_form_that_comes_back_with_errors(desk):
    article = make_article(standfirst="")
    form = form_of(article, _publish="1", slug="not a slug", seen_warnings=["0123456789abcdef"])
    page = desk.post(article.get_absolute_url(), form).content.decode()
    assert seen_in(page) == ["0123456789abcdef"]
    assert 'value="Publish anyway"' in page


def test_what_blocks_is_refused_beside_its_field_whatever_was_seen(desk):
    article = make_article(standfirst="")
    form = form_of(article, _publish="1", section="")
    page = desk.post(article.get_absolute_url(), form, follow=True).content.decode()
    assert page.count("Choose a section.") == 2
    assert 'value="Publish"' in page
    assert not Edition.objects.exists()


def test_the_page_for_scheduling_lists_what_the_form_lists(desk):
    later = timezone.now() + timedelta(hours=1)
    article = make_article(standfirst="", embargoed_until=later)
    page = desk.get(f"/admin/articles/article/{article.pk}/schedule/").content.decode()
    assert "There is no standfirst" in page
    assert f'href="{article.get_absolute_url()}#id_standfirst"' in page
    assert "under embargo" not in page
    publishing.publish(make_article())
    page = desk.get(f"/admin/articles/article/{article.pk}/withdraw/").content.decode()
    assert "There is no standfirst" not in page
