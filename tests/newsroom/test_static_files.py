"""Static files as ``collectstatic`` leaves them for a release."""

import json
import re

from django.core.management import call_command


def test_scripts_import_each_other_by_names_that_end_with_their_release(settings, tmp_path):
    root = settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    storage = {"BACKEND": "newsroom.static_files.CollectedFiles"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["js", "css", "svg", "ico"]
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    imported = []
    for plain, hashed in names.items():
        if plain.endswith(".js"):
            found = re.findall(r'from "(\.[^"]+)"', (root / hashed).read_text())
            imported += [((root / hashed).parent / each).resolve() for each in found]
    assert imported
    assert set(imported) <= {root / each for each in names.values()}
