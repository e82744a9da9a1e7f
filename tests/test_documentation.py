"""What the documentation names is there."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.looks

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/threat-model.md").read_text())


def test_the_threat_model_names_a_test_for_each_threat():
    rows = [
        line for line in (ROOT / "docs/threat-model.md").read_text().splitlines() if "| " in line
    ]
    assert len(rows) > 20
    assert [row for row in rows[2:] if "`tests/" not in row] == []


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_the_threat_model_names_is_there(file, test):
    text = (ROOT / file).read_text()
    assert not test or f"\ndef {test}(" in text
