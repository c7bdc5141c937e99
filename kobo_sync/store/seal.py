"""Keyed hashes: what lets the store recognise a woman's code, or a submission that is gone, without holding either.

The key lies in a file of its own beside the store, so that a copy of the store alone tells nothing. Each purpose has
hashes of its own: nobody can hold a tombstone of one against a tombstone of the other.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.store.second_copy import tell
from kobo_sync.store.store import Store
from kobo_sync.store.trouble import LOST

_KEY = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_NOTE = "seal"  # the store's own note of which key it was sealed with


class Seal:
    """Hashes with one key. Never shows it: `repr` is the class's name alone."""

    def __init__(self, key: bytes) -> None:
        self._begun = hmac.new(key, digestmod="sha256")  # a copy of it goes on a third faster than from the key

    def __repr__(self) -> str:
        return "Seal(…)"

    def code(self, code: str) -> str:
        """Return the hash of a withdrawal code however it is typed, "" where it holds neither digit nor letter."""
        plain = _plain(code)
        return self._hash("code", plain) if plain else ""

    def withdrawn(self, root_uuid: str) -> str:
        """Return the tombstone of a submission whose woman withdrew: a copy that comes again is deleted."""
        return self.withdrawn_late(self.deleted(root_uuid))

    def withdrawn_late(self, deleted: str) -> str:
        """Return the tombstone of a withdrawal from that of a deletion, which came before: her id is not kept."""
        return self._hash("withdrawn", deleted)

    def deleted(self, root_uuid: str) -> str:
        """Return the tombstone of a submission that was deleted on the server: a copy that comes again is a new one."""
        return self._hash("deleted", root_uuid)

    def counted(self, form: str, id_: int, root_uuid: str) -> str:
        """Return the tombstone of one that had counted in a closed round: on a restored server it has the same id."""
        return self._hash("counted", f"{form}:{id_}:{root_uuid}")

    def name(self, uuid: str) -> str:
        """Return a uuid as it is, and of anything else that stands in its place a hash: it may be somebody's typing."""
        return uuid if not uuid or _UUID.fullmatch(uuid) else self._hash("name", uuid)

    def words(self, form: str, id_: int, question: str, text: str) -> str:
        """Return the hash of somebody's own words; the same words elsewhere have another."""
        return self._hash("words", f"{form}:{id_}:{question}:{text}")

    def typed(self, form: str, root_uuid: str, name: str) -> str:
        """Return the hash of what a service was called in one submission, and in whatever becomes of it."""
        return self._hash("typed", f"{form}:{root_uuid}:{name}")

    def released(self, uuid: str) -> str:
        """Return the hash by which a release remembers an interview (its root uuid) or a state of it (its uuid)."""
        return self._hash("released", uuid)

    @property
    def mark(self) -> str:
        """What tells one key from another and gives neither away."""
        return self._hash("mark", "")

    def _hash(self, purpose: str, text: str) -> str:
        begun = self._begun.copy()
        begun.update(f"{purpose}:{text}".encode())
        return begun.hexdigest()


def _plain(code: str) -> str:
    """Return the letters and digits of a code as one spelling.

    Keyboards and messengers of many languages put other digits, dashes, blanks and signs without width between.
    """
    if code.isascii() and code.isdigit():
        return code
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", code).casefold())
    return "".join(str(unicodedata.digit(sign, sign)) for sign in text if sign.isalnum())


def open_seal(path: Path, store: Store) -> Seal:
    """Read the key, or make one where the store is new; a store that lost withdrawals is told them again.

    Raises ConfigError when the file is gone or is another one than the store was sealed with: with a new key, no
    withdrawn woman's copy would be recognised, and no code.
    """
    known = store.note(_NOTE)
    if not path.exists() and known:
        raise ConfigError(
            f"{path} is gone. Without it the program recognises neither a woman's withdrawal code nor a copy of an "
            "interview that was withdrawn. Put the file back from a backup: it never changes, so that any will do. If "
            "there is none, ask whoever looks after the program before you do anything else. The store must then be "
            f"moved away and the interviews read anew (kobo-sync sync): withdrawn ones come back, and {LOST}."
        )
    seal = Seal(bytes.fromhex(_read(path)))
    if not known:
        store.leave_note(_NOTE, seal.mark)
    elif known != seal.mark:
        raise ConfigError(
            f"{path} is not the key that belongs to this store. Put the right one back from a backup: without it the "
            "program recognises no withdrawal code."
        )
    tell(path, store, seal)
    return seal


def _read(path: Path) -> str:
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(f"{path} cannot be made ({error.strerror}). May this folder be written to?") from error
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read. Put it back from a backup.") from error
    if not _KEY.fullmatch(text):
        raise ConfigError(
            f"{path} is damaged: it should hold one line of 64 letters and digits. Put it back from a backup."
        )
    return text
