"""What this workspace remembers of a form on the server: what it sent there, and whom it let in.

The workbooks of the versions are kept by `sync.versions`. Beside them, `versions/<form>/sent.json` holds fingerprints
(never texts) of everything ever sent, so that a form which somebody else changed is told from one's own; and, for each
account that was let in from here, what it was given. Accounts are kept as salted, slow hashes: a name stands in the
configuration and nowhere else. When the file is lost, nothing is taken for one's own, which is the careful side.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from kobo_sync.errors import ConfigError
from kobo_sync.sync.versions import Versions

FILE = "sent.json"
_MOST = 200  # fingerprints kept; older ones no longer stand on any server


class Memory:
    """What is remembered of one form. Written at once, whole or not at all."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._path = versions.path("x").with_name(FILE)

    def keep(self, version: str, xlsx: bytes) -> None:
        """Keep the workbook of a version; one that is kept already stays as it was sent. Raises FormError."""
        if self.kept(version) is None:
            self._versions.keep(version, xlsx)

    def kept(self, version: str) -> bytes | None:
        """Return the workbook of a version, None if it is not here."""
        if not version or not self._versions.can_be(version):
            return None
        path = self._versions.path(version)
        return path.read_bytes() if path.is_file() else None

    def newest(self) -> bytes | None:
        """Return the workbook that was kept last, None if there is none."""
        found = max(self._path.parent.glob("*.xlsx"), key=lambda path: path.stat().st_mtime, default=None)
        return found.read_bytes() if found else None

    def sent(self, *digests: str) -> bool:
        """Whether one of these fingerprints was ever sent from here."""
        return not set(digests).isdisjoint(self._read()["sent"])

    def send(self, digest: str) -> None:
        """Remember that a form of this fingerprint is about to be sent. Raises ConfigError."""
        document = self._read()
        document["sent"] = [*(one for one in document["sent"] if one != digest), digest][-_MOST:]
        self._write(document)

    def given(self, username: str) -> frozenset[str]:
        """Return the permissions that an account was given from here."""
        document = self._read()
        if not document["given"]:
            return frozenset()
        return frozenset(document["given"].get(_hash(document["salt"], username), ()))

    def give(self, username: str, permissions: Iterable[str]) -> None:
        """Remember that an account is about to be given these. Raises ConfigError."""
        document = self._read()
        key = _hash(document["salt"], username)
        document["given"][key] = sorted({*document["given"].get(key, ()), *permissions})
        self._write(document)

    def take(self, username: str, permissions: Iterable[str]) -> None:
        """Forget that an account was given these, which it has no more. Raises ConfigError."""
        document = self._read()
        key = _hash(document["salt"], username)
        if key in document["given"]:
            left = sorted(set(document["given"].pop(key)) - set(permissions))
            document["given"] |= {key: left} if left else {}
            self._write(document)

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            document = None
        fresh: dict[str, Any] = {"sent": [], "salt": secrets.token_hex(16), "given": {}}
        shapes = {"sent": list, "salt": str, "given": dict}
        whole = isinstance(document, dict) and all(isinstance(document.get(key), kind) for key, kind in shapes.items())
        return {**fresh, **document} if whole else fresh

    def _write(self, document: dict[str, Any]) -> None:
        part = ""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self._path.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self._path)
        except OSError as error:
            if part:
                Path(part).unlink(missing_ok=True)
            raise ConfigError(
                f"{self._path} could not be written ({error.strerror}), so nothing was sent: afterwards nobody could "
                "tell your form from another's. Make room on the disk or close the file, then run kobo-sync deploy "
                "again."
            ) from error


@lru_cache(maxsize=4096)
def _hash(salt: str, username: str) -> str:
    """Return what an account is remembered by: slow to try out, so that a found file names nobody."""
    return hashlib.scrypt(username.encode(), salt=salt.encode(), n=2**12, r=8, p=1, dklen=16).hex()
