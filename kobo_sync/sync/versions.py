"""The form versions that were deployed, each kept as its workbook: versions/<form>/<version>.xlsx.

A submission is judged by the version that it was filled in with, so these files are needed for as long as answers are.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from kobo_sync import __version__
from kobo_sync.errors import FormError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.sync.validate import RecordValidator

RULES = 1  # one more whenever this program judges otherwise: what waits in quarantine is then looked at again
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OF_KOBO = re.compile(r"v[A-Za-z0-9]{19,23}")  # "v" and 21 letters and digits, drawn by chance


class Versions:
    """The kept versions of one form; each is read and compiled once, when a submission first needs it."""

    def __init__(self, folder: Path, form: str, services: Collection[str] | None = None, first_month: str = "") -> None:
        self.folder, self.form, self.services, self.first_month = folder, form, services, first_month
        self._made: dict[str, RecordValidator | None] = {}
        self._codes: dict[str, tuple[str, ...]] = {}

    @staticmethod
    def can_be(version: str) -> bool:
        """Whether this can be the name of a version. It comes from outside: a name, never a path."""
        return bool(_NAME.fullmatch(version))

    def is_one(self, version: str) -> bool:
        """Whether this is the name of a version, rather than somebody's typing: its workbook is here, or Kobo drew it.

        Who edits on the server can write anything there, as a name or a number of hers in one word.
        """
        return bool(_OF_KOBO.fullmatch(version)) or self.validator(version) is not None

    def path(self, version: str) -> Path:
        """Return where the workbook of that version belongs."""
        return self.folder / self.form / f"{version}.xlsx"

    def validator(self, version: str) -> RecordValidator | None:
        """Return the judge of that version, or None when its workbook is not here.

        Raises FormError when it is here and cannot be read.
        """
        if version not in self._made:
            known = self.can_be(version) and self.path(version).is_file()
            self._made[version] = (
                RecordValidator(read_form(self.path(version), self.form), self.services, self.first_month)
                if known
                else None
            )
        return self._made[version]

    def fingerprint(self) -> str:
        """Return what tells whether a submission may be judged otherwise than before.

        Workbooks, services, the first round and rules.
        """
        parts = hashlib.sha256(f"{__version__} {RULES} {self.first_month}".encode())
        services = ["no list"] if self.services is None else sorted(self.services)
        for text in services:
            parts.update(hashlib.sha256(text.encode()).digest())
        for path in sorted(self._workbooks()):
            parts.update(hashlib.sha256(path.name.encode()).digest())
            try:
                parts.update(hashlib.sha256(path.read_bytes()).digest())
            except OSError as error:
                raise FormError(
                    f"cannot be read ({error.strerror}).",
                    file=str(path),
                    remedy="Close it in other programs, then run the same command again.",
                ) from error
        return parts.hexdigest()

    @property
    def source(self) -> str:
        """Whose word the form is (C, P, O, L), as its newest kept version says; "" where none is kept or says it."""
        newest = max(self._workbooks(), key=lambda path: path.stat().st_mtime, default=None)
        known = self.validator(newest.stem) if newest else None
        return known.form.source if known else ""

    def forms(self) -> tuple[Form, ...]:
        """Return all kept versions, the newest first. Raises FormError when one cannot be read."""
        found = sorted(self._workbooks(), key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
        return tuple(known.form for path in found if (known := self.validator(path.stem)))

    def code_paths(self, version: str) -> tuple[str, ...]:
        """Return where a submission of that version holds its withdrawal code, if it has one.

        Of a version that is not here, the places in all that are: a woman may withdraw what nobody can read yet.
        """
        if version in self._codes:
            return self._codes[version]
        known = self.validator(version)
        found = [known] if known else [self.validator(path.stem) for path in sorted(self._workbooks())]
        questions = (one.form.with_role("withdrawal_code") for one in found if one)
        paths = tuple(dict.fromkeys(question.path for question in questions if question))
        if known:
            self._codes[version] = paths
        return paths

    def _workbooks(self) -> Iterator[Path]:
        return (self.folder / self.form).glob("*.xlsx")

    def keep(self, version: str, xlsx: bytes) -> None:
        """Keep the workbook of a version that was just deployed; whole or not at all.

        Raises FormError when it cannot be written, or the version has no name that a file could have.
        """
        if not self.can_be(version):
            raise FormError(
                f"the server calls its version {version[:64]!r}, which cannot be the name of a file.",
                file=self.form,
                remedy="Is this a KoboToolbox server?",
            )
        path = self.path(version)
        part = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(xlsx)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except OSError as error:
            if part:
                Path(part).unlink(missing_ok=True)
            raise FormError(
                f"the version {version} was deployed, but could not be kept here ({error.strerror}).",
                file=str(path),
                remedy="Make room on the disk, or close the file in Excel; then run kobo-sync deploy again.",
            ) from error
        self._made.pop(version, None)
        self._codes.pop(version, None)

    def holds(self, version: str, xlsx: bytes) -> bool:
        """Whether exactly this workbook was deployed as that version."""
        path = self.path(version)
        return path.is_file() and path.read_bytes() == xlsx
