"""Parts of pages that are made once: whatever they show is shown at once when it changes."""

import gc
import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone, translation

from articles import publishing
from articles.models import Edition, Image
from newsroom.prepared import any_of, prepared
from newsroom.templatetags.remembered import MOST_KEPT
from tests.factories import make_article, make_author, make_image, make_section, make_series

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown():
    """What a story with every part shows, by name; and the story itself."""
    parts = {
        "author": make_author(name="Maren Holt", bio="Writes of the sea.", job_title="Reporter"),
        "section": make_section(name="Coast"),
        "series": make_series(name="Walls"),
        "lead_image": make_image(alt_text="A wall", credit="Somebody"),
        "linked": publishing.publish(make_article(headline="Linked", slug="linked")).article,
    }
    figure = make_image(alt_text="A crane", caption="At dawn", credit="Anybody")
    article = make_article(
        headline="The wall holds",
        body=f'<p>One <a href="story:{parts["linked"].pk}">more</a>.</p>'
        f'<figure data-image="{figure.pk}"></figure>',
        authors=[parts["author"]],
        tags=["Harbour"],
        section=parts["section"],
        series=parts["series"],
        lead_image=parts["lead_image"],
    )
    edition = publishing.publish(article)
    return parts | {"figure": figure, "tag": edition.tags.get(), "edition": edition}


@pytest.mark.parametrize(
    ("part", "column", "new"),
    [
        ("author", "name", "Tomas Ibarra"),
        ("author", "bio", "Writes of the land."),
        ("author", "job_title", "Editor"),
        ("author", "slug", "another-slug"),
        ("author", "photo", "portraits/new.png"),
        ("section", "name", "Shore"),
        ("section", "slug", "shore"),
        ("series", "name", "Dykes"),
        ("series", "slug", "dykes"),
        ("tag", "name", "Port"),
        ("tag", "slug", "quay"),
        ("lead_image", "focal_x", 11),
        ("lead_image", "file", "pictures/another-file.png"),
        ("figure", "alt_text", "Another crane"),
        ("figure", "caption", "At dusk"),
        ("figure", "credit", "Nobody"),
        ("figure", "focal_y", 12),
    ],
)
def test_a_page_that_was_shown_before_shows_what_changed_since(client, shown, part, column, new):
    address = shown["edition"].get_absolute_url()
    before = client.get(address).content.decode()
    assert client.get(address).content.decode() == before
    row = shown[part]
    changes = {column: new}
    if column == "photo":
        changes |= {"photo_width": 300, "photo_height": 300}
    type(row).objects.filter(pk=row.pk).update(**changes)
    wanted = {"focal_x": "?v=11-", "focal_y": "-12 "}.get(column, str(new))
    assert wanted not in before
    assert wanted in client.get(address).content.decode()
    if part in ("author", "section", "lead_image") and column not in ("bio", "job_title", "photo"):
        assert wanted in client.get("/").content.decode()


def test_a_link_to_a_story_goes_with_it(client, shown):
    address = shown["edition"].get_absolute_url()
    assert "/linked/" in client.get(address).content.decode()
    publishing.withdraw(shown["linked"], "wrong")
    assert "/linked/" not in client.get(address).content.decode()


def test_an_edition_that_takes_the_place_of_another_is_shown_at_once(client, shown):
    address = shown["edition"].get_absolute_url()
    assert "changes/" not in client.get(address).content.decode()
    article = shown["edition"].article
    article.headline = "The wall breaks"
    article.save()
    publishing.publish(article)
    page = client.get(address).content.decode()
    assert "The wall breaks" in page
    assert f"{address}changes/" in page
    assert "The wall breaks" in client.get("/").content.decode()


def test_what_to_read_next_is_shown_anew(client, shown):
    address = shown["edition"].get_absolute_url()
    assert "Newer" not in client.get(address).content.decode()
    newer = make_article(headline="Newer", slug="newer", authors=[shown["author"]])
    publishing.publish(newer)
    assert ">Newer<" in client.get(address).content.decode()
    publishing.withdraw(newer, "wrong")
    assert "Newer" not in client.get(address).content.decode()


def test_the_frame_around_a_story_is_of_whoever_asks_and_when(client, shown, settings, monkeypatch):
    address = shown["edition"].get_absolute_url()
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    assert "http://testserver/" in client.get(address).content.decode()
    elsewhere = client.get(address, headers={"host": "other.example"}).content.decode()
    assert "http://other.example/" in elsewhere
    assert "testserver" not in elsewhere
    make_section(name="Fjord")
    assert ">Fjord<" in client.get(address).content.decode()
    settings.NEWSROOM_NAME = "The Other Gazette"
    assert "The Other Gazette" in client.get(address).content.decode()
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    day = timezone.localdate(tomorrow).isoformat()
    assert f'class="today"><time datetime="{day}">' in client.get(address).content.decode()


def test_a_page_in_another_language_is_made_anew(client, shown):
    address = shown["edition"].get_absolute_url()
    assert ">Front page<" in client.get(address).content.decode()
    with translation.override("de"):
        assert 'lang="de"' in client.get(address).content.decode()


def test_a_remembered_piece_cannot_have_a_block_that_another_template_replaces():
    with pytest.raises(TemplateSyntaxError):
        Template(
            "{% load remembered %}{% remembered %}{% block main %}{% endblock %}{% endremembered %}"
        )


def test_of_what_is_remembered_that_leaves_first_which_was_asked_for_longest_ago():
    piece = Template("{% load remembered %}{% remembered what %}{{ make }}{% endremembered %}")
    made = []

    def ask_for(number):
        piece.render(Context({"what": number, "make": lambda: made.append(number)}))

    for number in range(MOST_KEPT + 1):
        ask_for(number)
        ask_for(0)
    assert made == [*range(MOST_KEPT + 1)]
    ask_for(2)
    ask_for(1)
    assert made[MOST_KEPT + 1 :] == [1]


def test_how_many_reads_are_chosen_makes_no_query_of_its_own(client):
    """Each would be put together and planned anew, and there would be too many to keep."""
    reads = [make_article() for _number in range(4)]
    for read in reads:
        publishing.publish(read)
    asked = set()
    for chosen in range(1, 5):
        story = publishing.publish(make_article(related=reads[:chosen], tags=[]))
        note = connection.execute_wrapper(
            lambda execute, *query: asked.add(query[0]) or execute(*query)
        )
        with note:
            client.get(story.get_absolute_url())
    assert len(asked) == 3, asked


def test_a_prepared_query_takes_lists_of_any_length():
    @prepared
    def by_title(title, pks):
        return Image.objects.filter(title=title).exclude(pk__in=any_of(pks)).order_by("pk")

    images = [make_image(title=title) for title in ("One", "One", "Two")]
    assert by_title(title="One", pks=[]) == images[:2]
    assert by_title(title="One", pks=[images[0].pk]) == [images[1]]
    assert by_title(title="Two", pks=[images[0].pk, images[1].pk]) == [images[2]]


def test_what_was_narrowed_down_is_not_asked_as_if_it_were_all():
    @prepared
    def slugs(gate, at, now):
        return gate(at, now).values_list("slug")

    edition = publishing.publish(make_article())
    assert Edition.objects.live().ask(slugs) == [(edition.slug,)]
    for narrowed in (
        Edition.objects.live().filter(slug="other"),
        Edition.objects.filter(slug="other").live(),
        Edition.objects.filter(slug="other").live().live_ever_since(),
    ):
        with pytest.raises(TypeError):
            narrowed.ask(slugs)


@pytest.mark.looks
def test_long_stories_are_shown_whole_and_fill_no_memory(client):
    addresses = [
        publishing.publish(
            make_article(body="".join(f"<p>Tide {word} falls.</p>" for word in range(size)))
        ).get_absolute_url()
        for size in (10, 12_000, 12_001)
    ]

    # What is made once for all stories is there already.
    client.get(addresses[0])
    tracemalloc.start()
    for address in addresses[1:]:
        assert "Tide 11999 falls." in client.get(address).content.decode()
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 300_000
