"""Asks and replies in public: only rows that say yes, and nothing while a row holds what could tell on somebody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_public import NOW, ROUND, close, save, three_services
from workspaces import ROOT

from kobo_sync.__main__ import run
from kobo_sync.errors import RefusedForSafety
from kobo_sync.report.public import publish
from kobo_sync.report.public_words import public_words
from kobo_sync.store.releases import releases
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace

REPLIES, ACTIONS = "service,locale,date,reply,publish\n", "service,locale,ask,duty_bearer,promise,date,done,publish\n"


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """Make a workspace with the committed forms and three services, before any interview."""
    return three_services(tmp_path)


def write(space: Workspace, replies: str = "", actions: str = "") -> None:
    """Write both lists."""
    (space.root / "replies.csv").write_text(REPLIES + replies, encoding="utf-8")
    (space.root / "actions.csv").write_text(ACTIONS + actions, encoding="utf-8")


def test_only_rows_that_say_yes_are_public(space: Workspace) -> None:
    """Without a yes under publish a row stays with the team, whatever it says."""
    write(
        space, "S01,,,We will.,yes\nS01,,,Call 0812 3456 7890.,\n", ",D1,Naloxone,Ministry,,,no,\n,D1,Tea,,,,no,yes\n"
    )
    found = public_words(space)
    assert [one.text for one in found.replies] == ["We will."]
    assert [one.ask for one in found.actions] == ["Tea"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Call 0812-3456-789 at night", "a phone number"),
        ("Her code was 482913", "a withdrawal code"),
        ("Write to me@clinic.example", "an e-mail address"),
        ("We are @clinic_north", "an account or handle"),
        ("See www.clinic.example/x", "a web address"),
        ("The SECRET house opens at ten", "keeps for you alone"),
    ],
)
@pytest.mark.parametrize("where", ["reply", "ask", "duty_bearer", "promise"])
def test_what_could_tell_on_somebody_publishes_nothing(space: Workspace, text: str, what: str, where: str) -> None:
    """Numbers, accounts, addresses and private names stop the release; file, row and kind are named, the words not."""
    if where == "reply":
        write(space, f"S02,,,Good.,yes\nS01,,,{text},yes\n")
    else:
        cells = {"ask": "A lock", "duty_bearer": "", "promise": "", where: text}
        write(space, "", f"S02,,Tea,,,,no,yes\nS01,,{cells['ask']},{cells['duty_bearer']},{cells['promise']},,no,yes\n")
    with pytest.raises(RefusedForSafety) as caught:
        public_words(space)
    message = str(caught.value)
    assert ("replies.csv" if where == "reply" else "actions.csv") in message
    assert "row 3" in message
    assert what in message
    assert text not in message


def test_public_labels_and_usual_words_are_no_secret(space: Workspace) -> None:
    """A reply may name the service and the place as the report does, and words that the forms have."""
    shutil.copy(ROOT / "xlsform" / "client_interview.xlsx", space.xlsform)
    path = space.services_file
    path.write_text(path.read_text("utf-8").replace("Secret Place", "women"), encoding="utf-8")
    write(space, "S01,,,One in North will have women at the door.,yes\n")
    assert len(public_words(space).replies) == 1


def test_a_refused_row_keeps_the_round_unreleased(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, nothing is kept or written, with exit code 5; mended, it stands on its page, and no figure changes."""
    save(space, {"S01": 12, "S02": 14})
    close(space)
    write(space, "S01,,2026-07-20,Ask at Secret Home.,yes\n", ",D2,Naloxone in the pharmacy,Health ministry,,,no,yes\n")
    assert run(["--workspace", str(space.root), "report", "--audience", "public", "--round", ROUND]) == 5
    assert "replies.csv: row 2" in capsys.readouterr().err
    assert not (space.root / "public").exists()
    with Store(space.store) as store:
        assert releases(store) == ()
    write(space, "S01,,2026-07-20,We will train all.,yes\n", ",D2,Naloxone in the pharmacy,Health ministry,,,no,yes\n")
    folder = publish(space, ROUND, now=NOW).folder
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.html")}
    assert sorted(name for name in texts if name.startswith("id/") and "We will train all." in texts[name]) == [
        "id/cards/S01.html",
        "id/services/S01.html",
    ]
    assert {name for name in texts if "Naloxone in the pharmacy" in texts[name]} == {
        f"{code}/places/D2.html" for code in ("en", "es", "fr", "id", "ru", "sw")
    }
    assert b"We will train" not in (folder / "release.json").read_bytes()
    before = _data(folder)
    write(space, "S01,,2026-07-21,We trained all.,yes\n")
    again = publish(space, ROUND, now=NOW)
    assert (again.new, _data(again.folder)) == (False, before)
    assert "We trained all." in (again.folder / "en" / "services" / "S01.html").read_text("utf-8")


def _data(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".json", ".csv"}}
