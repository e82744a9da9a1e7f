"""What the desk's first pages cost among a thousand stories, and among a million.

    .venv/bin/python benchmarks/dashboard.py [stories ...]

Fills an SQLite and a PostgreSQL database with 1,000, then 100,000, then 1,000,000
stories (or the numbers given), and prints, for the dashboard and for the list of
stories with each of its filters, the queries, the fewest milliseconds of seven rounds, and
their ratio to the first number's.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.many_stories import fill, on_both_databases  # noqa: E402

STATES = ("draft", "scheduled", "live", "changed", "withdrawn")
LIST = "/admin/articles/article/"
PAGES = {
    "dashboard": "/admin/",
    "list": LIST,
    "list, page 20": f"{LIST}?p=20",
    "oldest change first": f"{LIST}?o=6",
    "changed before 2024": f"{LIST}?changed_at__lt=2024-01-01T00:00Z",
    **{f"state: {state}": f"{LIST}?state={state}" for state in STATES},
    **{f"live since: {days}": f"{LIST}?live_since={days}" for days in ("today", "7", "365")},
    "stage: in review": f"{LIST}?stage__exact=in+review",
    "section": f"{LIST}?section__id__exact=3",
    "section, drafts": f"{LIST}?section__id__exact=3&state=draft",
    "author": f"{LIST}?author=3",
    "search: a word": f"{LIST}?q=harbour",
    "search: a rare word": f"{LIST}?q=Story+77",
    "search: no such word": f"{LIST}?q=zebra",
    "search in a section": f"{LIST}?q=harbour&section__id__exact=3",
    "search: a slug": f"{LIST}?q=story-7",
    "search by the form": (
        "/admin/autocomplete/?app_label=articles&model_name=relatedread&field_name=story&term=zebra"
    ),
    "form": f"{LIST}7/change/",
}
ROLES = ("Editor", "Reporter")
ROUNDS = 7


def measure(counts):
    """Fill, open each page as each role, print the figures."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client

    costs = {(role, name): [] for role in ROLES for name in PAGES}
    for count in counts:
        began = time.perf_counter()
        fill(count)
        seconds = time.perf_counter() - began
        print(f"{connection.vendor}: {count:,} stories, filled in {seconds:.0f} s", flush=True)
        with connection.cursor() as cursor:
            # What a server does by itself in time.
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        person = get_user_model().objects.get(username="desk3")
        for role in ROLES:
            person.groups.set([Group.objects.get(name=role)])
            client = Client(headers={"host": "127.0.0.1"})
            client.force_login(person)
            for name, address in PAGES.items():
                costs[role, name].append(cost(client, address))
    print(f"\n{'':30} queries" + "".join(f"{count:>22,}" for count in counts))
    for (role, name), measured in costs.items():
        queries = "/".join(str(each) for each in sorted({each for each, _ms in measured}))
        times = "".join(f"{ms:10.1f} ms {ms / measured[0][1]:7.2f} x" for _queries, ms in measured)
        print(f"{role:9} {name:22} {queries:>5} {times}", flush=True)


def cost(client, address):
    """Return how many queries a page asks, and the fewest milliseconds of some rounds."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    times = []
    for _round in range(ROUNDS):
        # The log of queries is bounded; what filled the database has filled it too.
        reset_queries()
        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            response = client.get(address)
            times.append(1000 * (time.perf_counter() - began))
        # A reporter has no form of somebody else's story, and no search for one in it.
        assert response.status_code == 200, (address, response.status_code)
    if "--explain" in sys.argv:
        for query in queries.captured_queries:
            if float(query["time"]) > 0.02:
                print(address, query["time"], query["sql"], "\n")
    # What else the machine does only adds.
    return len(queries), min(times)


def main():
    counts = [int(each) for each in sys.argv[1:] if each.isdecimal()] or [1000, 100_000, 1_000_000]
    if "--here" in sys.argv:
        return measure(counts)
    on_both_databases(__file__)


if __name__ == "__main__":
    main()
