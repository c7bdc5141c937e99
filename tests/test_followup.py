"""The coordinator's actions.csv and replies.csv: read with clear errors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from kobo_sync.errors import ConfigError
from kobo_sync.followup import Action, Reply, read_actions, read_replies

ACTION = "service,locale,ask,duty_bearer,promise,date,done\n"
REPLY = "service,locale,date,reply\n"
KNOWN = ({"S01"}, {"D1"})


def _file(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_asks_are_read_with_their_promise(tmp_path: Path) -> None:
    """An ask of a service and one of a place, with who has to act, the promise, the day, and whether it is done."""
    path = _file(tmp_path, ACTION + "S01,,A lock,Director,Soon,2027-03-01,no\n,D1,Naloxone,Ministry,,,yes\n")
    assert read_actions(path, *KNOWN) == (
        Action("S01", "", "A lock", "Director", "Soon", dt.date(2027, 3, 1), done=False),
        Action("", "D1", "Naloxone", "Ministry", "", None, done=True),
    )


def test_replies_are_read(tmp_path: Path) -> None:
    """A reply has whose it is, its day and its words."""
    path = _file(tmp_path, REPLY + "S01,,2027-01-10,We will.\n")
    assert read_replies(path, *KNOWN) == (Reply("S01", "", dt.date(2027, 1, 10), "We will."),)


@pytest.mark.parametrize(("cell", "public"), [("yes", True), ("no", False), ("", False)])
def test_nothing_is_public_unless_its_row_says_so(tmp_path: Path, cell: str, public: bool) -> None:  # noqa: FBT001
    """A row is for the public only where it says yes under publish; a list without that column has no such row."""
    actions = read_actions(_file(tmp_path, f"{ACTION.strip()},publish\nS01,,A lock,,,,,{cell}\n"), *KNOWN)
    replies = read_replies(_file(tmp_path, f"{REPLY.strip()},publish\nS01,,,We will.,{cell}\n"), *KNOWN)
    assert [actions[0].publish, replies[0].publish] == [public, public]
    assert not read_replies(_file(tmp_path, f"{REPLY}S01,,,We will.\n"), *KNOWN)[0].publish


def test_publish_is_yes_or_no(tmp_path: Path) -> None:
    """Anything else under publish is a mistake, and its row is named."""
    with pytest.raises(ConfigError, match="row 2: write yes or no into the column publish"):
        read_replies(_file(tmp_path, f"{REPLY.strip()},publish\nS01,,,We will.,perhaps\n"), *KNOWN)


def test_no_list_is_no_ask(tmp_path: Path) -> None:
    """Both lists may be missing."""
    assert read_actions(tmp_path / "actions.csv", *KNOWN) == ()
    assert read_replies(tmp_path / "replies.csv", *KNOWN) == ()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",,x,,,,", "row 2: write the code of a service, or the code of a place"),
        ("S01,D1,x,,,,", "leave the other empty"),
        ("S99,,x,,,,", "S99 is not in services.csv"),
        (",D9,x,,,,", "D9 is not in locales.csv"),
        ("S01,,,Ministry,,,", "column ask"),
        ("S01,,x,,,1.3.2027,", "like 2026-09-30"),
        ("S01,,x,,,,maybe", "yes or no"),
    ],
)
def test_a_wrong_ask_names_its_row(tmp_path: Path, row: str, words: str) -> None:
    """What is wrong with a row is one sentence with its number and the remedy."""
    with pytest.raises(ConfigError, match="row 2") as caught:
        read_actions(_file(tmp_path, f"{ACTION}{row}\n"), *KNOWN)
    assert words in str(caught.value)


def test_an_empty_reply_names_its_row(tmp_path: Path) -> None:
    """A reply without words is a mistake, and its row is named."""
    with pytest.raises(ConfigError, match="row 2: write into the column reply"):
        read_replies(_file(tmp_path, f"{REPLY}S01,,,\n"), *KNOWN)
