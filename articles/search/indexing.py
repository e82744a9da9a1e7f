"""Taking editions into the index."""

from django.apps import apps as today
from django.db import connection

from articles.models import IndexedEdition
from articles.search import A_SECOND, backend, place_of, words

CHUNK = 500
# What is corrected, and what it is corrected to, has so many letters.
SHORTEST, LONGEST = 4, 30
# So many words it remembers to have learned, some 20 MB.
MOST_REMEMBERED = 200_000


def add(edition, authors, tags):
    """Take in an edition that was made just now: the names in its byline, and its Tags.

    Authors are (primary key or None, name), tags (primary key, name).
    """
    learn(_add([(edition, authors, tags)], today))


def make_anew(advance=lambda count: None, is_alone=False):
    """Forget everything and fill the index again, within a transaction of the caller's.

    ``is_alone`` says that nobody can search meanwhile as it is: then it is quicker, for the
    database makes its own index of the words when all are there.
    """
    empty()
    if is_alone:
        _execute(backend().DROP_INDEX)
    fill(advance=advance)
    if is_alone and backend().CREATE_INDEX:
        # What waits to be checked at the end would be in the way of the index.
        connection.check_constraints([IndexedEdition._meta.db_table])
        _execute(backend().CREATE_INDEX)


def renew(apps=today):
    """Take in anew what an older version of the program has taken in, in another way."""
    _execute(backend().FORGET_OLDER)
    fill(apps)


def empty():
    """Forget everything, to fill the index anew."""
    IndexedEdition.objects.all().delete()
    _execute(backend().EMPTY)


def _execute(statement):
    if statement:
        with connection.cursor() as cursor:
            cursor.execute(statement)


def fill(apps=today, advance=lambda count: None):
    """Take in each edition that is not in yet; in chunks, so memory does not grow.

    ``advance`` is told how many editions each chunk had.
    """
    learned = set()
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
        known = _add([(edition, *named[edition.pk]) for edition in editions], apps)
        learn(known - learned, apps)
        learned |= known
        if len(learned) > MOST_REMEMBERED:
            learned.clear()
        advance(len(editions))


def _add(whole, apps):
    """Take in editions; return the words in them, which are not learned yet."""
    rows, known = [], set()
    places = _free_places([edition for edition, _authors, _tags in whole], apps)
    for (edition, authors, tags), place in zip(whole, places, strict=True):
        fields, own = fields_of(edition, authors, tags)
        known |= own
        rows.append((place, edition.pk, fields))
    backend().add(rows)
    return known


def _free_places(editions, apps):
    """Yield a place for each of some editions that no other has."""
    there = apps.get_model("articles", "IndexedEdition").objects
    first = [place_of(each.first_published_at) + each.pk % A_SECOND for each in editions]
    taken = set(there.filter(place__in=first).values_list("place", flat=True))
    for place in first:
        while place in taken or (place not in first and there.filter(place=place).exists()):
            # The same number in the same second: among some ten thousands imported at once.
            place += A_SECOND
        taken.add(place)
        yield place


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
    stems = [words.stems_of(each) for each in [*told, body]]
    for sign, those in (("¹", stems[:1]), ("²", stems[:-2]), ("³", stems[:-1]), ("", stems)):
        fields += [[sign + word for word in each] if sign else each for each in those if each]
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
    """Whether errors are looked for in a word: it is of letters, and not too short or long."""
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def head(word, length=None):
    """Return what words of a length share that have their error in the second half."""
    length = length or len(word)
    return f"{length}{word[: length // 2]}"


def tail(word, length=None):
    """Return what words of a length share that have their error in the first half."""
    length = length or len(word)
    return f"{length}{word[-((length - 1) // 2) :]}"
