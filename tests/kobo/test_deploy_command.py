"""`kobo-sync deploy` as somebody types it: what it shows, what it asks, how it ends."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator

import pytest
from deploy_samples import Place
from drift_kit import SURVEY, Snapshot, deployed, edit, grant, held, small_form

from kobo_sync.__main__ import run
from kobo_sync.kobo.team import PUBLIC

Say = Callable[..., tuple[int, str]]
LESS = small_form(*SURVEY[:2], SURVEY[3])
MORE = small_form(*SURVEY, ("integer", "age", "How many years?"))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Deploy a small form once for all tests here."""
    with deployed(tmp_path_factory.mktemp("command")) as made:
        made.place.server.add_user("mira")
        yield made


@pytest.fixture
def place(snapshot: Snapshot) -> Place:
    """Give the form as it was deployed."""
    return snapshot.restore()


@pytest.fixture
def say(place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run the command, with what is typed; return the exit code and all that was said."""
    monkeypatch.setenv("KOBO_API_TOKEN", place.token)

    def call(*options: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = run(["--workspace", str(place.root), "deploy", *options])
        said = "".join(capfd.readouterr())
        assert "Traceback" not in said
        assert place.token not in said
        return code, said

    return call


def test_nothing_to_do_is_said_and_not_asked(place: Place, say: Say) -> None:
    """When nothing changed, that is said, nobody is asked, and nothing is written on the server."""
    code, said = say()
    assert code == 0
    assert "nothing to do, the server has it" in said
    assert "Everything is deployed already." in said
    assert place.writes() == []


def test_a_safe_change_wants_a_yes(place: Place, say: Say) -> None:
    """A safe change is told as such and asked for once; at a no nothing is done."""
    place.form.write_bytes(MORE)
    code, said = say(typed="n\n")
    assert code != 0
    assert "safe     there is a new question 'age'. Answers already given lack it." in said
    assert place.writes() == []
    code, said = say(typed="y\n")
    assert code == 0
    assert "survey: deployed." in said
    assert say("--yes")[1].count("Everything is deployed already.") == 1


def test_a_breaking_change_wants_a_typed_yes(place: Place, say: Say) -> None:
    """A change that makes old and new answers different things wants the word yes, typed; y is not enough."""
    place.form.write_bytes(LESS)
    for typed in ("y\n", "\n", "no\n", ""):
        code, said = say(typed=typed)
        assert code != 0
        assert "BREAKING the question 'change' is gone" in said
        assert "Answers already given stay with their version" in said
        assert "no interview came in so far" in said
        assert place.writes() == []
    assert say(typed="yes\n")[0] == 0
    assert place.plan().todo is False


def test_yes_alone_breaks_nothing(place: Place, say: Say) -> None:
    """--yes does not break answers: exit 5 and the option that does; with it nobody is asked."""
    place.form.write_bytes(LESS)
    code, said = say("--yes")
    assert code == 5
    assert "--allow-breaking" in said
    assert place.writes() == []
    code, said = say("--yes", "--allow-breaking")
    assert code == 0
    assert place.plan().todo is False


def test_a_dry_run_shows_and_stops(place: Place, say: Say) -> None:
    """--dry-run shows the plan, breaking or not, asks nothing and changes nothing."""
    place.form.write_bytes(LESS)
    code, said = say("--dry-run")
    assert code == 0
    assert "BREAKING" in said
    assert "Nothing was changed." in said
    assert place.writes() == []


def test_a_drift_ends_with_what_to_type(place: Place, say: Say) -> None:
    """A form that somebody changed in KoboToolbox is left alone: exit 5, and both commands that go on."""
    edit(place, lambda content: content["survey"].append({"type": "text", "name": "x", "label": ["X"]}))
    before = place.writes()
    code, said = say("--yes")
    assert code == 5
    assert "leave it alone, somebody changed it in KoboToolbox" in said
    assert "there is a new question 'x'" in said
    assert "kobo-sync deploy survey --take server" in said
    assert "kobo-sync deploy survey --take local" in said
    assert place.writes() == before
    code, said = say("--take", "server", "--yes")
    assert code == 0
    assert "from-server" in said
    code, said = say("--take", "local", "--yes", "--allow-breaking")
    assert code == 0
    assert "All of this is written over by your form." in said
    assert place.plan().todo is False


def test_a_drift_of_one_form_does_not_hold_up_the_other(place: Place, say: Say) -> None:
    """One form is left alone, the other one is deployed all the same, and the end is exit 5."""
    edit(place, lambda content: content["survey"].append({"type": "text", "name": "x", "label": ["X"]}))
    (place.root / "xlsform" / "other.xlsx").write_bytes(small_form(("text", "b", "What is good?")))
    code, said = say("--yes")
    assert code == 5
    assert "other: deployed." in said
    assert "survey was left alone" in said
    assert set(place.space.forms) == {"survey", "other"}


def test_the_team_is_shown_before_and_set_after(place: Place, say: Say) -> None:
    """Permissions stand in the plan, want a yes like everything else, and are told when they are set."""
    place.team(enumerators=["mira"])
    code, said = say(typed="n\n")
    assert code != 0
    assert "team     mira may send interviews (enumerator)" in said
    assert held(place, "mira") == set()
    code, said = say(typed="y\n")
    assert code == 0
    assert "survey: permissions are as in [team] now." in said
    assert held(place, "mira") == {"add_submissions"}


def test_only_team_wants_a_team(place: Place, say: Say) -> None:
    """--only-team without a [team] would shut everybody out: exit 2, and what to write."""
    code, said = say("--only-team", "--yes")
    assert code == 2
    assert "[team]" in said


def test_warnings_are_shown_also_when_there_is_nothing_to_do(place: Place, say: Say) -> None:
    """What is open to everybody is told at every run, and stays for a person to close."""
    grant(place, PUBLIC, "view_submissions")
    before = place.writes()
    code, said = say("--yes")
    assert code == 0
    assert "WARNING  Everybody on the internet can read all answers." in said
    assert place.writes() == before
