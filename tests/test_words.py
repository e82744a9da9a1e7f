"""The words that people see: set as a newsroom sets them, and translated wherever they stand."""

import ast
import re
import struct
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

ROOT = Path(__file__).resolve().parent.parent
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
IN_TEMPLATES = re.compile(
    r'{% translate "([^"]*)"|{% blocktranslate[^%]*%}(.*?){% endblocktranslate', re.S
)
# The first words of a call; further ones that are joined to them stand on lines of their own.
IN_SCRIPTS = re.compile(r'gettext\(\s*"([^"]*)"')


def words():
    """Yield (file, words) of all that goes through gettext."""
    for app in ("articles", "authors", "newsroom"):
        for file in (ROOT / app).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text())):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in GETTEXT:
                    for each in call.args:
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            yield file, each.value
    for folder, pattern in (("templates", IN_TEMPLATES), ("static", IN_SCRIPTS)):
        for file in (ROOT / folder).rglob("*.*"):
            if file.suffix in (".html", ".js"):
                for found in pattern.finditer(file.read_text()):
                    yield file, next(filter(None, found.groups()), "")


def test_quotes_and_apostrophes_are_typographic_ones():
    straight = [
        f"{file.relative_to(ROOT)}: {text}"
        for file, text in words()
        # A tag's own attributes have straight ones.
        if re.search("[\"']", re.sub(r"<[^>]*>|{{[^}]*}}|{%[^%]*%}", "", text))
    ]
    assert straight == []


def test_words_are_found_in_code_templates_and_scripts():
    assert {file.suffix for file, text in words() if text} == {".py", ".html", ".js"}


def compiled(translations):
    """Return translations as the .mo file that gettext reads (GNU gettext manual, 10.3)."""
    pairs = sorted(
        {"": "Content-Type: text/plain; charset=UTF-8\n", **translations}.items(),
        key=lambda pair: pair[0].encode(),
    )
    tables, strings = [b"", b""], b""
    start = 28 + 16 * len(pairs)
    for pair in pairs:
        for column, text in enumerate(pair):
            tables[column] += struct.pack("<2I", len(text.encode()), start + len(strings))
            strings += text.encode() + b"\0"
    count = len(pairs)
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28) + (
        b"".join(tables) + strings
    )


@pytest.mark.django_db
def test_the_desks_scripts_speak_the_newsrooms_language(client, settings, tmp_path):
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "djangojs.mo").write_bytes(compiled({"Saved %(time)s": "Gesichert um %(time)s"}))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGE_CODE = "de"
    catalogue = client.get("/admin/jsi18n/").content.decode()
    assert '"Saved %(time)s": "Gesichert um %(time)s"' in catalogue
    # The editor's own words and the admin's are there as well.
    assert '"Edit HTML": "HTML bearbeiten"' in catalogue and '"Today": "Heute"' in catalogue
