"""What an old state of a story names and is deleted by now: left out of it, and named."""

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from articles.models.body_field import FIGURE, image_ids

from . import snapshot
from .differences import LABELS, NAMED


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
    named = {column: set() for column in NAMED}
    for part in snapshot.CHOICES:
        named[part].add(wanted[part])
    named["lead_image"].update(map(str, image_ids(wanted["body"])))
    for part in snapshot.ROWS:
        for row in wanted[part]:
            for column in NAMED.keys() & row.keys():
                named[column].add(row[column])
    deleted = {}
    for column, model in NAMED.items():
        pks = named[column] - {""}
        there = model.objects.filter(pk__in=pks).values_list("pk", flat=True)
        gone = pks - set(map(str, there))
        deleted[column] = _names(model, gone) if gone else {}
    return deleted


def _names(model, pks):
    """Return {primary key as text: name} from the admin's own log of what was deleted."""
    logged = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=pks,
        action_flag=DELETION,
    )
    names = dict(logged.order_by("action_time").values_list("object_id", "object_repr"))
    return {pk: names.get(pk) or _("number %(pk)s") % {"pk": pk} for pk in sorted(pks)}
