"""What a body may hold, however it comes in."""

import pytest
from django.db import IntegrityError, transaction

from articles.body import render_body
from articles.models import Article
from articles.models.body_field import sanitise_body
from tests.factories import make_article, make_author

FIGURE = '<figure data-image="7"><figcaption>A <em>quay</em></figcaption></figure>'


@pytest.mark.parametrize(
    "html",
    [
        "<p>Plain, <strong>bold</strong> and <em>italic</em>.</p>",
        "<h2>One</h2><h3>Two</h3>",
        "<ul><li><p>a</p></li></ul><ol><li><p>b</p></li></ol>",
        "<blockquote><p>Said so.</p></blockquote>",
        '<aside class="pull-quote"><p>Said so.</p></aside>',
        "<table><tbody><tr><th><p>a</p></th><td><p>b</p></td></tr></tbody></table>",
        FIGURE,
        '<p>“<span lang="fr" dir="auto">Non, <em>merci</em></span>”, he said.</p>',
        '<p><span lang="zh-Hant-TW" dir="auto">海港</span></p>',
    ],
)
def test_what_a_body_may_hold_passes_unchanged(html):
    assert sanitise_body(html) == html


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p style="color:red" onclick="x()" class="y">a</p>', "<p>a</p>"),
        ('<p><img src="https://elsewhere.example/a.png" onerror="x()">a</p>', "<p>a</p>"),
        ('<figure data-image="7 onload"></figure>', ""),
        ('<p><b style="font-weight:normal">a</b></p>', "<p>a</p>"),
        ("<p>word&nbsp;</p>", "<p>word</p>"),
        ("<p>two&nbsp; words</p>", "<p>two words</p>"),
        ("<p></p>", ""),
        ('<p><span lang="xx">a</span> <span style="x">b</span></p>', "<p>a b</p>"),
        ('<p><span lang="fr">a</span></p>', '<p><span lang="fr" dir="auto">a</span></p>'),
        (
            '<p><span>a<span lang="SR-LATN" dir="rtl">b</span>c</span></p>',
            '<p>a<span lang="sr-Latn" dir="auto">b</span>c</p>',
        ),
        ('<p>a<span lang="fr"></span></p>', "<p>a</p>"),
        ('<h2 lang="fr">a</h2>', "<h2>a</h2>"),
        ("<p>&nbsp;</p>", ""),
    ],
)
def test_what_a_body_may_not_hold_is_dropped(html, clean):
    assert sanitise_body(html) == clean


@pytest.mark.parametrize("gap", ["&nbsp;", " ", "\n", "&nbsp; &nbsp;"])
def test_a_gap_of_very_many_spaces_is_read_once(gap):
    # Looking from each of them for where the gap ends, as was done, takes hours of this.
    gap *= 200_000 // len(gap)
    assert sanitise_body(f"<p>a{gap}</p><p>{gap}b</p>") == "<p>a</p><p>b</p>"
    assert sanitise_body(f"<p>{gap}</p>") == ""
    figure = sanitise_body(f'<figure data-image="7">{gap}<p>a</p></figure>')
    assert "<p>a</p>" in render_body(figure, images={}, addresses={})


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_that_runs_script_loses_its_address(scheme):
    assert scheme not in sanitise_body(f'<p><a href="{scheme}">a</a></p>')


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.org", "https://example.org"),
        ("www.example.org/a?b=c#d", "https://www.example.org/a?b=c#d"),
        ("ann@example.org", "mailto:ann@example.org"),
        ("/sections/city/", "/sections/city/"),
        ("http://example.org", "http://example.org"),
    ],
)
def test_a_link_typed_without_its_scheme_gets_it(typed, kept):
    assert sanitise_body(f'<p><a href="{typed}">a</a></p>') == f'<p><a href="{kept}">a</a></p>'


@pytest.mark.parametrize("typed", ["#x", "story", "//example.org", "a b.c", "?q=1"])
def test_a_link_to_no_address_loses_it(typed):
    assert sanitise_body(f'<p><a href="{typed}">a</a></p>') == "<p><a>a</a></p>"


@pytest.mark.django_db
def test_the_body_is_sanitised_whatever_way_it_comes_into_the_database():
    hostile = "<p>a<script>alert(1)</script></p>"
    article = Article.objects.create(body=hostile)
    [at_once] = Article.objects.bulk_create([Article(body=hostile)])
    updated, changed = Article.objects.create(), Article.objects.create()
    Article.objects.filter(pk=updated.pk).update(body=hostile)
    changed.body = hostile
    Article.objects.bulk_update([changed], ["body"])
    for each in (article, at_once, updated, changed):
        assert Article.objects.get(pk=each.pk).body == "<p>a</p>"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt://x", " x"])
def test_an_address_that_is_none_of_the_web_is_refused_by_the_database(url):
    article, author = make_article(), make_author()
    with pytest.raises(IntegrityError), transaction.atomic():
        article.related_reads.create(title="Elsewhere", url=url)
    with pytest.raises(IntegrityError), transaction.atomic():
        author.links.create(label="Elsewhere", url=url)
