"""Editors who publish while all around them is killed, and who remember each answer they got.

Each move carries a word of its own, so that afterwards it can be asked of all that it should
have left behind whether it is there: all of it, or none.
"""

import json
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import requests
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from articles.admin import snapshot
from articles.admin.front_page import _standing
from articles.admin.moves import latest_move
from articles.admin.revisions import saves_of
from articles.invariants import breaches
from articles.models import (
    Article,
    DeletedStory,
    Edition,
    FrontPage,
    PageChange,
    PublishingMove,
)
from authors.models import LoggedAct
from tests.factories import make_article, make_author, make_image, make_section

# What the stories say before anybody has saved them.
FIRST = "word9x9x"
TOKEN = "c" * 32
STORIES, SHARED = 3, 2
# What the desk is told when a move is made, and no other way.
SUCCESS = {
    "publish": "Published: readers see it now.",
    "schedule": "Scheduled: ",
    "withdraw": ("Withdrawn: ", "The story will be withdrawn"),
    "cancel": "The schedule is undone.",
    "front page": ("Readers have this front page now.", "Readers get this front page"),
    "delete": "Successfully deleted",
}
WEIGHTS = {"publish": 5, "schedule": 3, "withdraw": 2, "cancel": 2, "front page": 1, "delete": 1}


def asking(question):
    """Return what a function asks of the database, asked again until there is one."""
    while True:
        try:
            return question()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.1)


@dataclass
class Move:
    """What somebody asked for, and the answer: made, told, not saved, not sent, or unknown."""

    kind: str
    word: str
    by: int
    articles: list = field(default_factory=list)
    sent: dict = field(default_factory=dict)
    answer: str = "unknown"
    words: str = ""


class Newsroom:
    """The rows that it begins with, the moves that were made in it, and who waits for whom."""

    def __init__(self, seed, editors=5):
        self.random = random.Random(seed)
        section = make_section(name="Coast")
        author, image = make_author(name="Ann Lee"), make_image()
        self.parts = {"authors": [author], "section": section, "lead_image": image}
        self.shared = [self.make_story(f"shared-{number}") for number in range(SHARED)]
        self.moves, self.wrong = [], []
        self.may_go, self.is_over = threading.Event(), threading.Event()
        self.may_go.set()
        self._lock, self._busy = threading.Lock(), 0
        self.editors = [Editor(self, number) for number in range(editors)]

    def make_story(self, slug, by=None):
        return make_article(
            headline=f"Harbour wall {FIRST}",
            slug=slug,
            tags=["Harbours"],
            created_by=by,
            changed_by=by,
            **self.parts,
        )

    def enter(self):
        """Wait until moves may be made; False when it is over."""
        while not self.is_over.is_set():
            with self._lock:
                if self.may_go.is_set():
                    self._busy += 1
                    return True
            self.may_go.wait(0.1)
        return False

    def leave(self, move):
        with self._lock:
            self._busy -= 1
            if move:
                self.moves.append(move)

    def pause(self):
        """Let nobody begin a move, and wait until each that was begun has its answer."""
        self.may_go.clear()
        while self._busy:
            time.sleep(0.01)

    def go_on(self):
        self.may_go.set()

    def made(self):
        return sum(move.answer == "made" for move in self.moves)

    def start(self, url):
        for editor in self.editors:
            editor.url = url
            editor.start()

    def end(self):
        self.is_over.set()
        for editor in self.editors:
            editor.join()


class Editor(threading.Thread):
    """Makes one move after the other until it is over; some stories are shared with others."""

    def __init__(self, newsroom, number):
        super().__init__(daemon=True)
        self.newsroom, self.number, self.count = newsroom, number, 0
        self.random = random.Random(newsroom.random.random())
        self.user = get_user_model().objects.create_superuser(f"editor{number}")
        client = Client()
        client.force_login(self.user)
        self.cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": TOKEN}
        own = [newsroom.make_story(f"own-{number}-{n}", self.user) for n in range(STORIES)]
        self.stories = [*own, *newsroom.shared]
        self.url = None

    def run(self):
        kinds, weights = zip(*WEIGHTS.items(), strict=True)
        while self.newsroom.enter():
            move = None
            try:
                self.count += 1
                kind = self.random.choices(kinds, weights)[0]
                move = Move(kind, f"word{self.number}x{self.count}x", self.user.pk)
                getattr(self, kind.replace(" ", "_"))(move)
            except Exception as error:
                self.newsroom.wrong.append(f"{move}: {error!r}")
                raise
            finally:
                self.newsroom.leave(move)
        connection.close()

    # The moves

    def publish(self, move):
        article = self._choose(move)
        self._save(move, article, "_publish", publishing_note=move.word)

    def schedule(self, move):
        article = self._choose(move)
        save = Move("save", move.word, move.by)
        self._save(save, article, "_schedule")
        at = timezone.now() + timedelta(seconds=self.random.choice([2, 3, 5, 3600]))
        fields = self._seen(article) | _typed(at, "at") | {"note": move.word}
        move.sent = {"fingerprint": fields["seen_fingerprint"]}
        self._post(move, f"/admin/articles/article/{article.pk}/schedule/", fields)

    def withdraw(self, move):
        article = self._choose(move)
        at = self.random.choice([None, None, timezone.now() + timedelta(seconds=3)])
        fields = self._seen(article) | _typed(at, "at") | {"reason": move.word}
        self._post(move, f"/admin/articles/article/{article.pk}/withdraw/", fields)

    def cancel(self, move):
        article = self._choose(move)
        self._save(move, article, "_cancel")

    def front_page(self, move):
        stories = self.random.sample(self.stories, 3)
        picks = asking(
            lambda: list(
                Edition.objects.live_or_to_come()
                .filter(article__in=stories)
                .values_list("article", flat=True)
                .distinct()
            )
        )
        if not picks:
            return
        seen = asking(lambda: {pk: stands for pk, (stands, _page) in _standing().items()})
        at = self.random.choice([None, timezone.now() + timedelta(seconds=2)])
        fields = {
            **_typed(at, "live_from"),
            "note": move.word,
            "seen": json.dumps(seen),
            "front_page_picks-TOTAL_FORMS": len(picks),
            "front_page_picks-INITIAL_FORMS": 0,
        }
        for number, pk in enumerate(picks):
            fields[f"front_page_picks-{number}-article"] = pk
            fields[f"front_page_picks-{number}-position"] = number
        move.sent = {"picks": picks}
        self._post(move, "/admin/articles/frontpage/add/", fields)

    def delete(self, move):
        """Begin two stories and delete both at once, from the list."""
        move.articles = asking(
            lambda: [
                Article.objects.create(headline=f"{move.word} {number}", created_by=self.user).pk
                for number in range(2)
            ]
        )
        fields = {"action": "delete_selected", "post": "yes", "_selected_action": move.articles}
        self._post(move, "/admin/articles/article/", fields)

    # How they are sent

    def _choose(self, move):
        article = self.random.choice(self.stories)
        move.articles = [article.pk]
        return article

    def _seen(self, article):
        article = asking(lambda: Article.objects.get(pk=article.pk))
        return {
            "seen_move": asking(lambda: latest_move(article)),
            "seen_fingerprint": article.fingerprint,
        }

    def _save(self, move, article, button, **fields):
        """Send the story's form with another headline, body, tag and, at times, slug."""
        article = asking(lambda: Article.objects.get(pk=article.pk))
        base = asking(lambda: snapshot.stored(article))
        typed = {
            "headline": f"Harbour wall {move.word}",
            "body": f"<p>It held {move.word}.</p>",
            "tags": sorted(["Harbours", f"Tag {self.random.randrange(5)}"]),
        }
        if self.random.random() < 0.3:
            typed["slug"] = f"{article.pk}-{self.random.randrange(4)}"
        wanted = base | typed
        post = dict(asking(lambda: snapshot.posted(wanted, article)).lists())
        move.sent |= wanted
        seen_move = asking(lambda: latest_move(article))
        hidden = {"base": json.dumps(base), "seen_move": seen_move, "stage": "drafting", button: 1}
        self._post(move, article.get_absolute_url(), post | hidden | fields)

    def _post(self, move, path, fields):
        # A mistake's page is told as text, which begins with what it was.
        headers = {"X-CSRFToken": TOKEN, "Referer": f"{self.url}/", "Accept": "text/plain"}
        try:
            answer = requests.post(
                self.url + path,
                fields,
                cookies=self.cookies,
                headers=headers,
                allow_redirects=False,
                timeout=30,
            )
        except requests.RequestException as error:
            if "NewConnectionError" in repr(error):
                # Nobody was there to take it.
                move.answer = "not sent"
                time.sleep(0.3)
            return
        if answer.status_code == 503 and "may or may not have been saved" in answer.text:
            move.answer = "unknown"
        elif answer.status_code == 503 and "was not saved" in answer.text:
            move.answer = "not saved"
        elif answer.status_code not in (200, 302):
            self.newsroom.wrong.append(f"{move.kind}: {answer.status_code} {answer.text[:4000]}")
        else:
            move.words = " ".join(_messages(answer))
            success = SUCCESS.get(move.kind, "was changed successfully")
            success = (success,) if isinstance(success, str) else success
            is_made = answer.status_code == 302 and any(each in move.words for each in success)
            move.answer = "made" if is_made else "told"


def _typed(moment, name):
    local = moment and timezone.localtime(moment)
    return {
        f"{name}_0": f"{local:%Y-%m-%d}" if local else "",
        f"{name}_1": f"{local:%H:%M:%S}" if local else "",
    }


def _messages(answer):
    """Return what the next page would say."""
    request = HttpRequest()
    request.COOKIES = dict(answer.cookies)
    return [str(message) for message in CookieStorage(request)]


# What has to be so afterwards


def what_is_amiss(newsroom):
    """Return a sentence for each thing that is not as it has to be."""
    found = [*newsroom.wrong, *breaches(), *_cancellations_amiss(newsroom)]
    for move in newsroom.moves:
        traces = {} if move.kind == "cancel" else _traces_of(move)
        is_there = set(traces.values())
        if len(is_there) > 1:
            found.append(f"half made: {move} {traces}")
        elif move.answer == "made" and False in is_there:
            found.append(f"lost: {move}")
        elif move.answer in ("told", "not saved", "not sent") and True in is_there:
            found.append(f"made, though refused: {move}")
    for article in Article.objects.exclude(fingerprint=""):
        if article.fingerprint != article.compute_fingerprint():
            found.append(f"not the fingerprint of its words: {article.pk}")
    known = {move.word for move in newsroom.moves}
    for note in PublishingMove.objects.exclude(note="").values_list("note", flat=True):
        if note not in known:
            found.append(f"made by nobody: {note}")
    return found


def _cancellations_amiss(newsroom):
    """A schedule is undone without a word of one's own: these moves are counted."""
    cancels = [move for move in newsroom.moves if move.kind == "cancel"]
    for article, by in {(move.articles[0], move.by) for move in cancels}:
        own = [move for move in cancels if (move.articles, move.by) == ([article], by)]
        answers = Counter(move.answer for move in own)
        moves = PublishingMove.objects.filter(kind="cancel", article=article, made_by=by).count()
        acts = LoggedAct.objects.filter(kind="cancel", subject_key=article, who_key=by).count()
        if not answers["made"] <= moves <= answers["made"] + answers["unknown"] or moves != acts:
            yield f"cancelled: {moves}, in the log {acts}, answers {answers}"


def _traces_of(move):
    """Return for each trace that a move has to leave whether it is there."""
    if move.kind == "front page":
        pages = FrontPage.objects.filter(note=move.word)
        picks = [[pick.article_id for pick in page.front_page_picks.all()] for page in pages]
        return {"page": bool(picks), "its picks": picks == [move.sent.get("picks")]}
    if move.kind == "delete":
        acts = LoggedAct.objects.filter(kind="delete", subject__startswith=f"{move.word} ")
        gone = {*move.articles} - {*Article.objects.values_list("pk", flat=True)}
        kept = DeletedStory.objects.filter(article_id__in=move.articles)
        counts = {"gone": len(gone), "kept": kept.count(), "in the log": acts.count()}
        return {
            f"{number} {name}": count >= number
            for name, count in counts.items()
            for number in (1, len(move.articles))
        }
    moves = PublishingMove.objects.filter(article__in=move.articles, note=move.word)
    made = moves.first()
    acts = LoggedAct.objects.filter(kind=move.kind, details__note=move.word, who_key=move.by)
    notes = PageChange.objects.filter(tag=f"article:{move.articles[0]}")
    traces = {
        "move": bool(made),
        "once": moves.count() == 1,
        "in the log": acts.count() == 1,
        "pages told": bool(made) and notes.filter(at=made.effective_at).exists(),
    }
    if move.kind == "withdraw":
        return traces
    edition = Edition.objects.filter(note=move.word).first()
    traces["edition"] = bool(edition)
    if edition:
        frozen = {
            "tags": sorted(tag.name for tag in edition.tags.all()),
            **{
                name: getattr(edition, name) for name in ("headline", "body", "slug", "fingerprint")
            },
        }
        saves = saves_of(edition.article).filter(serialized_data__contains=edition.headline)
        traces |= {
            "words": all(move.sent.get(name, value) == value for name, value in frozen.items()),
            "byline": [str(line) for line in edition.lines] == ["Ann Lee"],
            "picture": edition.images.count() == 1,
            "version": saves.exists() or FIRST in edition.headline,
        }
    return traces


def what_readers_miss(url):
    """Return a sentence for each page that is not what the editions say; nobody moves anything."""
    found = []
    for article in Article.objects.filter(editions__isnull=False).distinct():
        for address in article.addresses.all():
            due = [_due(address)]
            answer = requests.get(f"{url}{address}", allow_redirects=False, timeout=30)
            due.append(_due(address))
            if _got(answer) not in due:
                found.append(f"{address}: {due}, got {_got(answer)} {answer.headers}")
    return found


def _due(address):
    """Return the status that an address has to be answered with now, and what the answer says."""
    seen_here = Edition.objects.begun().filter(
        first_published_on=address.day, slug=address.slug, article=address.article_id
    )
    if not seen_here.exists():
        return 404, ""
    live = Edition.objects.live().filter(article=address.article_id).first()
    if live is None:
        reason = address.article.moves.filter(kind="withdraw", effective_at__lte=timezone.now())
        return 410, reason.order_by("-pk").first().note
    if live.slug != address.slug:
        return 301, live.get_absolute_url()
    return 200, live.headline.split()[-1]


def _got(answer):
    words = re.search(r"word\dx\d+x", answer.text)
    says = {200: words and words[0], 410: words and words[0], 301: answer.headers.get("Location")}
    return answer.status_code, says.get(answer.status_code, "")
