"""What an old state of a story names and is deleted by now: left out of it, and named."""

from articles.models.body_field import FIGURE, image_ids

from . import snapshot
from .differences import LABELS, NAMED, named_in, names_of_deleted


def without_the_deleted(wanted):
    """Return a snapshot without what is deleted by now, and a line that names each such thing.

    A tag is its name, so it can be made again; of a picture in the body the caption stays.
    Costs at most two queries for each kind of thing.
    """
    kept, lines = dict(wanted), []
    gone = _deleted(wanted)

    def leave_out(part, column, pk):
        lines.append(f"{LABELS[part]}: {gone[column][pk]}")

    for part in snapshot.CHOICES:
        if wanted[part] in gone[part]:
            kept[part] = ""
            leave_out(part, part, wanted[part])
    for part in snapshot.ROWS:
        kept[part] = []
        for row in wanted[part]:
            column = next((each for each in NAMED if row.get(each) in gone[each]), None)
            if column:
                leave_out(part, column, row[column])
            else:
                kept[part].append(row)
    for pk in map(str, image_ids(wanted["body"])):
        if pk in gone["lead_image"]:
            leave_out("body", "lead_image", pk)

    def figure(match):
        if match[1] not in gone["lead_image"]:
            return match[0]
        return f"<p>{match[2]}</p>" if match[2] else ""

    kept["body"] = FIGURE.sub(figure, wanted["body"])
    return kept, lines


def _deleted(wanted):
    """Return {column: {primary key as text: name}} of what a snapshot names and is deleted."""
    deleted = {}
    for column, pks in named_in(snapshot.PARTS, wanted).items():
        there = NAMED[column].objects.filter(pk__in=pks).values_list("pk", flat=True)
        gone = pks - set(map(str, there))
        deleted[column] = names_of_deleted(column, gone) if gone else {}
    return deleted
