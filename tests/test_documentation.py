"""What the documentation names is there."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.looks

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
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


def test_each_setting_is_in_the_table_of_the_readme_and_is_read():
    rows = re.findall(r"^\| (`[A-Z].*?) \| .*", README, re.MULTILINE)
    told = set(re.findall(r"`([A-Z_]+)`", "".join(rows)))
    settings = (ROOT / "newsroom/settings.py").read_text()
    # Those of boto3 stand with the bucket.
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', settings))
    assert {name for name in read if not name.startswith("AWS_")} - told == set()
    files = [*ROOT.glob("newsroom/*.py"), ROOT / "Makefile", ROOT / "tests/run.py"]
    texts = "".join(file.read_text() for file in files)
    assert [name for name in told if not re.search(rf"\b{name}\b", texts)] == []


def test_each_command_is_in_the_table_of_the_readme():
    files = ROOT.glob("*/management/commands/[a-z]*.py")
    told = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (`[a-z].*?) \|", README, re.M))))
    assert {file.stem for file in files} == told
