"""What was saved in a story before: kept by django-reversion, and read again as snapshots.

Each save by a person makes one revision. What came into a story by another way since
the latest revision (an import, a command) gets one of its own before the next save.
"""

import reversion
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.utils.dateparse import parse_datetime
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from reversion.models import Version

from articles.models import (
    Article,
    ArticleByline,
    ArticleTag,
    Correction,
    DeletedStory,
    Handover,
    RelatedRead,
    Tag,
)

from . import snapshot
from .differences import LABELS
from .left_out import without_the_deleted

ROWS = {ArticleByline: "bylines", RelatedRead: "related_reads", Correction: "corrections"}

# Tags are kept by name too: an old save may have one that was deleted since.
reversion.register(Tag, fields=["name"])
reversion.register(ArticleTag, fields=["tag"], follow=["tag"])
for _model in (*ROWS, Handover):
    reversion.register(_model)
reversion.register(
    Article, exclude=["tags", "fingerprint"], follow=["article_tags", *ROWS.values()]
)


def saves_of(article):
    """Return the versions of an article, each a save, with who saved and what, latest first."""
    return Version.objects.get_for_object(article).select_related("revision__user")


def deleted_stories():
    """Return the DeletedStory of each article that is no more, latest first, with its version."""
    return DeletedStory.objects.select_related("version__revision__user").order_by("-pk")


def record_deletion(article, by):
    """Keep an article that is about to be deleted, with its handovers, to be brought back."""
    record(article, by, _("Deleted"), also=article.handovers.all())
    version = saves_of(article).first()
    DeletedStory.objects.update_or_create(article_id=article.pk, defaults={"version": version})


def record(article, by, comment, at=None, also=()):
    """Keep an article as it is stored, with its rows and those that are named ``also``.

    ``at`` is a moment that has passed. The number of queries does not depend on the rows.
    """
    names = ("bylines__author", "related_reads__story", "corrections", "article_tags__tag")
    with reversion.create_revision(manage_manually=True):
        reversion.set_user(by)
        reversion.set_comment(comment)
        if at:
            reversion.set_date_created(at)
        reversion.add_to_revision(Article.objects.prefetch_related(*names).get(pk=article.pk))
        for row in also:
            reversion.add_to_revision(row)


def record_unrecorded(article):
    """Keep what is stored if no revision has it yet; return its snapshot.

    Publishing writes a slug where there was none: that alone is no save.
    """
    article = Article.objects.select_related("changed_by").get(pk=article.pk)
    stored, latest = snapshot.stored(article), saves_of(article).first()
    changed = snapshot.changed_parts(read_save(latest), stored) if latest else None
    if changed is None or set(changed) - {"slug"}:
        comment = _("As it was before the history begins") if changed is None else in_words(changed)
        record(article, article.changed_by, comment, article.changed_at)
    return stored


def bring_back(version):
    """Store a deleted article again, under its own number, with its rows and handovers.

    Return it, and a line for each thing it named that is deleted itself by now. Raises
    IntegrityError if the article is there.
    """
    wanted, left_out = without_the_deleted(read_save(version))
    article = Article(**_without_the_gone(version.field_dict))
    article.body = wanted["body"]
    for name in snapshot.CHOICES:
        setattr(article, f"{name}_id", int(wanted[name]) if wanted[name] else None)
    # Raw: it was created and changed when it was, not now.
    article.save_base(raw=True, force_insert=True)
    article.tags.set(wanted["tags"])
    for model, part in ROWS.items():
        model.objects.bulk_create(
            model(article=article, **_columns(model, part, row, position))
            for position, row in enumerate(wanted[part])
        )
    handovers = Version.objects.get_for_model(Handover).filter(revision=version.revision_id)
    for each in handovers.order_by("pk"):
        Handover(**_without_the_gone(each.field_dict)).save_base(raw=True, force_insert=True)
    article.refresh_fingerprint()
    DeletedStory.objects.filter(article_id=article.pk).delete()
    return article, left_out


def _columns(model, part, row, position):
    """Return the fields of one of an article's rows, from what a snapshot has of it."""
    fields = {"position": position} if part in snapshot.ORDERED else {}
    for name, value in row.items():
        field = model._meta.get_field(name)
        if field.is_relation:
            fields[field.attname] = value or None
        else:
            fields[name] = parse_datetime(value) if name == "noted_at" else value
    return fields


def _without_the_gone(fields):
    """Return a row's fields without the accounts that are deleted by now."""
    people = {"assignee_id", "created_by_id", "changed_by_id", "made_by_id"} & fields.keys()
    found = get_user_model().objects.filter(pk__in={fields[name] for name in people} - {None})
    there = set(found.values_list("pk", flat=True))
    return fields | {name: None for name in people if fields[name] not in there}


def in_words(parts):
    """Return the labels of parts of a story as one line, for example "Headline and tags"."""
    labels = [str(LABELS[part]) for part in parts]
    return get_text_list(
        [*labels[:1], *(label[:1].lower() + label[1:] for label in labels[1:])], _("and")
    )


def read_save(version):
    """Return the snapshot that a version of an article and its revision's other rows hold.

    Raises reversion.errors.RevertError when the article has another shape now.
    """
    found = {model: [] for model in (ArticleTag, Tag, *ROWS)}
    for each in version.revision.version_set.order_by("pk"):
        model = ContentType.objects.get_for_id(each.content_type_id).model_class()
        if model in found:
            found[model].append(each)
    names = {int(tag.object_id): tag.field_dict["name"] for tag in found[Tag]}
    # A tag that was renamed since is still the same tag.
    names |= dict(Tag.objects.filter(pk__in=names).values_list("pk", "name"))
    rows = {
        part: sorted((model(**row.field_dict) for row in found[model]), key=_order_of(model))
        for model, part in ROWS.items()
    }
    return snapshot.of(Article(**version.field_dict), names.values(), rows)


def _order_of(model):
    def key(row):
        return tuple(getattr(row, name) for name in model._meta.ordering)

    return key


def read_edition(edition):
    """Return the snapshot of what readers had; what it took from the library is left to it."""
    found = snapshot.of(
        edition,
        edition.tags.values_list("name", flat=True),
        {
            "bylines": edition.bylines.all(),
            "related_reads": [
                RelatedRead(
                    story_id=read.get("article"),
                    title=read.get("title", ""),
                    url=read.get("url", ""),
                )
                for read in edition.related_reads
            ],
            "corrections": [
                Correction(**note | {"noted_at": parse_datetime(note["noted_at"])})
                for note in edition.corrections
            ],
        },
    )
    if image := edition.lead_image:
        for part, of_library in (
            ("lead_image_alt", image.alt_text),
            ("lead_image_caption", image.caption),
            ("lead_image_credit", image.credit),
        ):
            if found[part] == of_library.strip():
                found[part] = ""
    return found
