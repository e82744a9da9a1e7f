"""Where uploads and their renditions lie when that is a folder."""

import os
from secrets import token_hex

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """A folder that behaves as S3 does: a file is there whole or not at all, the last one stays.

    Django's own lets others read a file that is still being written.
    """

    def __init__(self, location=None):
        super().__init__(location, allow_overwrite=True)

    def _save(self, name, content):
        part = f"{name}.{token_hex(4)}.part"
        try:
            super()._save(part, content)
            os.replace(self.path(part), self.path(name))
        except BaseException:
            # Half a file would only take room where there is none left.
            self.delete(part)
            raise
        return name
