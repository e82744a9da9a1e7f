"""The admin's first page: what is to be done, what is to come, what happened."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles import roles
from articles.models import Article, Edition, PublishingMove, Sitting, Stage, State
from authors.models import Author
from newsroom import people
from newsroom.moments import midnight

from .state import brief_time, list_time

SHOWN = 8


@dataclass
class Row:
    """One story: where a click leads, and what there is to say of it."""

    headline: str
    address: str
    words: str
    note: str = ""
    day: date | None = None


@dataclass
class Panel:
    """A list of stories under a heading, and where all of them are."""

    title: str
    empty: str
    rows: list[Row] = field(default_factory=list)
    all_address: str = ""
    name: str = ""


def dashboard(site, request):
    """Return what the first page shows somebody: each role what it may see.

    Every list is limited by an index that it reads, so that the page costs the same
    among a million stories as among a thousand (benchmarks/growth.py).
    """
    user = request.user
    stories = site.get_model_admin(Article)
    panels = []
    if stories.has_view_permission(request):
        seen = roles.visible_articles(user, Article.objects)
        today = midnight()
        panels = [
            _kept(user),
            _waiting(user, seen),
            _mine(user),
            _in_review(seen),
            _scheduled(user, seen),
            _embargoed(seen),
            _live_today(today),
            _changed(seen),
            _withdrawn(today - timedelta(days=30)),
        ]
    return {
        # Nobody has to be told that nothing of theirs waits to be saved.
        "panels": [panel for panel in panels if panel.rows or panel.empty],
        "may_write": stories.has_add_permission(request),
        "may_add_authors": site.get_model_admin(Author).has_add_permission(request),
    }


def _kept(user):
    panel = Panel(_("Words of yours that are kept but not saved"), "", name="kept")
    sittings = Sitting.objects.kept_by(user).for_lists().select_related("article")
    for sitting in sittings.defer("words", "base", "article__body")[:SHOWN]:
        panel.rows.append(
            Row(
                sitting.typed_headline or str(sitting.article or _("New story")),
                sitting.article.get_absolute_url()
                if sitting.article
                else reverse("admin:articles_article_add"),
                _("typed %(time)s") % {"time": _time(sitting.kept_at)},
            )
        )
    return panel


def _waiting(user, seen):
    articles = _listed(seen.waiting_for(user)).with_handover()
    panel = Panel(_("Waiting for you"), _("Nothing waits for you."))
    for article in articles[:SHOWN]:
        words = [Stage(article.stage).label]
        words += _handed_in_words(article)
        panel.rows.append(_row(article, *words, note=article.handover_note or ""))
    return panel


def _mine(user):
    panel = Panel(_("Yours"), _("You have no stories yet."))
    for article in _listed(Article.objects.latest_own(user)).with_state()[:SHOWN]:
        words = [State(article.state).label]
        if article.stage != Stage.DRAFTING:
            words.append(Stage(article.stage).label)
        panel.rows.append(_row(article, *words, _changed_in_words(article)))
    return panel


def _in_review(seen):
    panel = Panel(_("In review"), _("Nothing is in review."))
    panel.all_address = _list(stage__exact=Stage.IN_REVIEW.value)
    for article in _listed(seen.in_review()).with_handover()[:SHOWN]:
        who = (
            _("with %(who)s") % {"who": people.name(article.assignee)}
            if article.assignee
            else _("with nobody yet")
        )
        panel.rows.append(_row(article, who, *_handed_in_words(article)))
    return panel


def _scheduled(user, seen):
    editions = Edition.objects.to_come()
    if not roles.sees_every_article(user):
        editions = editions.filter(Exists(seen.filter(pk=OuterRef("article"))))
    panel = Panel(_("Scheduled"), _("Nothing is scheduled."))
    for edition in _of_editions(editions)[:SHOWN]:
        local = timezone.localtime(edition.live_from)
        is_update = edition.first_published_at < edition.live_from
        panel.rows.append(
            Row(
                edition.headline,
                edition.article.get_absolute_url(),
                _join(
                    date_format(local, "G:i"),
                    _("update") if is_update else "",
                    people.name(edition.made_by, ""),
                ),
                day=local.date(),
            )
        )
    return panel


def _embargoed(seen):
    panel = Panel(_("Under embargo"), _("Nothing is under embargo."))
    for article in seen.embargoed().select_related("changed_by").defer("body")[:SHOWN]:
        until = _("until %(time)s") % {"time": _time(article.embargoed_until)}
        panel.rows.append(_row(article, until, _changed_in_words(article)))
    return panel


def _live_today(today):
    panel = Panel(_("Live today"), _("Nothing went live today yet."))
    panel.all_address = _list(live_since="today")
    for edition in _of_editions(Edition.objects.begun_since(today))[:SHOWN]:
        is_update = edition.first_published_at < edition.live_from
        panel.rows.append(
            Row(
                edition.headline,
                edition.article.get_absolute_url(),
                _join(
                    _time(edition.live_from),
                    _("update") if is_update else "",
                    people.name(edition.made_by, ""),
                ),
            )
        )
    return panel


def _changed(seen):
    panel = Panel(_("Changed since published"), _("Readers have what changed lately."))
    articles = seen.changed_since_published().select_related("changed_by").defer("body")
    for article in sorted(articles, key=lambda each: each.changed_at, reverse=True)[:SHOWN]:
        panel.rows.append(_row(article, _changed_in_words(article)))
    return panel


def _withdrawn(moment):
    panel = Panel(_("Recently withdrawn"), _("Nothing was withdrawn in thirty days."))
    moves = PublishingMove.objects.withdrawn_since(moment).select_related("article", "made_by")
    for move in moves.defer("article__body")[:SHOWN]:
        panel.rows.append(
            _row(
                move.article,
                _time(move.effective_at),
                people.name(move.made_by, ""),
                note=move.note,
            )
        )
    return panel


def _listed(articles):
    return articles.select_related("assignee", "changed_by").defer("body").order_by("-changed_at")


def _of_editions(editions):
    return editions.select_related("article", "made_by").defer("body", "article__body")


def _row(article, *words, note=""):
    return Row(str(article), article.get_absolute_url(), _join(*words), note)


def _changed_in_words(article):
    words = {"time": _time(article.changed_at), "who": ""}
    if not article.changed_by:
        return _("changed %(time)s") % words
    return _("changed %(time)s by %(who)s") % {**words, "who": people.name(article.changed_by)}


def _handed_in_words(article):
    if not article.handed_by:
        return []
    return [_("from %(who)s") % {"who": article.handed_by}, _time(article.handed_at)]


def _time(moment):
    """Return the time of day for a moment of today, else a day that fits into a narrow column."""
    is_today = timezone.localdate(moment) == timezone.localdate()
    return brief_time(moment) if is_today else list_time(moment)


def _join(*words):
    return " · ".join(str(each) for each in words if each)


def _list(**filters):
    return reverse("admin:articles_article_changelist", query=filters)
