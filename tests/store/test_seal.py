"""Keyed hashes: recognised with the key, useless without it."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
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


@pytest.mark.parametrize(
    "typed",
    [
        "1234 50005",
        "123\u202f450\u202f005",
        "123\u2013450\u2011005",
        "\u0661\u0662\u0663\u0664\u0665\u0660\u0660\u0660\u0665",
        "123\u200b450005",
        "123.450.005",
        "\ufeff123_450/005\u061c",
        "\uff11\uff12\uff13\uff14\uff15\uff10\uff10\uff10\uff15",
    ],
)
def test_a_code_is_the_same_on_every_keyboard(typed: str) -> None:
    """Digits of any writing, dashes, dots, blanks and signs without width make no other code."""
    assert Seal(KEY).code(typed) == Seal(KEY).code("123450005")


_DIGITS = [chr(number) for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number)) == "Nd"]
_BETWEEN = st.text(st.characters(categories=["Pd", "Po", "Pc", "Zs", "Zl", "Zp", "Cf", "Cc"]), max_size=3)


@given(data=st.data(), code=st.text("0123456789", min_size=1, max_size=12))
def test_any_spelling_of_the_same_digits_is_the_same_code(data: st.DataObject, code: str) -> None:
    """Each digit in whatever writing, with whatever signs between that are no letter: one hash."""
    ways = {digit: [sign for sign in _DIGITS if unicodedata.digit(sign) == int(digit)] for digit in set(code)}
    parts = [data.draw(st.sampled_from(ways[digit])) + data.draw(_BETWEEN) for digit in code]
    typed = data.draw(_BETWEEN) + "".join(parts)
    assert Seal(KEY).code(typed) == Seal(KEY).code(code)
    assert Seal(KEY).code(typed + "1") != Seal(KEY).code(code)


def test_a_code_without_letter_or_digit_is_none() -> None:
    """What holds neither letter nor digit has no hash: it finds nothing, and nothing is found by it."""
    assert Seal(KEY).code(" -\u200b. ") == ""


@given(text=st.text(min_size=1).filter(lambda text: any(sign.isalnum() for sign in text)))
def test_hashes_of_different_purposes_never_meet(text: str) -> None:
    """The same text gives other hashes as a code, a withdrawal and a deletion, and others with another key."""
    hashes = [
        seal_of(text) for seal in (Seal(KEY), Seal(b"other")) for seal_of in (seal.withdrawn, seal.deleted, seal.code)
    ]
    assert len(set(hashes)) == len(hashes)
