"""Finding stories, on whichever database the tests run."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles import publishing
from articles.models import Edition
from articles.search import Search, matching
from tests.factories import make_article, make_author, make_section

pytestmark = pytest.mark.django_db


def publish(headline, **fields):
    at = fields.pop("at", None)
    return publishing.publish(make_article(headline=headline, **fields), at=at)


def found(text):
    rows = Search(Edition.objects.live()).matching(text).latest(100)
    headlines = dict(Edition.objects.values_list("pk", "headline"))
    return [headlines[pk] for _place, pk in rows]


def test_a_word_is_found_wherever_a_story_has_it():
    publish("Zeppelin over the bay")
    publish("B", standfirst="A zeppelin!")
    publish("C", body="<p>Two <strong>Zep</strong>pelins.</p>")
    publish("D", tags=["Zeppelin"])
    publish("E", authors=[make_author(name="Zoe Zeppelin")])
    publish("F")
    assert found("zeppelin") == ["E", "D", "C", "B", "Zeppelin over the bay"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("harbour wall", ["apart", "side by side"]),
        ('"harbour wall"', ["side by side"]),
        ("“harbour wall”", ["side by side"]),
        ('"harbour wall', ["side by side"]),
        ("harbour -wall", ["harbour alone"]),
        ('harbour -"harbour wall"', ["apart", "harbour alone"]),
        ("fountain OR lighthouse", ["lighthouse", "fountain"]),
        ("stone fountain OR lighthouse", ["lighthouse", "fountain"]),
        ("HARBOUR -apart -alone", ["side by side"]),
        ("crane’s", ["apart"]),
        ("crème", ["apart"]),
        ("creme brulee", ["apart"]),
        ("tic-tac", ["side by side"]),
        ("-harbour stone", ["lighthouse", "fountain"]),
        ("-harbour", ["lighthouse", "fountain"]),
    ],
)
def test_quotes_minus_and_or_work(text, expected):
    section = make_section()
    for headline, body in [
        ("fountain", "stone fountain"),
        ("lighthouse", "lighthouse of stone"),
        ("harbour alone", "the harbour"),
        ("side by side", "the harbour walls, tic-tac"),
        ("apart", "the harbour of a crane, a wall of Crème brûlée"),
    ]:
        publish(headline, standfirst="", body=f"<p>{body}</p>", section=section, tags=[])
    assert found(text) == expected


def test_a_phrase_does_not_reach_from_one_part_into_the_next():
    publish("A harbour", standfirst="wall of stone", body="<p>tall</p><p>ships</p>")
    assert found('"harbour wall"') == []
    assert found('"wall of stone"') == ["A harbour"]


def test_chinese_arabic_and_russian_are_found():
    publish("港口关税战升级")
    publish("الميناء يغلق")
    publish("Новый порт")
    assert found("关税") == found("关税战") == ["港口关税战升级"]
    assert found("税关") == []
    assert found("الميناء") == ["الميناء يغلق"]
    assert found("новый") == ["Новый порт"]


def test_only_what_is_live_is_found():
    shown = make_article(headline="Zeppelin first")
    publishing.publish(shown, at=timezone.now() - timedelta(hours=2))
    gone = make_article(headline="Zeppelin gone")
    publishing.publish(gone)
    publishing.withdraw(gone, "Wrong.")
    publishing.schedule(make_article(headline="Zeppelin to come"), timezone.now() + timedelta(1))
    make_article(headline="Zeppelin draft")
    assert found("zeppelin") == ["Zeppelin first"]


def test_matching_gives_feeds_the_newest_stories():
    old = publish("Zeppelin", at=timezone.now() - timedelta(days=3000))
    new = publish("Zeppelins")
    publish("Ship")
    live = Edition.objects.live()
    assert list(matching("zeppelin", live).latest_first()) == [new, old]
    assert list(matching('"""-', live).latest_first()[2:]) == [old]


def test_filters_and_dates_narrow_what_is_found():
    section, author = make_section(), make_author()
    now = timezone.now()
    publish("old", section=section, at=now - timedelta(days=400))
    publish("new", section=section, tags=["Port"], at=now - timedelta(days=4))
    publish("other", authors=[author])
    search = Search(Edition.objects.live())
    headlines = dict(Edition.objects.values_list("pk", "headline"))

    def shown(narrow, text="harbour"):
        return [headlines[pk] for _place, pk in narrow.latest(9)]

    search = Search(Edition.objects.live())
    assert shown(search) == ["other", "new", "old"]
    assert shown(search.in_section(section)) == ["new", "old"]
    assert shown(search.in_section(section).since(now - timedelta(days=9))) == ["new"]
    assert shown(search.in_section(section).before(now - timedelta(days=9))) == ["old"]
    assert shown(search.by(author)) == ["other"]
    assert shown(search.since(now).before(now - timedelta(days=1))) == []
