"""Is a word ever lost? Five editors write at once while the server is killed again and again.

    .venv/bin/python benchmarks/no_word_lost.py

On SQLite, then on PostgreSQL: five editors send 500 autosaves and saves over HTTP, in
turn to a story of their own, whose body grows by a word each time, and to one story
that all share, where each writes another part. Meanwhile the server is killed with
SIGKILL at random moments, 20 times, and started again. Then every word that the server
had acknowledged is looked for, in the stored stories and in what is kept for their
writers. Prints the figures; exits with 1 if a word is missing.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

EDITORS = 5
MESSAGES = 500
KILLS = 20
SAVE_EVERY = 4
# What each editor writes in the story that all share.
PARTS = ("headline", "standfirst", "body", "dateline", "lead_image_caption")
TOKEN = "benchmark" + "0" * 23


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Editor(threading.Thread):
    """Writes until told to stop, and remembers what the server acknowledged."""

    def __init__(self, number, server, shared, done):
        super().__init__()
        self.number, self.server, self.shared, self.done = number, server, shared, done
        self.user, self.own, cookie = arrive(number)
        self.cookie = f"sessionid={cookie}; csrftoken={TOKEN}"
        self.open = urllib.request.build_opener(NoRedirect).open
        self.words, self.acknowledged_words, self.acknowledged_value = [], 0, 0
        self.times, self.autosaves, self.saves, self.refused = [], 0, 0, []

    def run(self):
        turn = 0
        sittings = {self.own.pk: uuid4(), self.shared.pk: uuid4()}
        while not self.done.is_set():
            turn += 1
            self.words.append(f"word{self.number}x{len(self.words)}")
            body = "".join(f"<p>{word}</p>" for word in self.words)
            if self.send(self.own, sittings, turn, {"body": body}):
                self.acknowledged_words = len(self.words)
            part = PARTS[self.number]
            text = f"value{self.number}x{turn}"
            value = f"<p>{text}</p>" if part == "body" else text
            if self.send(self.shared, sittings, turn, {part: value}):
                self.acknowledged_value = turn

    def send(self, article, sittings, turn, typed):
        """Send what is typed until there is an answer; return whether it was taken."""
        from articles.admin import snapshot
        from articles.models import Article

        article = Article.objects.get(pk=article.pk)
        saves = turn % SAVE_EVERY == 0
        base = snapshot.stored(article)
        post = dict(snapshot.posted(base | typed, article).lists()) | {
            "base": json.dumps(base),
            "sitting": sittings[article.pk],
            "user": self.user.pk,
            "article": article.pk,
            "number": turn,
        }
        page = article.get_absolute_url() if saves else "/admin/articles/article/keep/"
        if saves:
            post["_continue"] = "1"
        request = urllib.request.Request(
            self.server.url + page,
            urlencode(post, doseq=True).encode(),
            {"Cookie": self.cookie, "X-CSRFToken": TOKEN},
        )
        while not self.done.is_set():
            began = time.perf_counter()
            try:
                with self.open(request, timeout=30) as answer:
                    status = answer.status
            except urllib.error.HTTPError as answer:
                status = answer.code
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if status != (302 if saves else 200):
                self.refused.append((page, status))
                return False
            self.times.append(time.perf_counter() - began)
            if saves:
                self.saves += 1
                sittings[article.pk] = uuid4()
            else:
                self.autosaves += 1
            return True
        return False

    def missing(self):
        """Return the acknowledged words that are neither stored nor kept."""
        from articles.models import Article, Sitting

        def there(article, part):
            kept = Sitting.objects.kept_by(self.user).filter(article=article)
            stored = getattr(Article.objects.get(pk=article.pk), part)
            return [stored, *(sitting.words[part] for sitting in kept)]

        bodies = "".join(there(self.own, "body"))
        missing = [
            word for word in self.words[: self.acknowledged_words] if f"<p>{word}</p>" not in bodies
        ]
        values = [
            int(value.removeprefix("<p>").removesuffix("</p>").rpartition("x")[2] or 0)
            for value in there(self.shared, PARTS[self.number])
            if "value" in value
        ]
        if max(values, default=0) < self.acknowledged_value:
            missing.append(f"{PARTS[self.number]} {self.acknowledged_value}, there is {values}")
        return missing


def arrive(number):
    """Return an editor's account, a story of their own, and the key of their session."""
    from django.conf import settings
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )
    from django.contrib.sessions.backends.db import SessionStore

    from articles.models import Article

    user = get_user_model().objects.create_superuser(f"editor{number}", password="x")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    own = Article.objects.create(headline=f"Story {number}", created_by=user)
    return user, own, session.session_key


def write_and_kill():
    """Run it all on the database of DATABASE_URL; print the figures; return what is missing."""
    import django

    django.setup()
    from articles.models import Article
    from tests.browser.server import Server

    server, done = Server(), threading.Event()
    shared = Article.objects.create(headline="Shared")
    editors = [Editor(number, server, shared, done) for number in range(EDITORS)]
    server.start()
    for editor in editors:
        editor.start()
    kills = 0
    while kills < KILLS or sum(len(editor.times) for editor in editors) < MESSAGES:
        time.sleep(random.uniform(0.3, 1.2))
        if kills < KILLS:
            server.kill()
            kills += 1
            server.start()
    done.set()
    for editor in editors:
        editor.join()
    server.kill()
    missing = [word for editor in editors for word in editor.missing()]
    refused = [each for editor in editors for each in editor.refused]
    times = sorted(1000 * each for editor in editors for each in editor.times)
    print(
        f"acknowledged: {sum(editor.autosaves for editor in editors)} autosaves, "
        f"{sum(editor.saves for editor in editors)} saves; killed {kills} times; "
        f"milliseconds: min {times[0]:.0f}, median {median(times):.0f}, max {times[-1]:.0f}; "
        f"refused: {len(refused)} {sorted(set(refused))[:3]}; missing: {len(missing)}"
    )
    for word in missing:
        print(f"missing: {word}")
    return bool(missing)


def main():
    if "--here" in sys.argv:
        sys.exit(write_and_kill())
    from tests.run import postgresql

    # Only databases made for this run: never one that somebody works in.
    os.environ.pop("DATABASE_URL", None)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": "only-for-this-run-" + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "off",
    }
    failed = False
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        for name, each in (("SQLite", f"sqlite:///{folder}/desk.sqlite3"), ("PostgreSQL", url)):
            here = {**environment, "DATABASE_URL": each, "MEDIA_ROOT": folder}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=here, check=True)
            print(f"{name}: ", end="", flush=True)
            done = subprocess.run([sys.executable, __file__, "--here"], cwd=ROOT, env=here)
            failed = failed or done.returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
