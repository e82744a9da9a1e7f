"""What became of a story between two moments, part by part and word by word."""

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles import differences as in_parts
from articles.body import mark_differences, show_in_words
from articles.differences import PartDifference, byline_in_words, correction_in_words, in_lines
from articles.models import Article, Image, Section, Series
from articles.models.body_field import image_ids
from articles.publishing import spoken_time
from authors.models import Author
from newsroom.keys import read_key

from . import snapshot

LABELS = {
    **in_parts.LABELS,
    **{name: capfirst(Article._meta.get_field(name).verbose_name) for name in snapshot.MOMENTS},
}
# What a snapshot's columns name by primary key.
NAMED = {
    "section": Section,
    "series": Series,
    "lead_image": Image,
    "author": Author,
    "story": Article,
}


def differences(one, other, parts=None):
    """Return a PartDifference for each part in which two snapshots differ, in the form's order.

    ``parts`` names those that are looked at; left out, all. Costs a fixed number of queries.
    """
    changed = [
        part for part in snapshot.changed_parts(one, other) if parts is None or part in parts
    ]
    names = _names(changed, one, other)
    return [
        PartDifference(
            part,
            LABELS[part],
            before := _in_words(part, one[part], names),
            after := _in_words(part, other[part], names),
            mark_differences(before, after),
        )
        for part in changed
    ]


def named_in(parts, *snapshots):
    """Return {column: primary keys as text} of what some parts of snapshots name."""
    named = {column: set() for column in NAMED}
    for each in snapshots:
        for part in parts:
            if part in snapshot.CHOICES:
                named[part].add(each[part])
            elif part == "body":
                named["lead_image"].update(map(str, image_ids(each["body"])))
            elif part in snapshot.ROWS:
                for row in each[part]:
                    for column in named.keys() & row.keys():
                        named[column].add(row[column])
    return {column: {pk for pk in pks if read_key(pk)} for column, pks in named.items()}


def names_of_deleted(column, pks):
    """Return {primary key as text: name} of what is deleted, from the admin's log of deletions."""
    logged = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(NAMED[column]),
        object_id__in=pks,
        action_flag=DELETION,
    )
    names = dict(logged.order_by("action_time").values_list("object_id", "object_repr"))
    return {pk: names.get(pk) or _("number %(pk)s") % {"pk": pk} for pk in sorted(pks)}


def _names(parts, *snapshots):
    """Return {column: {primary key as text: name}} for what the parts of the snapshots name."""
    names = {}
    for column, pks in named_in(parts, *snapshots).items():
        model = NAMED[column]
        found = model.objects.only(*_columns_of_name(model)).in_bulk([int(pk) for pk in pks])
        names[column] = {str(pk): str(row) for pk, row in found.items()}
        if gone := pks - names[column].keys():
            names[column] |= names_of_deleted(column, gone)
    return names


def _columns_of_name(model):
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.name in {"id", "name", "title", "headline"}
    ]


def _in_words(part, value, names):
    """Return a part of a snapshot as HTML that a person can read."""
    if part == "body":
        titles = {int(pk): title for pk, title in names["lead_image"].items()}
        return show_in_words(value, titles, at_the_desk)
    if part in snapshot.ROWS:
        lines = [_row_in_words(part, row, names) for row in value]
    elif part == "tags":
        lines = value
    elif part in snapshot.CHOICES:
        lines = [names[part].get(value, value)]
    elif part in snapshot.MOMENTS:
        lines = [_moment_in_words(value)]
    else:
        lines = value.split("\n")
    return in_lines(lines)


def at_the_desk(article):
    """Return where the desk works on an article (its primary key)."""
    return reverse("admin:articles_article_change", args=[article])


def _row_in_words(part, row, names):
    if part == "bylines":
        name = row["name"] or names["author"].get(row["author"], row["author"])
        return byline_in_words(name, row["role"])
    if part == "related_reads":
        if row["story"]:
            return names["story"].get(row["story"], row["story"])
        return f"{row['title']} ({row['url']})"
    return correction_in_words(row["kind"], _moment_in_words(row["noted_at"]), row["text"])


def _moment_in_words(text):
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    return spoken_time(moment) if moment else text
