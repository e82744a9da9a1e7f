"""What whoever runs a command is told when it cannot be done."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import partial

import pytest

from tests.browser.server import ROOT
from tests.run import postgresql_programs

AWAY = "postgres://newsroom:one@127.0.0.1:1/newsroom"


def at_most(largest_file=resource.RLIM_INFINITY):
    """Return what lets a new process's disk take so many bytes of a file and no more."""
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (largest_file, largest_file))


def manage(*arguments, largest_file=resource.RLIM_INFINITY, **environment):
    """Run a command to its end; return (its exit status, what it said)."""
    run = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env={**os.environ, "REPLICA_DATABASE_URL": "", **environment},
        capture_output=True,
        text=True,
        preexec_fn=at_most(largest_file),
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize("command", ["check_newsroom", "migrate"])
def test_who_runs_a_command_without_a_database_is_told_so_in_a_sentence(command):
    status, said = manage(command, DATABASE_URL=AWAY)
    assert status == 1
    assert said.startswith("The database failed")
    assert "Connection refused" in said
    assert "Traceback" not in said


def test_who_asks_where_it_failed_is_shown():
    assert "Traceback" in manage("check_newsroom", "--traceback", DATABASE_URL=AWAY)[1]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ALLOWED_HOSTS": ""}, "No host name: set ALLOWED_HOSTS"),
        ({"DATABASE_URL": "newsroom"}, "DATABASE_URL names no database"),
    ],
)
def test_a_command_that_cannot_begin_says_which_setting_is_wrong(environment, words):
    status, said = manage("check", **environment)
    assert status == 1
    assert said.splitlines()[-1].startswith(words)
    assert "Traceback" not in said


def test_a_folder_that_takes_nothing_is_named():
    status, said = manage("collectstatic", "--noinput", STATIC_ROOT="/dev/null/static")
    assert status == 1
    assert "/dev/null/static" in said
    assert "Traceback" not in said


def test_what_did_not_get_onto_a_full_disk_is_collected_whole_the_next_time(tmp_path):
    collect = ["collectstatic", "--noinput", "--no-post-process"]
    status, said = manage(*collect, STATIC_ROOT=str(tmp_path), largest_file=4096)
    assert status == 1
    assert "File too large" in said
    assert manage(*collect, STATIC_ROOT=str(tmp_path))[0] == 0
    for folder in ("static", "authors/static", "articles/static"):
        for source in (ROOT / folder).rglob("*.*"):
            collected = tmp_path / source.relative_to(ROOT / folder)
            assert collected.read_bytes() == source.read_bytes()


@pytest.fixture
def checkout(tmp_path):
    """Return a folder as somebody may name it, with our Makefile and an environment of a script."""
    folder = tmp_path / "Zeitung für Ä"
    (folder / "static").mkdir(parents=True)
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("python", "granian"):
        program = folder / ".venv/bin" / name
        program.write_text('#!/bin/sh\nmkdir -p "$STATIC_ROOT"\necho "$@"\n')
        program.chmod(0o755)
    for name in ("requirements.txt", ".venv/.made"):
        (folder / name).touch()
    return folder


def make_run(folder, **limits):
    environment = {name: os.environ[name] for name in os.environ if name != "STATIC_ROOT"}
    run = subprocess.run(
        ["make", "run"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=at_most(**limits),
    )
    return run.returncode, run.stdout + run.stderr


def test_a_newsroom_runs_in_a_folder_whose_name_has_spaces(checkout):
    first, again = make_run(checkout), make_run(checkout)
    assert (first[0], again[0]) == (0, 0), first
    assert "Collecting" in first[1] and "Collecting" not in again[1]


def test_a_secret_key_that_did_not_get_onto_a_full_disk_is_made_the_next_time(checkout):
    assert make_run(checkout, largest_file=0)[0] != 0
    assert make_run(checkout)[0] == 0
    assert (checkout / "var/secret-key").read_text()


def test_a_command_that_is_interrupted_says_so_and_has_the_status_of_it():
    # It takes connections and answers nobody.
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        address = f"postgres://newsroom:one@127.0.0.1:{hanging.getsockname()[1]}/newsroom"
        running = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "check_newsroom"],
            env={**os.environ, "REPLICA_DATABASE_URL": "", "DATABASE_URL": address},
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background has it ignored.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        with hanging.accept()[0]:
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=20)[1]
    assert running.returncode == 130
    assert said.strip() == "Stopped before it was done."


WAITING = """
import signal
from tests.run import postgresql
with postgresql() as url:
    print(url, flush=True)
    signal.pause()
"""


@pytest.mark.skipif(not postgresql_programs(), reason="PostgreSQL is not installed")
def test_a_run_of_the_tests_that_is_ended_leaves_no_server_behind():
    # PostgreSQL's own user has to come by.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with subprocess.Popen(
            [sys.executable, "-c", WAITING],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": "", "TMPDIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            port = int(re.search(r":(\d+)/", running.stdout.readline())[1])
            running.terminate()
        assert running.returncode == 143
        assert os.listdir(folder) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
