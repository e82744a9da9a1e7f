"""Hostile words go the real way: typed at the desk, saved, published, and shown in Chromium.

The browser has no content security policy here, so that it is the sanitiser and the escaping
that hold. ``HOSTILE=10000`` makes it so many values, and ``HOSTILE_FILE`` names a JSON list
of further strings:

    HOSTILE=10000 pytest tests/browser/test_hostile_words.py
"""

import json
import os
import re
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from lxml import etree

from articles import publishing
from articles.models import Article, Tag
from tests.articles.test_desk import ADD, form_of
from tests.browser.conftest import sign_in
from tests.factories import make_author, make_image, make_section, make_series
from tests.hostile_words import hostile_values

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = int(os.environ.get("HOSTILE", 180))
FIELDS = (
    ("headline", 300),
    ("standfirst", 2000),
    ("dateline", 100),
    ("lead_image_alt", 500),
    ("lead_image_caption", 2000),
    ("lead_image_credit", 200),
    ("corrections-0-text", 2000),
    ("related_reads-0-title", 300),
    ("bylines-1-name", 200),
    ("tags", 90),
    ("note_to_readers", 500),
)
BATCH = 15
FOUND = """() => {
  const found = window.ran ? ["a script ran"] : []
  const say = (words, it) => found.push(`${words}: ${it.outerHTML.slice(0, 200)}`)
  // The site's own icon stands within the page.
  for (const it of document.querySelectorAll("*:not(link[rel=icon])")) {
    for (const {name} of it.attributes) {
      if (name.startsWith("on") || name === "srcdoc") say(name, it)
      if (name === "style" && IS_PUBLIC) say("a style of its own", it)
    }
    for (const name of ["href", "src", "action", "formaction", "data"]) {
      const value = it.getAttribute(name)
      if (value === null || it.namespaceURI !== "http://www.w3.org/1999/xhtml") continue
      const {protocol, host} = new URL(value, document.baseURI)
      if (!["http:", "https:", "mailto:", "tel:"].includes(protocol)) {
        if (name !== "src" || protocol !== "data:" || IS_PUBLIC) say(protocol, it)
      }
      if (name !== "href" && protocol !== "data:" && host !== location.host) say(host, it)
    }
  }
  if (IS_PUBLIC) {
    const foreign = "iframe, object, embed, base, meta[http-equiv], style, template, noscript, " +
      "svg, math, plaintext, xmp, textarea, video, audio, " +
      "form:not([role=search] form, [role=search]), script:not([type='application/ld+json'])"
    document.querySelectorAll(foreign).forEach((it) => say("no part of ours", it))
  }
  for (const name of ["header", "main", "footer"]) {
    const number = document.querySelectorAll(`body > ${name}`).length
    if (IS_PUBLIC && number !== 1) found.push(`${number} of ${name}`)
  }
  return found
}"""


def words(text):
    """Return a text as it is seen: white space in one form, nothing that no page can hold.

    Chromium takes a control character in a page's title for white space, too.
    """
    return " ".join(re.sub(r"[\x01-\x1f\x7f]", " ", text.replace("\x00", "\ufffd")).split())


def posted(values, number, authors, section, series, image):
    """Return what the article form posts with a hostile value in each of its fields."""
    form = form_of(
        [authors],
        section=section.pk,
        series=series.pk,
        lead_image=image.pk,
        body=f"<p>It held.</p>{next(values)}<p>It held.</p>",
        _continue="Save and continue",
    )
    form |= {name: next(values)[:longest] for name, longest in FIELDS}
    form["headline"] = f"{number} {form['headline']}"[:300]
    form["related_reads-0-url"] = "https://elsewhere.example/"
    form["related_reads-0-title"] = f"R {form['related_reads-0-title']}"[:300]
    form["corrections-0-text"] = f"C {form['corrections-0-text']}"
    form["corrections-0-kind"] = "correction"
    form |= {"corrections-0-noted_at_0": "2026-11-24", "corrections-0-noted_at_1": "10:00:00"}
    form["bylines-1-name"] = f"B {form['bylines-1-name']}"[:200]
    form |= {"bylines-1-position": 1, "related_reads-0-position": 0}
    form["tags"] = [f"T {form['tags']}"]
    form |= {"bylines-TOTAL_FORMS": 2, "related_reads-TOTAL_FORMS": 1, "corrections-TOTAL_FORMS": 1}
    return form


@pytest.fixture
def bare_page(chromium, live_server):
    """A page without a content security policy, which says whether a script ran."""
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    context.add_init_script("window.hostile = () => { window.ran = true }")
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    yield page
    context.close()


def problems(page, address, is_public=True):
    """Return what is wrong with a page as Chromium has it."""
    page.goto(address, wait_until="load")
    return page.evaluate(FOUND.replace("IS_PUBLIC", str(is_public).lower()))


def publish_and_look(page, person, client, values):
    """Publish a batch of hostile values; return {address: what is wrong with it}."""
    values = cycle(values)
    client.force_login(person)
    surroundings = {
        "authors": make_author(
            name=f"A {next(values)}"[:200], job_title=next(values)[:200], bio=next(values)
        ),
        "section": make_section(name=f"S {next(values)}"[:100], description=next(values)),
        "series": make_series(name=f"Q {next(values)}"[:100], description=next(values)),
        "image": make_image(
            title=f"I {next(values)}"[:200],
            alt_text=next(values)[:500],
            caption=next(values),
            credit=next(values)[:200],
        ),
    }
    headlines = {}
    for number in range(Article.objects.count(), Article.objects.count() + BATCH):
        form = posted(values, number, **surroundings)
        answer = client.post(ADD, form)
        assert answer.status_code == 302, refusals(answer)
        # The desk warns of much in such a story, and publishes it all the same when told again.
        edition = publishing.publish(Article.objects.latest("pk"), by=person)
        headlines[edition.get_absolute_url()] = form["headline"]
    found = {}
    for address, headline in headlines.items():
        found[address] = problems(page, address)
        shown = page.evaluate("[document.querySelector('h1').textContent, document.title]")
        described = page.locator("script[type='application/ld+json']").first.text_content()
        if not all(words(headline) in words(each) for each in [*shown, headline_of(described)]):
            found[address].append(f"{headline!r} became {shown}")
    tag = Tag.objects.latest("pk").get_absolute_url()
    author, section, series, _image = surroundings.values()
    lists = [each.get_absolute_url() for each in (author, section, series)]
    search = f"/search/?{urlencode({'q': next(values)})}"
    for address in ["/", tag, *lists, search, "/authors/", "/series/"]:
        found[address] = problems(page, address)
    article = Article.objects.latest("pk")
    for name in ("change", "history", "preview", "delete"):
        address = reverse(f"admin:articles_article_{name}", args=[article.pk])
        found[address] = problems(page, address, is_public=False)
    changelist = reverse("admin:articles_article_changelist")
    for address in (changelist, reverse("admin:index"), author_form(author)):
        found[address] = problems(page, address, is_public=False)
    for address in ("/feed/", "/feed/atom/", "/sitemap.xml", "/sitemap-news.xml"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        etree.fromstring(answer.content)
    titles = [each["title"] for each in json.loads(client.get("/feed/json/").content)["items"]]
    missing = {words(each) for each in headlines.values()} - {words(each) for each in titles}
    assert not missing, (missing, titles)
    client.logout()
    address = article.editions.latest("pk").get_absolute_url()
    publishing.withdraw(article, next(values))
    found[f"{address} (410)"] = problems(page, address)
    return {address: each for address, each in found.items() if each}


def refusals(answer):
    """Return what the article form says of each field that it refuses."""
    sets = [each.formset.errors for each in answer.context["inline_admin_formsets"]]
    return answer.context["adminform"].form.errors, *sets


def author_form(author):
    return reverse("admin:authors_author_change", args=[author.pk])


def headline_of(described):
    """Return the headline that a JSON-LD script gives."""
    graph = json.loads(described)
    graph = graph.get("@graph", [graph])
    return next(each["headline"] for each in graph if "headline" in each)


def test_hostile_words_run_nothing_and_break_nothing(bare_page, live_server, ann, client):
    more = json.loads(Path(file).read_text()) if (file := os.environ.get("HOSTILE_FILE")) else ()
    values = [each.replace("\x00", "") for each in hostile_values(NUMBER, more=more)]
    sign_in(bare_page.context, live_server, ann)
    of_a_batch = (1 + len(FIELDS)) * BATCH
    found = {}
    for start in range(0, len(values), of_a_batch):
        found |= publish_and_look(bare_page, ann, client, values[start : start + of_a_batch])
    assert found == {}


@pytest.mark.looks
def test_the_look_at_a_page_finds_what_it_looks_for(bare_page):
    bare_page.goto("/")
    bare_page.set_content(
        "<img src=/x onerror=hostile()><p style='color:red'>x</p><a href=' java&#9;script:x'>x</a>"
        "<script src=//elsewhere.example/x.js></script><form action=data:x></form><svg></svg>"
    )
    bare_page.wait_for_function("window.ran")
    found = " ".join(bare_page.evaluate(FOUND.replace("IS_PUBLIC", "true")))
    for sentence in (
        "a script ran",
        "onerror: <img",
        "a style of its own: <p",
        "javascript:: <a",
        "elsewhere.example: <script",
        "data:: <form",
        "no part of ours: <svg",
        "0 of main",
    ):
        assert sentence in found
