"""An article as plain values: what the form shows, what is typed, what was saved at 9:41.

A snapshot is a dict that JSON can hold, of the parts of an article that the form
writes. Two snapshots are compared part by part, three are merged, and one is written
as what the form would post, so that whatever saves a snapshot goes the form's way:

* single values, all as text: headline, standfirst, body, section ("3") and so on;
* ``tags``: names in alphabetical order;
* ``bylines``, ``related_reads``, ``corrections``: rows in order, each a dict of text.
"""

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import get_format, localize_input

from articles.models.body_field import sanitise_body
from newsroom.keys import read_key
from newsroom.moments import MomentField, PastMomentField

TEXTS = (
    "headline",
    "standfirst",
    "body",
    "dateline",
    "slug",
    "lead_image_alt",
    "lead_image_caption",
    "lead_image_credit",
)
CHOICES = ("section", "series", "lead_image")
MOMENTS = ("embargoed_until",)
# The inline forms' rows: for each its columns, the ordered first, and what tells two rows apart.
ROWS = {
    "bylines": (("author", "name", "role"), ("author", "name")),
    "related_reads": (("story", "title", "url"), ("story", "url")),
    "corrections": (("kind", "text", "noted_at"), ("kind", "text")),
}
ORDERED = ("bylines", "related_reads")
# What Django's own formsets read at most.
MOST_ROWS = 2000
PARTS = (*TEXTS, *CHOICES, *MOMENTS, "tags", *ROWS)


def stored(article):
    """Return the snapshot of an article as the database has it; of a new one, if it is None."""
    if article is None:
        return {**{part: "" for part in (*TEXTS, *CHOICES, *MOMENTS)}, "tags": [], **_no_rows()}
    return of(article, article.tags.names(), {part: getattr(article, part).all() for part in ROWS})


def of(story, tags, rows):
    """Return the snapshot of an Article or an Edition, with its tags' names and rows as given.

    The rows are instances, saved or not, in their order; an edition has no embargo.
    """
    return {
        **{name: _text(getattr(story, name)) for name in TEXTS},
        **{name: str(getattr(story, f"{name}_id") or "") for name in CHOICES},
        **{name: _moment(getattr(story, name, None)) for name in MOMENTS},
        "tags": sorted(tags, key=str.casefold),
        **{
            part: [_stored_row(row, columns) for row in rows[part]]
            for part, (columns, _identity) in ROWS.items()
        },
    }


def typed(post):
    """Return the snapshot of what the article form posts (a QueryDict), valid or not."""
    return {
        **{name: _text(post.get(name)) for name in TEXTS},
        "headline": " ".join(_text(post.get("headline")).split()),
        "body": sanitise_body(_text(post.get("body"))),
        **{name: _text(post.get(name)) for name in CHOICES},
        **{name: _typed_moment(post, name) for name in MOMENTS},
        "tags": sorted(
            {" ".join(_text(name).split()) for name in post.getlist("tags")} - {""},
            key=str.casefold,
        ),
        **{part: _typed_rows(post, part) for part in ROWS},
    }


def posted(snapshot, article):
    """Return as a QueryDict what the article form posts to turn ``article`` into a snapshot.

    ``article`` is None for a new one. What the snapshot does not hold (the parts of
    the form that are no part of it, such as the buttons) the caller adds.
    """
    post = QueryDict(mutable=True)
    for name in (*TEXTS, *CHOICES):
        post[name] = snapshot[name]
    for name in MOMENTS:
        _post_moment(post, name, snapshot[name])
    post.setlist("tags", snapshot["tags"])
    for part, (columns, identity) in ROWS.items():
        rows = list(getattr(article, part).all()) if article else []
        _post_rows(post, part, columns, identity, snapshot[part], rows)
    return post


def merge(base, theirs, yours):
    """Merge two snapshots that began as the same one.

    Return (merged, conflicts): every part that one side alone changed is taken from that
    side; ``conflicts`` names the parts that both changed, differently, in which
    ``merged`` has yours.
    """
    merged, conflicts = dict(yours), []
    for part in PARTS:
        if theirs[part] in (base[part], yours[part]):
            continue
        if yours[part] == base[part]:
            merged[part] = theirs[part]
        else:
            conflicts.append(part)
    return merged, conflicts


def changed_parts(one, other):
    """Return the names of the parts in which two snapshots differ, in the form's order."""
    return [part for part in PARTS if one[part] != other[part]]


def _no_rows():
    return {part: [] for part in ROWS}


def _text(value):
    """Return text as the form stores it, without what browsers and pastes bring along.

    Line ends come with carriage returns; a NUL character PostgreSQL cannot hold.
    """
    return (value or "").replace("\r\n", "\n").replace("\0", "").strip()


def _moment(moment):
    return timezone.localtime(moment).replace(microsecond=0).isoformat() if moment else ""


def _stored_row(row, columns):
    values = {name: getattr(row, row._meta.get_field(name).attname) for name in columns}
    return {
        name: _moment(value) if name == "noted_at" else _text(str(value or ""))
        for name, value in values.items()
    }


def _typed_moment(post, name):
    """Return a moment that was typed in the newsroom's zone; as it was typed if it is none."""
    day, time = (_text(post.get(f"{name}_{number}")) for number in (0, 1))
    field = PastMomentField if name.endswith("noted_at") else MomentField
    try:
        return _moment(field(required=False).clean([day, time]))
    except forms.ValidationError:
        return f"{day} {time}".strip()


def _post_moment(post, name, text):
    moment = parse_datetime(text) if text else None
    if moment is None:
        # Not a moment: shown again as it was typed, with the form's own word on it.
        post[f"{name}_0"], post[f"{name}_1"] = text, ""
        return
    local = timezone.localtime(moment)
    for number, (value, formats) in enumerate(
        ((local.date(), "DATE_INPUT_FORMATS"), (local.time(), "TIME_INPUT_FORMATS"))
    ):
        post[f"{name}_{number}"] = localize_input(value, get_format(formats)[0])


def _typed_rows(post, part):
    columns, _identity = ROWS[part]
    total = read_key(post.get(f"{part}-TOTAL_FORMS", "")) or 0
    rows = []
    for number in range(min(total, MOST_ROWS)):
        prefix = f"{part}-{number}"
        row = {
            name: _typed_moment(post, f"{prefix}-{name}")
            if name == "noted_at"
            else _text(post.get(f"{prefix}-{name}"))
            for name in columns
        }
        # A row with nothing in it but what the form itself puts there is no row.
        if f"{prefix}-DELETE" not in post and any(row[name] for name in _identity_of(part)):
            position = post.get(f"{prefix}-position", "")
            rows.append((read_key(position) or 0, number, row))
    if part in ORDERED:
        rows.sort(key=lambda each: each[:2])
    return [row for _position, _number, row in rows]


def _identity_of(part):
    return tuple(name for name in ROWS[part][1] if name != "kind")


def _post_rows(post, part, columns, identity, wanted, rows):
    """Post a formset that turns the stored rows into the wanted ones."""

    def key(row):
        return tuple(row[name] for name in identity)

    places = {}
    for position, row in enumerate(wanted):
        places.setdefault(key(row), []).append(position)
    forms_in_order = []
    for row in rows:
        found = places.get(key(_stored_row(row, columns)))
        forms_in_order.append((row.pk, found.pop(0) if found else None))
    taken = {position for _pk, position in forms_in_order}
    forms_in_order += [(None, each) for each in range(len(wanted)) if each not in taken]
    post[f"{part}-INITIAL_FORMS"] = str(len(rows))
    post[f"{part}-TOTAL_FORMS"] = str(len(forms_in_order))
    for number, (pk, position) in enumerate(forms_in_order):
        prefix = f"{part}-{number}"
        if pk is not None:
            post[f"{prefix}-id"] = str(pk)
        if position is None:
            post[f"{prefix}-DELETE"] = "on"
            row = _stored_row(next(each for each in rows if each.pk == pk), columns)
        else:
            row = wanted[position]
        for name in columns:
            if name == "noted_at":
                _post_moment(post, f"{prefix}-{name}", row[name])
            else:
                post[f"{prefix}-{name}"] = row[name]
        if part in ORDERED:
            post[f"{prefix}-position"] = str(position or 0)
