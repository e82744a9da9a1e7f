"""The file of a backup: rows of tables and media in one zip, which can tell that it is whole.

``manifest.json`` says when it was made, of which migrations, and how many rows and media it
has; ``tables/NAME.jsonl`` has a row of that table in each line, as a list of what JSON can say;
``media/NAME`` is a file of that name, as it was stored. The comment of each of these is the
SHA-256 of its content. The archive's own comment ends with the SHA-256 of all that stands
before, so that no byte can change unnoticed.
"""

import hashlib
import json
import os
import re
import zlib
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from time import gmtime
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from newsroom.part_files import clear_away, part_of

FORMAT = 1
MANIFEST, TABLES, MEDIA = "manifest.json", "tables/", "media/"
MARK = b"Newsroom backup, SHA-256 of what stands before: "
DIGEST_LENGTH = 64
BLOCK = 1 << 20
# Nobody writes a row, or a manifest, that is longer: what is read stays within the memory.
LONGEST_ROW = 256 << 20
LONGEST_MANIFEST = 16 << 20
# What reading a zip raises that is not as it was written.
BROKEN = (BadZipFile, zlib.error, ValueError, LookupError, TypeError, EOFError, RuntimeError)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Levels above cost twice the time for a tenth of the size.
COMPRESSION = 3


class Refused(Exception):
    """A backup that cannot be made or used; its text says why, and what to do."""


@contextmanager
def new_file(path, overwrite=False):
    """Open a file for writing and reading that is there under its name whole or not at all.

    Only its owner may read it. Raises Refused if there is one already, and none is to be
    overwritten.
    """
    _refuse_existing(path, overwrite)
    part = path.with_name(part_of(path.name))
    clear_away(path.parent.glob(f"*{path.suffix}.*.part"))
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _refuse_existing(path, overwrite)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse_existing(path, overwrite):
    if path.exists() and not overwrite:
        raise Refused(f"{path} is there already. Name another file, or add --overwrite.")


class Writer:
    """Writes a backup into an open file: tables and media in any order, then ``finish``.

    Used with ``with``, so that what fails half-way is let go of.
    """

    def __init__(self, file):
        self._file = file
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)
        self.tables = []
        self.media = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        # After ``finish`` nothing is left to close.
        with suppress(OSError, ValueError):
            self._zip.close()

    def add_table(self, name, columns, lines):
        """Write rows, each as a line (``as_line``); return what the manifest says of the table.

        More may be added to that.
        """
        count = 0
        with self._member(_table_member(name), ZIP_DEFLATED) as write:
            for line in lines:
                _refuse_longer(line, name)
                write(line)
                count += 1
        self.tables.append({"name": name, "columns": columns, "rows": count})
        return self.tables[-1]

    def add_medium(self, name, file):
        """Write a file of the media; ``file`` is one that is open for reading bytes."""
        # Pictures are compressed already.
        with self._member(MEDIA + name, ZIP_STORED) as write:
            while block := file.read(BLOCK):
                write(block)
        self.media += 1

    @contextmanager
    def _member(self, name, compression):
        member, digest = ZipInfo(name, gmtime()[:6]), hashlib.sha256()
        member.compress_type = compression
        with self._zip.open(member, "w", force_zip64=True) as out:

            def write(content):
                digest.update(content)
                out.write(content)

            yield write
        member.comment = digest.hexdigest().encode()

    def finish(self, **manifest):
        """Write the manifest and end the file."""
        said = {"format": FORMAT, **manifest, "tables": self.tables, "media": self.media}
        with self._member(MANIFEST, ZIP_DEFLATED) as write:
            write(json.dumps(said, ensure_ascii=False, indent=1).encode())
        self._zip.comment = MARK + b"0" * DIGEST_LENGTH
        self._zip.close()
        self._file.seek(0, os.SEEK_END)
        end = self._file.tell() - DIGEST_LENGTH
        digest = _digest_up_to(self._file, end, lambda count: None)
        self._file.seek(end)
        self._file.write(digest.encode())
        self._file.flush()


def as_line(row):
    """Return the one line of bytes that stands for a row, a list of what JSON can say."""
    return _encode(row).encode() + b"\n"


class Reader:
    """Reads a backup from an open file; nothing of it is to be used before ``verify``."""

    def __init__(self, file):
        """Raises Refused for what is none of ours."""
        self._file = file
        file.seek(0, os.SEEK_END)
        self.size = file.tell()
        file.seek(max(0, self.size - DIGEST_LENGTH - len(MARK)))
        end = file.read()
        self._digest = end[len(MARK) :].decode("ascii", "replace")
        if not end.startswith(MARK) or not re.fullmatch("[0-9a-f]{64}", self._digest):
            raise Refused("This is no backup, or its end is missing: take another copy.")
        try:
            self._zip = ZipFile(file)
            self.manifest = self._read_manifest()
        except BROKEN as error:
            raise _damaged() from error

    def _read_manifest(self):
        member = self._zip.getinfo(MANIFEST)
        if member.file_size > LONGEST_MANIFEST:
            raise _damaged()
        with self._zip.open(member) as file:
            manifest = json.loads(file.read(LONGEST_MANIFEST))
        if manifest["format"] != FORMAT:
            raise Refused(
                f"This backup has format {manifest['format']}, and this release of Newsroom reads "
                f"format {FORMAT}: restore it with the release that made it."
            )
        self.tables = {table["name"]: table for table in manifest["tables"]}
        self.rows = sum(table["rows"] for table in manifest["tables"])
        return manifest

    @property
    def media(self):
        """Return (name, length in bytes, digest) of each file of the media."""
        return [
            (member.filename.removeprefix(MEDIA), member.file_size, member.comment.decode())
            for member in self._zip.infolist()
            if member.filename.startswith(MEDIA)
        ]

    def verify(self, advance=lambda count: None):
        """Read all of it and raise Refused unless each byte is as it was written.

        ``advance`` is told how many more bytes, of twice ``size``, have been dealt with.
        """
        end = self.size - DIGEST_LENGTH
        if _digest_up_to(self._file, end, advance) != self._digest:
            raise _damaged()
        try:
            self._verify_members(advance)
        except BROKEN as error:
            raise _damaged() from error

    def _verify_members(self, advance):
        members = self._zip.infolist()
        media = [each for each in members if each.filename.startswith(MEDIA)]
        for member in media:
            # A stored file cannot be longer than the archive that it lies in.
            if member.compress_type != ZIP_STORED or not is_medium_name(
                member.filename.removeprefix(MEDIA)
            ):
                raise Refused(f"“{member.filename}” is no name that media have in a backup.")
        expected = {MANIFEST, *(_table_member(name) for name in self.tables)}
        others = [each.filename for each in members if each not in media]
        names = {each.filename for each in media}
        if (
            {*others} != expected
            or len(others) != len(expected)
            or len(names) != len(media)
            or len(media) != self.manifest["media"]
        ):
            raise _damaged()
        rows = {_table_member(name): table["rows"] for name, table in self.tables.items()}
        for member in members:
            digest, lines = hashlib.sha256(), 0
            with self._zip.open(member) as file:
                while block := file.read(BLOCK):
                    digest.update(block)
                    lines += block.count(b"\n")
            if digest.hexdigest().encode() != member.comment:
                raise _damaged()
            if lines != rows.get(member.filename, lines):
                raise _damaged()
            advance(member.compress_size)

    def rows_of(self, name):
        """Yield each row of a table, a list as long as the table has columns."""
        length = len(self.tables[name]["columns"])
        with self._zip.open(_table_member(name)) as file:
            while line := file.readline(LONGEST_ROW + 1):
                _refuse_longer(line, name)
                row = json.loads(line)
                if not isinstance(row, list) or len(row) != length:
                    raise _damaged()
                yield row

    def open_medium(self, name):
        """Open a file of the media for reading."""
        return self._zip.open(MEDIA + name)


def is_medium_name(name):
    """Whether a file of the media may have this name: one that stays within its folder."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and str(PurePosixPath(*parts)) == name
        and not name.startswith("/")
        and not {"..", "."} & {*parts}
        and not re.search(r"[\\\x00-\x1f:]", name)
    )


def _digest_up_to(file, end, advance):
    file.seek(0)
    digest, left = hashlib.sha256(), end
    while left and (block := file.read(min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
        advance(len(block))
    return digest.hexdigest()


def _table_member(name):
    return f"{TABLES}{name}.jsonl"


def _refuse_longer(line, table):
    if len(line) > LONGEST_ROW:
        raise Refused(f"A row of {table} is longer than {LONGEST_ROW >> 20} MiB.")


def _damaged():
    return Refused("This backup is damaged: it is not as it was written. Take another copy.")
