"""What is long and odd takes a time by its length: by the square of it, each test takes minutes."""

import pytest

from articles.models.body_field import sanitise_body
from articles.reading import headings_of
from articles.search import words
from articles.search.snippets import passages_of, snippet
from tests.newsroom.cached_site import Site, answer, request

# Marks over and below a letter, which Unicode's normal forms sort.
MARKS = "a" + "\u0344\u0327" * 200_000


@pytest.mark.parametrize(
    "body",
    [
        f'<p><a href="a@{"." * 200_000}/">x</a></p>',
        f'<figure data-embed="https://youtube.com/watch?{"&v=aaaaaaaaaaa" * 20_000}\nx">x</figure>',
        f"<h2>{MARKS}</h2>",
    ],
    ids=["link", "embed", "marks"],
)
def test_a_body(body):
    assert len(headings_of(sanitise_body(body))) == body.count("<h2>")


def test_a_word():
    assert len(words.plain(MARKS)) <= words.LONGEST


def test_a_text_with_many_passages_in_another_language():
    body = "word" + ' <span lang="de">-</span>' * 50_000 + " end"
    pieces = snippet(words.text_of(body), [["word"]], passages_of(body))
    assert [piece for piece in pieces if piece[1]] == [("word", True, "")]
    assert {language for _text, _is_marked, language in pieces} == {"", "de"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["q", "author", "tag"])
def test_a_question(client, name):
    assert client.get("/search/", {name: MARKS}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_type_of_content():
    environ = request("/nothing/") | {"CONTENT_TYPE": 'a/b; x="' + ";" * 1_000_000}
    assert answer(Site().application, environ).status == 404
