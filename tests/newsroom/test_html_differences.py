"""Differences between two pieces of HTML, word by word."""

import time

import pytest

from newsroom.html_differences import differences_of

pytestmark = pytest.mark.looks


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("", "<p>One.</p>", "<p><ins>One.</ins></p>"),
        ("<p>One.</p>", "", "<p><del>One.</del></p>"),
        ("", "", ""),
        ("<p>One two.</p>", "<p>One two.</p>", "<p>One two.</p>"),
        ("a &lt;b&gt;", "a &lt;i&gt;", "a <ins>&lt;i&gt;</ins> <del>&lt;b&gt;</del>"),
        (
            "<p>One two.</p><p>Three.</p>",
            "<p>One four.</p><p>Three.</p>",
            "<p>One <ins>four.</ins> <del>two.</del></p><p>Three.</p>",
        ),
    ],
)
def test_words_are_marked(before, after, marked):
    found = differences_of(before, after).strip()
    assert found.replace(" </p>", "</p>").replace("</del> ", "</del>") == marked.replace(
        "</del> ", "</del>"
    )


def test_a_paragraph_that_was_put_in_leaves_the_others_unmarked():
    before = "".join(f"<p>Number {number} stays as it is.</p>" for number in range(5))
    after = before.replace("<p>Number 2", "<p>Quite new.</p><p>Number 2").replace("4 stays", "4 is")
    found = differences_of(before, after)
    assert found.count("<ins>") == 2 and found.count("<del>") == 1


def test_twenty_thousand_words_with_a_change_in_each_paragraph_take_seconds_at_most():
    def body(word):
        return "".join(
            "<p>" + " ".join(f"w{n * 60 + i}" for i in range(59)) + f" {word}</p>"
            for n in range(334)
        )

    began = time.process_time()
    assert differences_of(body("old"), body("new")).count("<ins>new</ins>") == 334
    assert time.process_time() - began < 5
