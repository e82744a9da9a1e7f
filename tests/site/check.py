"""What ``make check-site`` does: look at the readers' site from outside, as deployed.

Makes a newsroom of the demo's stories and odd ones, serves it, and then
1. crawls it: every internal link answers 200 in one step,
2. gives every page to the Nu HTML Checker: no error, no warning,
3. gives a page of each kind to axe-core at three widths, light and dark: no violation,
4. gives five of them to Lighthouse's mobile preset: 100 in each category, nothing shifts, and
   the largest thing on a story's page is there within a second.

Ends with exit code 1 when anything is found. ``LIGHTHOUSE=off`` leaves out the slow part.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from lxml import html

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.run import ENVIRONMENT, chromium_path, found_or_installed, free_ports  # noqa: E402

HERE = Path(__file__).resolve().parent
WIDTHS = (320, 768, 1280)
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
MEASURED = ("story", "front", "section", "author", "search")
# Lighthouse's figures for speed hang on the machine; the median of so many runs counts.
RUNS = 3


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


OPENER = build_opener(NoRedirect)


def get(address):
    """Return (status, content type, body) of what one request to an address answers."""
    request = Request(address, headers={"Accept": "*/*", "User-Agent": "check-site"})
    try:
        response = OPENER.open(request, timeout=60)
    except HTTPError as error:
        response = error
    with response:
        return response.status, response.headers.get_content_type(), response.read()


def whole_chromium():
    """Return the path of the browser that people have, or None: its paint is what is timed."""
    return chromium_path(("chromium",))


@contextmanager
def served_newsroom(folder):
    """Yield (address, {name: path of a page}) of a newsroom of its own, served as deployed."""
    (port,) = free_ports(1)
    os.environ.update(
        ENVIRONMENT
        | {
            "ALLOWED_HOSTS": "localhost",
            "HTTPS": "off",
            "DATABASE_URL": f"sqlite:///{folder / 'newsroom.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        }
    )
    for command in (["migrate"], ["collectstatic", "--noinput"], ["demo"]):
        subprocess.run([sys.executable, ROOT / "manage.py", *command, "-v0"], check=True)
    pages = make_pages()
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [
            *(Path(sys.executable).parent / "granian", "--interface", "wsgi"),
            *("--blocking-threads", "8", "--port", str(port), "newsroom.wsgi:application"),
        ],
        cwd=ROOT,
        stdout=log,
        stderr=log,
    )
    try:
        address = f"http://localhost:{port}"
        for _attempt in range(300):
            with suppress(OSError):
                get(address)
                break
            time.sleep(0.1)
        yield address, pages
    finally:
        server.terminate()
        server.wait()


def make_pages():
    """Publish the odd stories; return the path of a page of each kind, by its name."""
    import django

    django.setup()
    from articles.models import Edition, Section, Series
    from tests.odd_stories import publish_odd_stories

    odd = publish_odd_stories()
    live = Edition.objects.live()
    whole = live.filter(series__isnull=False, lead_image__isnull=False)
    story = whole.exclude(pk__in=[edition.pk for edition in odd.values()]).first()
    author = story.bylines.exclude(author=None).first().author
    pages = {
        "story": story,
        "section": Section.objects.get(pk=story.section_id),
        "author": author,
        "series": Series.objects.get(pk=story.series_id),
        "tag": story.tags.first(),
    }
    return {
        "front": "/",
        "search": "/search/",
        **{name: page.get_absolute_url() for name, page in pages.items()},
        **{name: edition.get_absolute_url() for name, edition in odd.items()},
    }


def crawl(address):
    """Return ({page's address: body}, complaints) of all that is reached from the front page."""
    pages, complaints = {}, []
    waiting = {f"{address}/": "the front page"}
    waiting |= {f"{address}{path}": "nobody" for path in ("/robots.txt", "/sitemap.xml")}
    seen = set(waiting)
    while waiting:
        here, linked_from = waiting.popitem()
        status, kind, body = get(here)
        if status != 200:
            complaints.append(f"{here} answers {status}, linked from {linked_from}")
            continue
        for link in links_of(here, kind, body):
            if link.startswith(f"{address}/") and link not in seen:
                seen.add(link)
                waiting[link] = here
        if kind == "text/html":
            pages[here] = body
    return pages, complaints


def links_of(here, kind, body):
    """Yield the addresses that a page, a sitemap or robots.txt names, without their fragments."""
    if kind == "text/html":
        page = html.fromstring(body)
        found = [link for _element, attribute, link, _at in page.iterlinks() if attribute]
        for srcset in page.xpath("//@srcset"):
            found += [candidate.split()[0] for candidate in srcset.split(",")]
    elif kind.endswith("xml") and b"sitemaps.org" in body:
        found = html.fromstring(body).xpath("//loc/text()")
    elif kind == "text/plain":
        lines = body.decode().splitlines()
        found = [line.split(":", 1)[1] for line in lines if line.lower().startswith("sitemap:")]
    else:
        found = []
    for link in found:
        yield urlsplit(urljoin(here, link.strip()))._replace(fragment="").geturl()


def check_html(pages, folder):
    """Return what the Nu HTML Checker says of the pages."""
    found_or_installed("Java", "default-jre-headless", lambda: shutil.which("java"))
    files = {}
    for number, (address, body) in enumerate(pages.items()):
        file = folder / f"{number}.html"
        file.write_bytes(body)
        files[str(file)] = address
    jar = HERE / "node_modules/vnu-jar/build/dist/vnu.jar"
    command = ["java", "-jar", jar, "--format", "json", "--exit-zero-always", "--stdout"]
    done = subprocess.run([*command, *files], capture_output=True, check=True)
    where = defaultdict(list)
    for said in json.loads(done.stdout)["messages"]:
        page = files[said["url"].removeprefix("file:")]
        where[said["message"]].append(f"{page}, line {said.get('lastLine')}")
    return [f"{message} ({len(at)} times, first {at[0]})" for message, at in where.items()]


def check_accessibility(address, pages):
    """Return what axe-core finds on the pages, at each width, light and dark."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    complaints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=whole_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for scheme in ("light", "dark"):
            # axe-core itself writes inline styles, which the policy would refuse.
            context = browser.new_context(color_scheme=scheme, bypass_csp=True)
            page = context.new_page()
            for name, path in pages.items():
                page.goto(address + path)
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 800})
                    found = Axe().run(page)
                    where = f"{name} at {width} px, {scheme}"
                    if found.violations_count:
                        complaints.append(f"{where}: {found.generate_report()}")
                    broad = page.evaluate("() => document.documentElement.scrollWidth")
                    if broad > width:
                        complaints.append(f"{where}: {broad} px wide")
        browser.close()
    return complaints


def run_lighthouse(address):
    """Return {category: score of 100} and what cost points, of one run of Lighthouse."""
    command = [
        HERE / "node_modules/.bin/lighthouse",
        address,
        *("--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}"),
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu "
        "--disable-background-networking --disable-component-update --no-first-run",
    ]
    # Now and then the browser's trace misses the beginning of the visit.
    for _attempt in range(3):
        done = subprocess.run(
            command,
            capture_output=True,
            env={**os.environ, "CHROME_PATH": whole_chromium()},
            timeout=300,
        )
        if b"NO_NAVSTART" not in done.stderr:
            break
    if done.returncode:
        sys.exit(f"Lighthouse cannot look at {address}:\n{done.stderr.decode()}")
    report = json.loads(done.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    paint = report["audits"]["largest-contentful-paint"]["numericValue"] / 1000
    shift = report["audits"]["cumulative-layout-shift"]["numericValue"]
    lost = {
        reference["id"]
        for name in CATEGORIES
        for reference in report["categories"][name]["auditRefs"]
        if reference["weight"]
        and (report["audits"][reference["id"]]["score"] or 0) < 0.9
        and report["audits"][reference["id"]]["scoreDisplayMode"] != "notApplicable"
    }
    return scores, paint, shift, lost


def check_with_lighthouse(address, pages):
    """Print each page's scores; return what is below 100, shifts or, of a story, paints late."""
    complaints = []
    for name, path in pages.items():
        runs = sorted((run_lighthouse(address + path) for _run in range(RUNS)), key=lambda r: r[1])
        scores, paint, shift, lost = runs[RUNS // 2]
        print(
            f"   {name}: {'/'.join(str(scores[each]) for each in CATEGORIES)}, "
            f"largest paint {paint:.2f} s, shift {shift:.3f}",
            flush=True,
        )
        below = {category: score for category, score in scores.items() if score < 100}
        if below or shift or (name == "story" and paint >= 1):
            complaints.append(f"{name}: {below} paint {paint:.2f} s, shift {shift}: {lost}")
    return complaints


def main():
    found_or_installed("Chromium", "chromium", whole_chromium)
    complaints = []

    def step(title, found):
        print(f"== {title}: {len(found)} found", flush=True)
        complaints.extend(found)

    with tempfile.TemporaryDirectory(prefix="newsroom-site-") as name:
        folder = Path(name)
        with served_newsroom(folder) as (address, kinds):
            pages, found = crawl(address)
            step(f"links of {len(pages)} pages", found)
            step("Nu HTML Checker", check_html(pages, folder))
            step("axe-core", check_accessibility(address, kinds))
            if os.environ.get("LIGHTHOUSE") != "off":
                five = {name: kinds[name] for name in MEASURED}
                step(
                    "Lighthouse",
                    check_with_lighthouse(address, five),
                )
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
