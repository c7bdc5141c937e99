"""Keyed hashes: recognised with the key, useless without it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError
from kobo_sync.store.seal import Seal, open_seal
from kobo_sync.store.store import Store

KEY = b"a key for tests"


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The first run makes a key that only its owner may read; later runs use the same one."""
    with Store(tmp_path / "s.sqlite") as store:
        first = open_seal(tmp_path / "key", store)
        again = open_seal(tmp_path / "key", store)
    assert first.code("123") == again.code("123")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / "key").read_text(encoding="ascii") not in repr(first)


def test_a_lost_or_foreign_key_is_said(tmp_path: Path) -> None:
    """A store whose key is gone, damaged or another one's is not opened with a new key; the message has the remedy."""
    key = tmp_path / "key"
    with Store(tmp_path / "s.sqlite") as store:
        open_seal(key, store)
        key.unlink()
        with pytest.raises(ConfigError, match="Put the file back from a backup"):
            open_seal(key, store)
        key.write_text("ab" * 32, encoding="ascii")
        with pytest.raises(ConfigError, match="not the key that belongs to this store"):
            open_seal(key, store)
        key.write_text("half a ke", encoding="ascii")
        with pytest.raises(ConfigError, match="damaged"):
            open_seal(key, store)


def test_a_code_is_the_same_however_it_is_typed() -> None:
    """Blanks and dashes between the parts of a code, and small or capital letters, make no difference."""
    seal = Seal(KEY)
    assert seal.code("123 456-789") == seal.code("123456789")
    assert seal.code(" AbC ") == seal.code("abc")


@given(text=st.text(min_size=1))
def test_hashes_of_different_purposes_never_meet(text: str) -> None:
    """The same text gives other hashes as a code, a withdrawal and a deletion, and others with another key."""
    hashes = [
        seal_of(text) for seal in (Seal(KEY), Seal(b"other")) for seal_of in (seal.withdrawn, seal.deleted, seal.code)
    ]
    assert len(set(hashes)) == len(hashes)
