"""Where uploads and their renditions lie when that is a folder."""

import os
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from newsroom.part_files import clear_away, part_of


class WholeFiles(FileSystemStorage):
    """A folder that behaves as S3 does: a file is there whole or not at all, the last one stays.

    Django's own lets others read a file that is still being written.
    """

    def __init__(self, location=None):
        super().__init__(location, allow_overwrite=True)

    def _save(self, name, content):
        part = part_of(name)
        try:
            super()._save(part, content)
            os.replace(self.path(part), self.path(name))
        except BaseException:
            # Half a file would only take room where there is none left.
            self.delete(part)
            raise
        return name

    def tidy(self):
        """Clear away what whoever was killed left half written; it looks at every name."""
        clear_away(Path(self.location).rglob("*.part"))
