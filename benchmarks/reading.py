"""What the readers' pages cost among a thousand stories, and among a million.

    .venv/bin/python benchmarks/reading.py [stories ...]

Fills an SQLite and a PostgreSQL database with 1,000, then 100,000, then 1,000,000
stories (or the numbers given), and prints for each page the queries, the fewest
milliseconds of seven rounds, and their ratio to the first number's. A page grows with the
stories that it shows and the days of a month, and not with those that there are.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.dashboard import cost  # noqa: E402
from benchmarks.many_stories import fill, on_both_databases  # noqa: E402


def pages():
    """Return the addresses of what is measured, by what it is."""
    from articles.models import Edition, Section, Tag
    from authors.models import Author

    story = Edition.objects.live().order_by("pk")[500]
    day = story.first_published_on
    return {
        "story": story.get_absolute_url(),
        "front page": "/",
        "section": Section.objects.earliest("pk").get_absolute_url(),
        "tag": Tag.objects.earliest("pk").get_absolute_url(),
        "author": Author.objects.earliest("pk").get_absolute_url(),
        "archive": "/archive/",
        "year": f"/{day:%Y}/",
        "month": f"/{day:%Y/%m}/",
        "day": f"/{day:%Y/%m/%d}/",
        "authors": "/authors/",
        "series": "/series/",
    }


def measure(counts):
    """Fill, open each page, print the figures."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    costs = {}
    for count in counts:
        fill(count)
        with connection.cursor() as cursor:
            # What a server does by itself in time.
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        for name, address in pages().items():
            costs.setdefault(name, []).append(cost(client, address))
    print(f"\n{connection.vendor:12} queries" + "".join(f"{count:>22,}" for count in counts))
    for name, measured in costs.items():
        queries = "/".join(str(each) for each in sorted({each for each, _ms in measured}))
        times = "".join(f"{ms:10.1f} ms {ms / measured[0][1]:7.2f} x" for _queries, ms in measured)
        print(f"{name:14} {queries:>5} {times}", flush=True)


def main():
    if "--here" in sys.argv:
        counts = [int(each) for each in sys.argv[1:] if each.isdecimal()]
        return measure(counts or [1000, 100_000, 1_000_000])
    on_both_databases(__file__)


if __name__ == "__main__":
    main()
