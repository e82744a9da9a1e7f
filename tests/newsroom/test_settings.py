"""Whatever stands in the environment is what the settings are."""

import json
import os
import subprocess
import sys

import pytest

PRIMARY = "postgres://newsroom:one@127.0.0.1/newsroom"


def settings_with(expression, **environment):
    """Return an expression's value among the settings that a new process reads."""
    code = f"import json; from newsroom import settings; print(json.dumps({expression}))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "REPLICA_DATABASE_URL": "", **environment},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_value_that_begins_with_a_dollar_is_taken_as_it_stands():
    key = r"$7hq-\$8-0123456789abcdefghijklmnopqrstuvwxyz$"
    expression = "[settings.SECRET_KEY, settings.METRICS_TOKEN, settings.ALLOWED_HOSTS]"
    given = {"SECRET_KEY": key, "METRICS_TOKEN": "$$ecret", "ALLOWED_HOSTS": "$a.test,b.test"}
    assert settings_with(expression, **given) == [key, "$$ecret", ["$a.test", "b.test"]]


@pytest.mark.parametrize("which", ["default", "replica"])
def test_what_an_address_asks_of_postgresql_stands_behind_what_we_ask(which):
    asks = "?options=-c%20statement_timeout%3D9s&connect_timeout=7"
    given = {"DATABASE_URL": PRIMARY, "REPLICA_DATABASE_URL": PRIMARY.replace("one", "two")}
    given["DATABASE_URL" if which == "default" else "REPLICA_DATABASE_URL"] += asks
    options = settings_with(f"settings.DATABASES[{which!r}]['OPTIONS']", **given)
    assert options["options"].startswith("-c jit=off ")
    # The last of two that PostgreSQL is told holds.
    assert options["options"].endswith(" -c statement_timeout=9s")
    assert options["connect_timeout"] == 7


def test_an_address_that_asks_nothing_of_postgresql_gets_what_we_ask():
    given = {"DATABASE_URL": PRIMARY, "REPLICA_DATABASE_URL": PRIMARY}
    primary, replica = settings_with(
        "[each['OPTIONS'] for each in settings.DATABASES.values()]", **given
    )
    assert primary["options"].endswith(" -c lock_timeout=2s")
    assert replica["options"].endswith(" -c default_transaction_read_only=on")
    assert primary["connect_timeout"] == replica["connect_timeout"] == 2
