"""The words that people see, in the newsroom’s language."""

import struct

import pytest
from django.contrib.auth import get_user_model


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
