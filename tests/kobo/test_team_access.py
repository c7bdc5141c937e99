"""Who may do what with a form: exactly what the configuration says, and nobody else is touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_samples import Place
from drift_kit import SURVEY, Snapshot, deployed, edit, grant, held, small_form
from kobo_samples import session, watch

from kobo_sync.config import Team
from kobo_sync.errors import ConfigError, RefusedForSafety
from kobo_sync.kobo.deployment import NOTHING
from kobo_sync.kobo.memory import Memory
from kobo_sync.kobo.team import PUBLIC, Assignment, compare
from kobo_sync.kobo.telling import lines
from kobo_sync.sync.versions import Versions

PEOPLE = ("mira", "noor", "olga", "pia", "quin")
READS = {"view_asset", "view_submissions"}
ALL = {
    *("view_asset", "change_asset", "manage_asset"),
    *(f"{verb}_submissions" for verb in ("add", "view", "change", "delete", "validate")),
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Deploy a small form on a server with some accounts."""
    with deployed(tmp_path_factory.mktemp("team")) as made:
        for name in PEOPLE:
            made.place.server.add_user(name)
        yield made


@pytest.fixture
def place(snapshot: Snapshot) -> Place:
    """Give the form as it was deployed, without any team."""
    return snapshot.restore()


def told(place: Place, *, only_team: bool = False) -> list[str]:
    """Return what a plan says of the team."""
    return [line.split(None, 1)[1] for line in lines(place.plan(only_team=only_team)) if line.startswith("team")]


def test_each_role_gets_exactly_what_it_needs(place: Place) -> None:
    """An enumerator sends and reads nothing, a viewer reads, a coordinator does everything; two roles add up."""
    place.team(enumerators=["mira", "pia"], viewers=["noor", "pia"], coordinators=["olga"])
    assert told(place) == [
        "mira may send interviews (enumerator)",
        "pia may send interviews and read answers (enumerator and viewer)",
        "noor may read answers (viewer)",
        "olga may do everything with the form (coordinator)",
    ]
    before = place.writes()
    place.run()
    assert held(place, "mira") == {"add_submissions"}
    assert held(place, "noor") == READS
    assert held(place, "pia") == {"add_submissions"} | READS
    assert held(place, "olga") == ALL
    assert held(place, "quin") == set()
    assert len(place.writes()) == len(before) + 5


def test_a_second_run_changes_no_permission(place: Place) -> None:
    """Once everybody has what she needs, the plan is empty and nothing is written."""
    place.team(enumerators=["mira"], viewers=["noor"], coordinators=["olga"])
    place.run()
    before = place.writes()
    plan = place.plan()
    assert (plan.action, plan.todo) == (NOTHING, False)
    place.run()
    assert place.writes() == before


def test_a_new_form_comes_with_its_team(place: Place) -> None:
    """A form that is created gets its team in the same run, and the plan says so before."""
    place.server.world.assets.clear()
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[forms")[0], encoding="utf-8")
    place.team(enumerators=["mira"])
    assert told(place) == ["mira may send interviews (enumerator)"]
    place.run()
    assert held(place, "mira") == {"add_submissions"}
    assert place.plan().todo is False


def test_who_is_named_loses_what_is_more(place: Place) -> None:
    """An enumerator who could read answers cannot any more: an enumerator's phone may be taken from her."""
    grant(place, "mira", "change_submissions")
    place.team(enumerators=["mira"])
    assert told(place) == [
        "mira may no longer see the form and read answers and change answers (more than an enumerator needs)"
    ]
    place.run()
    assert held(place, "mira") == {"add_submissions"}
    assert place.plan().todo is False


def test_who_is_no_longer_named_loses_what_she_got_from_here(place: Place) -> None:
    """Taken out of the configuration, she loses what this tool gave her, and what was given otherwise stays."""
    place.team(enumerators=["mira", "noor"], viewers=["pia"])
    place.run()
    grant(place, "noor", "view_asset")
    place.team(enumerators=[])
    assert told(place) == [
        "mira may no longer send interviews (let in from here, no longer in the team)",
        "noor may no longer send interviews (let in from here, no longer in the team)",
        "pia may no longer see the form and read answers (let in from here, no longer in the team)",
        "besides, noor can reach this form and is not in [team]; left as it is (--only-team takes it away)",
    ]
    place.run()
    assert (held(place, "mira"), held(place, "noor"), held(place, "pia")) == (set(), {"view_asset"}, set())
    assert place.plan().todo is False


def test_who_was_let_in_otherwise_is_left_alone(place: Place) -> None:
    """An account that has access without this tool keeps it; the plan says so, and --only-team takes it away."""
    grant(place, "quin", "validate_submissions")
    place.team(enumerators=["mira"])
    place.run()
    before = held(place, "quin")
    assert before == READS | {"validate_submissions"}
    assert told(place) == [
        "besides, quin can reach this form and is not in [team]; left as it is (--only-team takes it away)"
    ]
    place.run(only_team=True)
    assert (held(place, "quin"), held(place, "mira")) == (set(), {"add_submissions"})


def test_a_forgotten_team_locks_nobody_out(place: Place) -> None:
    """When the memory of who was let in is lost, whoever is not named is taken for let in otherwise."""
    place.team(enumerators=["mira"])
    place.run()
    (place.space.versions / "survey" / "sent.json").unlink()
    place.team(enumerators=[])
    place.run()
    assert held(place, "mira") == {"add_submissions"}
    place.run(only_team=True)
    assert held(place, "mira") == set()


def test_without_a_team_permissions_stay_as_they_are(place: Place) -> None:
    """A configuration without [team] changes no permission, also where there was one before."""
    place.team(enumerators=["mira"])
    place.run()
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[team]")[0], encoding="utf-8")
    assert place.plan().todo is False
    place.run()
    assert held(place, "mira") == {"add_submissions"}
    with pytest.raises(ConfigError, match=r"no table \[team\]"):
        place.deployer(only_team=True)


def test_the_owner_the_asker_and_the_public_are_never_touched(place: Place) -> None:
    """Naming the owner or oneself, in whatever role, and --only-team, change nothing for them."""
    grant(place, "olga", "manage_asset")
    grant(place, PUBLIC, "view_asset")
    place.token = place.server.world.users["olga"].token
    place.team(enumerators=["owner1", "olga"], viewers=["owner1"])
    assert told(place, only_team=True) == []
    place.run(only_team=True)
    assert (held(place, "owner1"), held(place, "olga"), held(place, PUBLIC)) == (ALL, ALL, {"view_asset"})


def test_an_account_that_nobody_knows_stops_everything_before(place: Place) -> None:
    """A name that the server does not know is told with its remedy, and nothing at all was changed."""
    place.form.write_bytes(small_form(*SURVEY[:3]))
    place.team(enumerators=["mira", "mira@example.org"])
    before = place.writes()
    with pytest.raises(ConfigError, match=r"'mira@example.org'.*Not found.*not her e-mail") as error:
        place.run()
    assert error.value.exit_code == 2
    assert place.writes() == before


def test_an_account_that_went_meanwhile_is_told_too(place: Place) -> None:
    """An account that is closed between the plan and the yes: the server's words become the same remedy."""
    place.team(enumerators=["quin"])
    with place.deployer() as deployer:
        [plan] = deployer.plans()
        user = place.server.world.users.pop("quin")
        try:
            with pytest.raises(ConfigError, match=r"'quin'.*Object does not exist.*kobo-sync deploy again"):
                deployer.carry_out(plan)
        finally:
            place.server.world.users["quin"] = user
    place.run()
    assert held(place, "quin") == {"add_submissions"}


def test_who_may_not_manage_a_form_is_told(place: Place) -> None:
    """Whoever deploys without the right to let others in gets the server's refusal, in words."""
    grant(place, "olga", "change_asset")
    place.token = place.server.world.users["olga"].token
    place.team(enumerators=["mira"])
    with pytest.raises(Exception, match="may"):
        place.run()
    assert held(place, "mira") == set()


def test_only_what_was_planned_is_done(place: Place) -> None:
    """What somebody changes between the plan and the yes is not touched: nobody said yes to it."""
    place.team(enumerators=["mira"])
    with place.deployer(only_team=True) as deployer:
        [plan] = deployer.plans()
        grant(place, "quin", "view_submissions")
        grant(place, "mira", "add_submissions")
        before = place.writes()
        deployer.carry_out(plan)
    assert place.writes() == before
    assert held(place, "quin") == READS


def test_a_drift_keeps_nobody_s_access(place: Place) -> None:
    """A form that is left alone because somebody changed it still loses whoever may no longer reach it."""
    place.team(enumerators=["mira"])
    place.run()
    edit(place, lambda content: content["survey"].append({"type": "text", "name": "x", "label": ["X"]}))
    place.team(enumerators=[])
    with pytest.raises(RefusedForSafety, match="left alone"):
        place.run()
    assert held(place, "mira") == set()


def test_names_stand_in_the_configuration_alone(place: Place) -> None:
    """No file of the workspace but the configuration holds an account's name, while she is in and after."""
    place.team(enumerators=["mira"], viewers=["noor"])
    place.run()
    for team in ([], ["mira"]):
        place.team(enumerators=team)
        place.run()
        others = [path for path in place.root.rglob("*") if path.is_file() and path.name != "kobo-sync.toml"]
        assert others
        assert not [path for path in others if any(name.encode() in path.read_bytes() for name in ("mira", "noor"))]
    [memory] = place.root.rglob("sent.json")
    assert json.loads(memory.read_text(encoding="utf-8"))["given"]  # so it does remember something


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        ("add_submissions", ["can send interviews, without an account"]),
        ("view_submissions", ["can read all answers", "can see the form, and with it services.csv"]),
        ("view_asset", ["can see the form, and with it services.csv"]),
    ],
)
def test_what_is_open_to_everybody_is_warned_of(place: Place, permission: str, words: list[str]) -> None:
    """Anonymous submissions, shared data, a form that shows its services: each is a warning, with where to close it."""
    grant(place, PUBLIC, permission)
    warnings = place.plan().warnings
    assert len(warnings) == len(words)
    for warning, expected in zip(warnings, words, strict=True):
        assert expected in warning
        assert "Settings → Sharing" in warning
    assert [line for line in lines(place.plan()) if line.startswith("WARNING")]


def test_a_private_form_is_not_warned_of(place: Place) -> None:
    """A form that only its team can reach is no reason for a warning."""
    place.team(enumerators=["mira"], viewers=["noor"])
    place.run()
    assert place.plan().warnings == ()


@pytest.mark.parametrize(
    "team",
    [
        'enumerators = "mira"',
        'enumerators = ["AnonymousUser"]',
        'enumerators = ["../../me"]',
        'enumerators = ["mira", "mira"]',
        'interviewers = ["mira"]',
    ],
)
def test_a_wrong_team_is_told(place: Place, team: str) -> None:
    """A team that is no list of accounts, names the public, or has an unknown role is refused before anything."""
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8") + f"\n[team]\n{team}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="team"):
        place.plan()


def test_only_this_server_s_addresses_are_sent(place: Place) -> None:
    """A permission is asked for by the addresses of account and permission, as KoboToolbox wants it."""
    seen = watch(place.server)
    place.team(viewers=["noor"])
    place.run()
    [sent] = [one for one in seen if one.method == "POST"]
    body = json.loads(sent.everything.rpartition(b"\n")[2])
    url = place.server.url
    assert body == {"user": f"{url}/api/v2/users/noor/", "permission": f"{url}/api/v2/permissions/view_submissions/"}
    assert session(url, place.token).get("/me/")["username"] == "owner1"


def test_access_to_some_people_s_answers_is_more_than_an_enumerator_needs() -> None:
    """Access to the answers of some people only is taken from an enumerator, and replaced for a viewer."""
    there = [Assignment(f"p{name}", name, "partial_submissions") for name in ("mira", "noor")]
    there += [Assignment(f"v{name}", name, "view_asset") for name in ("mira", "noor")]
    memory = Memory(Versions(Path("/nonexistent"), "form"))
    access = compare(Team(enumerators=("mira",), viewers=("noor",)), there, (), memory, only_team=False)
    assert list(access.in_words()) == [
        "mira may send interviews (enumerator)",
        "noor may read answers (viewer)",
        "mira may no longer see the form and read some people's answers (more than an enumerator needs)",
        "noor may no longer read some people's answers (more than a viewer needs)",
    ]
