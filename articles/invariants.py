"""What is true of the database at any moment, whatever was killed: the design, asked afterwards.

The database itself holds most of it; a failing disk, a restore or somebody with SQL can break
it nevertheless. ``manage.py check_newsroom`` says what it finds.
"""

from django.db import IntegrityError, connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from articles.models import (
    Address,
    Edition,
    EditionByline,
    EditionImage,
    EditionTag,
    PublishingMove,
)
from articles.models.edition_rules import RULES as EDITION_RULES
from articles.models.page_change_rules import triggers
from authors.models import LoggedAct
from authors.models.log_rules import RULES as LOG_RULES

Kind = PublishingMove.Kind


def breaches():
    """Yield a sentence for each thing that is not as the design has it."""
    yield from _found_by_the_database()
    for name in sorted(_rules_wanted() - _rules_installed()):
        yield _("The database does not hold the rule “%(name)s”: migrate it anew.") % {"name": name}
    for sentence, rows in _broken():
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            yield f"{sentence} ({rows.model._meta.verbose_name} {pk})"


def _found_by_the_database():
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Asks for unique and check constraints, too.
            cursor.execute("PRAGMA integrity_check")
            yield from (found for (found,) in cursor.fetchall() if found != "ok")
    try:
        connection.check_constraints()
    except IntegrityError as error:
        yield str(error)


def _rules_wanted():
    return {
        *EDITION_RULES[connection.vendor],
        *LOG_RULES[connection.vendor],
        *(name for name, _table, _event in triggers()),
    }


def _rules_installed():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.vendor == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
            " UNION SELECT conname FROM pg_constraint WHERE convalidated"
        )
        return {name for (name,) in cursor.fetchall()}


def _broken():
    """Yield (what is the matter, the rows that it is the matter with)."""
    editions, held = Edition.objects.all(), Edition.objects.that_hold()
    of_same_story = held.filter(article=OuterRef("article"))
    later = of_same_story.filter(
        Q(live_from__gt=OuterRef("live_from"))
        | Q(live_from=OuterRef("live_from"), pk__gt=OuterRef("pk"))
    )
    overlaps = later.filter(live_from__lt=OuterRef("live_until"))
    yield (
        _("Another edition of its story is live at the same time"),
        held.filter(Q(Exists(later), live_until=None) | Exists(overlaps)),
    )
    yield (
        _("It was first published at another moment than the edition before it"),
        held.filter(
            Exists(
                of_same_story.exclude(
                    first_published_at=OuterRef("first_published_at"),
                    first_published_on=OuterRef("first_published_on"),
                )
            )
        ),
    )
    yield (
        _("Its address leads nowhere"),
        held.exclude(
            Exists(
                Address.objects.filter(
                    article=OuterRef("article"),
                    day=OuterRef("first_published_on"),
                    slug=OuterRef("slug"),
                )
            )
        ),
    )
    yield (
        _("No edition has this address"),
        Address.objects.exclude(
            Exists(of_same_story.filter(first_published_on=OuterRef("day"), slug=OuterRef("slug")))
        ),
    )
    moves = PublishingMove.objects.filter(article=OuterRef("article"))
    yield (
        _("Nobody published or scheduled it"),
        editions.exclude(
            Exists(moves.filter(made_at=OuterRef("made_at"), effective_at=OuterRef("live_from")))
        ),
    )
    yield (
        _("It has no edition"),
        PublishingMove.objects.filter(kind__in=[Kind.PUBLISH, Kind.SCHEDULE]).exclude(
            Exists(
                Edition.objects.filter(
                    article=OuterRef("article"),
                    made_at=OuterRef("made_at"),
                    live_from=OuterRef("effective_at"),
                )
            )
        ),
    )
    ends = moves.filter(kind=Kind.WITHDRAW, effective_at=OuterRef("live_until"))
    follows = of_same_story.filter(live_from=OuterRef("live_until"))
    yield (
        _("It ends, and nobody withdrew it or published another"),
        held.exclude(live_until=None).exclude(Exists(ends)).exclude(Exists(follows)),
    )
    acts = LoggedAct.objects.filter(
        kind=OuterRef("kind"), subject_type="articles.article", subject_key=OuterRef("article")
    )
    first = LoggedAct.objects.order_by("happened_at").values("happened_at")[:1]
    since = PublishingMove.objects.filter(made_at__gt=first)
    yield (
        _("It is not in the log of who did what"),
        since.exclude(Exists(acts.filter(happened_at__gte=OuterRef("made_at")))),
    )
    yield (
        _("It has nobody in its byline"),
        editions.exclude(Exists(EditionByline.objects.filter(edition=OuterRef("pk")))),
    )
    yield _("It cannot be found by its words"), editions.filter(indexed=None)
    for model in (EditionTag, EditionByline):
        yield (
            _("It is listed at another moment than its edition"),
            model.objects.exclude(first_published_at=F("edition__first_published_at")),
        )
    yield (
        _("The library does not know that it shows its lead image"),
        editions.exclude(lead_image=None).exclude(
            Exists(
                EditionImage.objects.filter(edition=OuterRef("pk"), image=OuterRef("lead_image"))
            )
        ),
    )
