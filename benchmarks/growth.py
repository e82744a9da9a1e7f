"""What every page costs among a thousand stories, and among a million.

    .venv/bin/python benchmarks/growth.py [stories ...] [--only WORDS] [--queries]

Fills an SQLite and a PostgreSQL database with 1,000 and 1,000,000 stories each (or the
numbers given), and opens each page of the readers' and of the desk's in both by turns.
Printed are the queries, the medians of the CPU milliseconds (this process's, and its
PostgreSQL server process's) and of all milliseconds, the size of the answer, and their ratios to
the first number's; a page whose CPU grew by more than 1.3 is marked: where its size grew too, it
lists more, as that of a month of which the first newsroom has four days. ``--queries`` names the
queries behind it.

GROWTH_DATABASES names databases to use and to keep, with a ``{}`` where the number stands,
as in "sqlite:////tmp/stories-{}.sqlite3 postgres://user@host/stories_{}"; they have to be there.
Pages are made anew each time: what a cache answers does not depend on the stories at all.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.many_stories import cpu, vocabulary  # noqa: E402

ROUNDS = 15
MOST = 1.3
REPORTER = "desk2"
STATES = ("draft", "scheduled", "live", "changed", "withdrawn")


def readers_pages():
    """Return the readers' addresses by name; each is of a story or subject like the others'."""
    from articles.models import Edition, Image, Section, Series, Tag
    from authors.models import Author

    live = Edition.objects.live()
    words = vocabulary()
    newest = list(live.latest_first().defer("body")[:200])
    # One that was updated, has chosen reads and two writers: as long a page as there is.
    story = next(
        each
        for each in newest[30:]
        if each.related_reads and each.live_from > each.first_published_at
    )
    day = newest[150].first_published_on
    # Nearly everything came since.
    old = live.oldest_first()[30].first_published_on
    section = Section.objects.get(slug="section-0")
    series = Series.objects.get(slug="series-0")
    author = Author.objects.get(slug="author-0")
    common, seldom = Tag.objects.order_by("pk")[0], Tag.objects.order_by("pk")[6]
    older = f"?before={cursor(newest[100])}"
    search = {
        "newest of all": "",
        "rare word": f"q={words[20_000]}",
        "middling word": f"q={words[400]}",
        "commonest word": f"q={words[0]}",
        "two words": f"q={words[10]}+{words[20]}",
        "phrase": f"q=%22{words[3]}+{words[5]}%22",
        # As many as are ranked have it among a thousand too.
        "common phrase": f"q=%22{words[0]}+{words[1]}%22",
        "word -word": f"q={words[10]}+-{words[5]}",
        "word OR word": f"q={words[10]}+OR+{words[20_000]}",
        "typing error": f"q={words[3000][0]}{words[3000][2]}{words[3000][1]}{words[3000][3:]}",
        "nothing found": "q=xylophonists",
        "a section": f"q={words[10]}&section=section-3",
        "author and tag": f"q={words[0]}&author=author-0&tag={common.slug}",
        "days": f"q={words[10]}&from={day}&to={day}",
        "newest first": f"q={words[10]}&order=newest",
    }
    lists = {
        "section": section,
        "series": series,
        "tag": common,
        "rare tag": seldom,
        "author": author,
    }
    picture = Image.objects.earliest("pk").picture
    return {
        "story": story.get_absolute_url(),
        "story, changes": story.get_changes_url(),
        "story with a logo": live.filter(lead_image=1).latest_first()[0].get_absolute_url(),
        "front page": "/",
        "front page, older": f"/{older}",
        **{name: row.get_absolute_url() for name, row in lists.items()},
        "section, older": section.get_absolute_url() + older,
        "tag, older": common.get_absolute_url() + older,
        "author, older": author.get_absolute_url() + older,
        "authors": "/authors/",
        "authors, from M": "/authors/?from=M",
        "all series": "/series/",
        "archive": "/archive/",
        "year": f"/{day:%Y}/",
        "month": f"/{day:%Y/%m}/",
        "day": f"/{day:%Y/%m/%d}/",
        "old year": f"/{old:%Y}/",
        "old month": f"/{old:%Y/%m}/",
        "old day": f"/{old:%Y/%m/%d}/",
        "as it was": f"/as-it-was/{newest[60].live_from:%Y-%m-%dT%H:%M:%SZ}/",
        **{f"search: {name}": f"/search/?{question}" for name, question in search.items()},
        "feed": "/feed/",
        "feed, Atom": "/feed/atom/",
        "feed, JSON": "/feed/json/",
        **{f"feed of {name}": row.get_absolute_url() + "feed/" for name, row in lists.items()},
        "feed of a search": f"/search/feed/?q={words[400]}",
        "sitemap": "/sitemap.xml",
        "sitemap: stories": "/sitemap-stories-0.xml",
        "sitemap: sections": "/sitemap-sections-0.xml",
        "sitemap: authors": "/sitemap-authors-0.xml",
        "sitemap: tags": "/sitemap-tags-0.xml",
        "sitemap of news": "/sitemap-news.xml",
        "picture": picture.thumbnail_url,
        "withdrawn story": withdrawn_address(),
        "no such story": f"/{day:%Y/%m/%d}/nothing-here/",
    }


def cursor(edition):
    from articles.views.lists import write_cursor

    return write_cursor(edition)


def withdrawn_address():
    from articles.models import Edition, PublishingMove

    moves = PublishingMove.objects.filter(kind="withdraw")
    return Edition.objects.filter(article=moves.latest("pk").article).last().get_absolute_url()


def desk_pages():
    """Return the desk's addresses by name."""
    from django.utils import timezone

    from articles.models import Article, FrontPage, Image, Tag
    from authors.models import Author

    words = vocabulary()
    live = Article.objects.in_state("changed").order_by("-pk")[3]
    # One that the reporter may see too.
    own = Article.objects.filter(created_by__username=REPORTER)
    draft = own.in_state("draft").latest("pk")
    scheduled = Article.objects.in_state("scheduled").order_by("-pk")[3]
    tag, image = Tag.objects.order_by("pk")[0], Image.objects.order_by("pk")
    today = f"{timezone.now():%Y-%m-%dT00:00Z}"
    front_page = f"/admin/articles/frontpage/{FrontPage.objects.latest('pk').pk}"
    stories, pictures = "/admin/articles/article/", "/admin/articles/image/"
    complete = "/admin/autocomplete/?app_label=articles&model_name={}&field_name={}&term={}".format
    return {
        "dashboard": "/admin/",
        "stories": stories,
        "stories, page 10": f"{stories}?p=10",
        "stories, oldest change first": f"{stories}?o=6",
        "stories changed today": f"{stories}?changed_at__gte={today}",
        **{f"stories: {state}": f"{stories}?state={state}" for state in STATES},
        **{
            f"stories live since {n}": f"{stories}?live_since={n}"
            for n in ("today", "7", "30", "365")
        },
        "stories in review": f"{stories}?stage__exact=in+review",
        "stories of a section": f"{stories}?section__id__exact=3",
        "drafts of a section": f"{stories}?section__id__exact=3&state=draft",
        "stories of a series": f"{stories}?series__id__exact=1",
        "stories of an author": f"{stories}?author=1",
        "stories: common word": f"{stories}?q={words[5]}",
        "stories: rare word": f"{stories}?q={words[9000]}",
        "stories: no such word": f"{stories}?q=xylophonists",
        "stories: a slug": f"{stories}?q={live.slug}",
        "new story": f"{stories}add/",
        "story form": f"{stories}{live.pk}/change/",
        "story form, draft": f"{stories}{draft.pk}/change/",
        "story form, scheduled": f"{stories}{scheduled.pk}/change/",
        "story, history": f"{stories}{live.pk}/history/",
        "story, preview": f"{stories}{live.pk}/preview/",
        "story, schedule": f"{stories}{draft.pk}/schedule/",
        "story, withdraw": f"{stories}{live.pk}/withdraw/",
        "story, hand in": f"{stories}{draft.pk}/hand_in/",
        "story, preview links": f"{stories}{live.pk}/preview-links/",
        "deleted stories": f"{stories}deleted/",
        "stories to link to": f"{stories}story-links/?q={words[5]}",
        "suggested reads": f"{stories}related-reads/?tags={tag.name}&article={live.pk}&series=1",
        "profiles like a name": f"{stories}profiles/?name=Bob+Bitu",
        "pick a related read": complete("relatedread", "story", words[5]),
        "pick a related read: none": complete("relatedread", "story", "xylophonists"),
        "pick an author": complete("articlebyline", "author", words[300]),
        "pick a lead image": complete("article", "lead_image", words[5]),
        "pick a lead image: none": complete("article", "lead_image", "xylophonists"),
        "pick a tag": f"{stories}tag-names/?term={words[2040][:3]}",
        "twins of a tag": f"/admin/articles/tag/twins/?name={words[2040]}s",
        "library": pictures,
        "library, page 3": f"{pictures}?p=2",
        "library: a word": f"{pictures}?q={words[5]}",
        "library: no such word": f"{pictures}?q=xylophonists",
        "library: lacks alt text": f"{pictures}?to_do=alt_text",
        "library: unused": f"{pictures}?to_do=unused",
        "library of a person": f"{pictures}?uploaded_by__id__exact=1",
        "library, picker": f"{pictures}library/",
        "library, picker: a word": f"{pictures}library/?q={words[5]}",
        "library, picker: no such word": f"{pictures}library/?q=xylophonists",
        "picture's form": f"{pictures}{image[7].pk}/change/",
        "logo's form": f"{pictures}{image[0].pk}/change/",
        "tags": "/admin/articles/tag/",
        "tags: a word": f"/admin/articles/tag/?q={words[2040]}",
        "tags: unused": "/admin/articles/tag/?use=none",
        "tag's form": f"/admin/articles/tag/{tag.pk}/change/",
        "sections": "/admin/articles/section/",
        "series": "/admin/articles/series/",
        "authors": "/admin/authors/author/",
        "author's form": f"/admin/authors/author/{Author.objects.earliest('pk').pk}/change/",
        "front pages": "/admin/articles/frontpage/",
        "new front page": "/admin/articles/frontpage/add/",
        "front page, preview": f"{front_page}/preview/",
        "pick a lead": f"/admin/articles/frontpage/stories/?term={words[5]}",
        "pick a lead: none": "/admin/articles/frontpage/stories/?term=xylophonists",
    }


# What a reporter sees of the desk is narrowed to what is theirs or was published.
REPORTERS = (
    "dashboard",
    "stories",
    "stories: live",
    "stories: draft",
    "stories: common word",
    "stories of a section",
    "story form, draft",
    "pick a related read",
)


def serve():
    """Open the pages that are asked for on standard input, each line one; answer with figures."""
    import django

    django.setup()
    # Pages that are not there are measured too.
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", "No directory at")
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client

    # Static files need not be collected for this.
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["staticfiles"]["BACKEND"] = plain
    client = Client(headers={"host": "127.0.0.1"})
    pages = {f"readers: {name}": (client, each) for name, each in readers_pages().items()}
    desk = desk_pages()
    for username, role, names in (("desk1", "Editor", desk), (REPORTER, "Reporter", REPORTERS)):
        person = get_user_model().objects.get(username=username)
        person.groups.set([Group.objects.get(name=role)])
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person)
        pages |= {f"{role.lower()}: {name}": (client, desk[name]) for name in names}
    print(json.dumps(list(pages)), flush=True)
    for line in sys.stdin:
        client, address = pages[line.strip()]
        print(json.dumps(open_once(client, address, connection)), flush=True)


def open_once(client, address, connection):
    """Return what opening an address costs once, and its queries with their milliseconds."""
    queries = []

    def timed(execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            queries.append((1000 * (time.perf_counter() - began), sql, repr(params)))

    with connection.execute_wrapper(timed) if "--queries" in sys.argv else counted(queries):
        worked, began = cpu(connection), time.perf_counter()
        response = client.get(address)
        # What is asked for only while it is sent.
        body = b"".join(response) if response.streaming else response.content
        spent = time.perf_counter() - began
        worked = cpu(connection) - worked
    return {
        "status": response.status_code,
        "ms": 1000 * spent,
        "cpu": 1000 * worked,
        "queries": len(queries),
        "bytes": len(body),
        "each": queries if "--queries" in sys.argv else [],
    }


@contextmanager
def counted(queries):
    """Count the queries of the block by as many entries of a list."""
    from django.db import connection

    def count(execute, *rest):
        queries.append(None)
        return execute(*rest)

    with connection.execute_wrapper(count):
        yield


def measure(urls):
    """Print the table of one kind of database; ``urls`` are by number of stories."""
    counts = list(urls)
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    with ExitStack() as stack:
        servers = [stack.enter_context(server(url)) for url in urls.values()]
        names = [json.loads(each.stdout.readline()) for each in servers][0]
        kind = next(iter(urls.values())).partition(":")[0]
        print(f"\n{kind:42} queries" + "".join(f"{n:>13,} stories" + " " * 32 for n in counts))
        for name in names:
            if only not in name:
                continue
            costs = [[] for _server in servers]
            for _round in range(ROUNDS):
                for each, found in zip(servers, costs, strict=True):
                    print(name, file=each.stdin, flush=True)
                    found.append(json.loads(each.stdout.readline()))
            show(name, costs)


def show(name, costs):
    """Print the line of a page, of which there are some rounds for each number of stories."""
    cpus, times = (
        [median(each[key] for each in found) for found in costs] for key in ("cpu", "ms")
    )
    sizes = [found[-1]["bytes"] for found in costs]
    queries = "/".join(dict.fromkeys(str(found[-1]["queries"]) for found in costs))
    statuses = {each["status"] for found in costs for each in found}
    cells = "".join(
        f"  {cpu:7.1f} CPU {cpu / cpus[0]:5.2f} {ms:7.1f} ms {ms / times[0]:5.2f}"
        f" {size / 1024:6.1f} KiB {size / max(sizes[0], 1):5.2f}"
        for cpu, ms, size in zip(cpus, times, sizes, strict=True)
    )
    mark = " <" if max(cpus) > MOST * cpus[0] else ""
    odd = "" if statuses == {200} else f" {statuses}"
    print(f"{name:42} {queries:>7}{cells}{mark}{odd}", flush=True)
    if mark and "--queries" in sys.argv:
        slower = sorted(
            (
                (median(found["each"][n][0] for found in costs[-1][-5:]), n)
                for n in range(costs[-1][-1]["queries"])
            ),
            reverse=True,
        )
        for ms, n in slower[:3]:
            before = costs[0][-1]["each"][n][0] if n < costs[0][-1]["queries"] else 0
            _ms, sql, params = costs[-1][-1]["each"][n]
            print(f"    {before:.1f} -> {ms:.1f} ms: {sql[:3000]} {params[:300]}")


@contextmanager
def server(url):
    """Yield a process that opens pages of one database."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", *(["--queries"] if "--queries" in sys.argv else [])],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()


@contextmanager
def databases(counts):
    """Yield, for each kind of database, the addresses of filled ones by number of stories."""
    if kept := os.environ.get("GROWTH_DATABASES"):
        yield [{n: url.format(n) for n in counts} for url in kept.split()]
        return
    os.environ.pop("DATABASE_URL", None)
    import psycopg

    from tests.run import postgresql

    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        os.environ["MEDIA_ROOT"] = folder
        of_server = url.rpartition("/")[0]
        found = [
            {n: f"sqlite:///{folder}/stories-{n}.sqlite3" for n in counts},
            {n: f"{of_server}/stories_{n}" for n in counts},
        ]
        with psycopg.connect(url, autocommit=True) as connection:
            for n in counts:
                connection.execute(f"CREATE DATABASE stories_{n}")
        for urls in found:
            for n, each in urls.items():
                here = {**os.environ, "DATABASE_URL": each}
                for command in (
                    ("manage.py", "migrate", "--verbosity", "0"),
                    ("benchmarks/many_stories.py", str(n)),
                ):
                    subprocess.run([sys.executable, *command], cwd=ROOT, env=here, check=True)
        yield found


def main():
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "off",
        "DEBUG": "off",
    }
    os.environ["PAST_IS_PUBLIC"] = "on"
    if "--serve" in sys.argv:
        return serve()
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()] or [1000, 1_000_000]
    with databases(counts) as found:
        for urls in found:
            measure(urls)


if __name__ == "__main__":
    main()
