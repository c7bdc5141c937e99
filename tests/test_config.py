"""The settings of a run: lengths of time, and what a workspace does where nothing is set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.config import CONFIG, duration
from kobo_sync.errors import ConfigError
from kobo_sync.workspace import Workspace, open_workspace

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _open(folder: Path, config: str) -> Workspace:
    (folder / CONFIG).write_text(config, encoding="utf-8")
    return open_workspace(folder)


@given(st.integers(1, 999_999), st.sampled_from("smhd"), st.sampled_from(["", " "]), st.sampled_from(["", " "]))
def test_a_length_of_time_is_a_number_and_a_letter(number: int, unit: str, between: str, after: str) -> None:
    """Every whole number from 1 on with s, m, h or d is that many seconds, minutes, hours or days."""
    assert duration(f"{number}{between}{unit}{after}", "--every") == number * UNITS[unit]


@given(st.text(max_size=8) | st.from_regex(r"[0-9\u0660-\u0669+.-]{0,4} ?[smhdw]{0,2}\n?", fullmatch=True))
def test_what_is_no_length_of_time_is_one_sentence(text: str) -> None:
    """Anything else is refused in one sentence that names the place, shows what is right, and does not repeat it."""
    if re.fullmatch("[1-9][0-9]{0,5} ?[smhd]", text.strip()):
        assert duration(text, "--every") > 0
        return
    with pytest.raises(ConfigError, match=r"^--every: [^\n]*15m[^\n]*$"):
        duration(text, "--every")


@pytest.mark.parametrize("text", ["", "0m", "-1h", "1.5h", "15", "m", "15 minutes", "٣m", "1000000d", "1h30m", "1w"])
def test_lengths_of_time_that_are_refused(text: str) -> None:
    """No length, one below zero, a fraction, a bare number, a word, other digits: each is refused."""
    with pytest.raises(ConfigError):
        duration(text, "--every")


def test_settings_have_safe_values_where_nothing_is_set(tmp_path: Path) -> None:
    """Without settings nothing is written back, "not approved" is out, and a full look is taken once a day."""
    space = _open(tmp_path, "")
    assert (space.first_round, space.raw_retention_months, space.sweep_every) == ("", 12, 86400)
    assert (space.mark_on_hold, space.not_approved_counts) == (False, False)
    assert space == Workspace(tmp_path)


def test_settings_are_read(tmp_path: Path) -> None:
    """Each setting of a run is taken from the file."""
    space = _open(
        tmp_path,
        'first_round = "2026-H1"\nraw_retention_months = 6\n'
        '[sync]\nsweep_every = "12h"\nmark_on_hold = true\nnot_approved_counts = true\n',
    )
    assert (space.first_round, space.raw_retention_months, space.sweep_every) == ("2026-H1", 6, 43200)
    assert (space.mark_on_hold, space.not_approved_counts) == (True, True)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('first_round = "spring"', 'first_round should be the first round, such as "2026-H1"'),
        ("first_round = 2026", "first_round should be a text in quotes"),
        ("raw_retention_months = 0", "raw_retention_months should be the months"),
        ('raw_retention_months = "12"', "raw_retention_months should be a whole number"),
        ("[sync]\nsweep_every = 5", "sync.sweep_every should be a text in quotes"),
        ('[sync]\nsweep_every = "daily"', 'such as "1d" or "12h"'),
        ('[sync]\nmark_on_hold = "yes"', "sync.mark_on_hold should be true or false"),
        ("[sync]\nhold = true", "no setting sync.hold. There are: sweep_every, mark_on_hold, not_approved_counts"),
        ("sync = 1", "sync should be a table of its own: [sync]"),
    ],
)
def test_each_mistake_in_the_settings_is_one_sentence(tmp_path: Path, config: str, words: str) -> None:
    """Each mistake names the file, the setting and what it should be."""
    with pytest.raises(ConfigError) as caught:
        _open(tmp_path, config)
    assert CONFIG in str(caught.value)
    assert words in str(caught.value)
