"""Taking editions into the index."""

from django.apps import apps as today
from django.db import connection

from articles.search import A_SECOND, backend, place_of, words

CHUNK = 500
# What is corrected, and what it is corrected to, has so many letters.
SHORTEST, LONGEST = 4, 30


def add(edition, authors, tags):
    """Take in an edition that was made just now: the names in its byline, and its Tags.

    Authors are (primary key or None, name), tags (primary key, name).
    """
    _add([(edition, authors, tags)], today)


def fill(apps=today, advance=lambda count: None):
    """Take in each edition that is not in yet; in chunks, so memory does not grow.

    ``advance`` is told how many editions each chunk had.
    """
    Edition = apps.get_model("articles", "Edition")
    after = 0
    while True:
        left = Edition.objects.filter(pk__gt=after, indexed__isnull=True).order_by("pk")
        editions = list(
            left.only("headline", "standfirst", "body", "section", "series", "first_published_at")[
                :CHUNK
            ]
        )
        if not editions:
            return
        after = editions[-1].pk
        named = {edition.pk: ([], []) for edition in editions}
        lines = apps.get_model("articles", "EditionByline").objects.filter(edition__in=named)
        for pk, *author in lines.values_list("edition", "author", "author__name", "name"):
            named[pk][0].append((author[0], author[1] or author[2]))
        tags = apps.get_model("articles", "EditionTag").objects.filter(edition__in=named)
        for pk, *tag in tags.values_list("edition", "tag", "tag__name"):
            named[pk][1].append(tag)
        _add([(edition, *named[edition.pk]) for edition in editions], apps)
        advance(len(editions))


def _add(whole, apps):
    rows, known, taken = [], set(), set()
    Indexed = apps.get_model("articles", "IndexedEdition")
    for edition, authors, tags in whole:
        fields, own = fields_of(edition, authors, tags)
        known |= own
        place = place_of(edition.first_published_at) + edition.pk % A_SECOND
        while place in taken or Indexed.objects.filter(place=place).exists():
            # The same number in the same second: among some ten thousands imported at once.
            place += A_SECOND
        taken.add(place)
        rows.append((place, edition.pk, fields))
    backend().add(rows)
    learn(known, apps)


def fields_of(edition, authors, tags):
    """Return what the index has of an edition, a list of words for each field, and its words."""
    names = [words.split(name) for _pk, name in [*authors, *tags]]
    told = [words.split(edition.headline), *names, words.split(edition.standfirst)]
    body = words.split(words.text_of(edition.body))
    stands_in = [
        f"§s{edition.section_id}",
        *([f"§r{edition.series_id}"] if edition.series_id else []),
        *(f"§a{pk}" for pk, _name in authors if pk),
        *(f"§g{pk}" for pk, _name in tags),
    ]
    fields = [stands_in]
    for sign, those in (("¹", told[:1]), ("²", told[:-1]), ("³", told), ("", [*told, body])):
        fields += [[sign + words.stem(word) for word in each] for each in those if each]
    return fields, {*body, *(word for each in told for word in each)}


def learn(known, apps=today):
    """Keep words, so that one with a typing error finds them."""
    KnownWord = apps.get_model("articles", "KnownWord")
    # In order: two that learn the same words at once then wait for each other one way only.
    known = sorted(word for word in known if is_correctable(word))
    for start in range(0, len(known), CHUNK):
        chunk = known[start : start + CHUNK]
        old = set(KnownWord.objects.filter(word__in=chunk).values_list("word", flat=True))
        KnownWord.objects.bulk_create(
            [KnownWord(word=w, head=head(w), tail=tail(w)) for w in chunk if w not in old],
            ignore_conflicts=True,
        )


def is_correctable(word):
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def head(word, length=None):
    """Return what words of a length share that have their error in the second half."""
    length = length or len(word)
    return f"{length}{word[: length // 2]}"


def tail(word, length=None):
    """Return what words of a length share that have their error in the first half."""
    length = length or len(word)
    return f"{length}{word[-((length - 1) // 2) :]}"


def empty():
    """Forget everything, to fill the index anew."""
    today.get_model("articles", "IndexedEdition").objects.all().delete()
    if backend().EMPTY:
        with connection.cursor() as cursor:
            cursor.execute(backend().EMPTY)
