"""A deployment that broke off, anywhere, is completed by running it again: one form, every version kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deploy_samples import SENT, Place, made_place, own_form
from kobo_samples import lose_answer
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.deployment import NOTHING, REDEPLOY
from kobo_sync.kobo.errors import ServerBusy


@pytest.fixture(autouse=True)
def _without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the check by ODK Validate, a second each time, to the tests that are about it."""
    monkeypatch.setattr("kobo_sync.kobo.deploying.convert_form", lambda _: "")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with made_place(tmp_path / "space") as made:
        yield made


Cut = Callable[[Request], Response | None]


def _answer_502(method: str, ending: str) -> Cut:
    def cut(request: Request) -> Response | None:
        return Response("", 502) if request.method == method and request.path.endswith(ending) else None

    return cut


@pytest.mark.parametrize(
    ("method", "ending"), [("POST", "/imports/"), ("POST", "/files/"), ("POST", "/deployment/"), ("GET", "/files/")]
)
def test_a_first_run_that_broke_off_is_completed_by_the_next(place: Place, method: str, ending: str) -> None:
    """Wherever a first deployment stops, running it again completes it, with one form on the server."""
    place.server.before = _answer_502(method, ending)
    with pytest.raises(ServerBusy):
        place.run()
    place.server.before = None
    asset = place.run()
    assert asset.active
    assert place.on_server.uid == asset.uid == place.space.forms["survey"]
    assert place.on_phones() == {"services.csv": SENT}
    assert place.plan().action == NOTHING


@pytest.mark.parametrize("ending", ["/imports/", "/files/", "/deployment/"])
def test_a_lost_answer_never_makes_a_second_form(place: Place, ending: str) -> None:
    """When the server did it but its answer was lost, running again finds that, and there is one form."""
    lose_answer(place.server, "POST", ending)
    if ending == "/deployment/":
        place.run()
    else:
        with pytest.raises(ServerBusy, match="may or may not have arrived"):
            place.run()
        if ending == "/imports/":
            assert place.space.forms == {}
            assert "draft of that title" in place.plan().in_words()
        place.run()
    assert place.on_server.uid == place.space.forms["survey"]
    assert place.on_phones() == {"services.csv": SENT}
    assert place.plan().action == NOTHING


@pytest.mark.parametrize(("method", "ending"), [("POST", "/imports/"), ("PATCH", "/deployment/")])
def test_a_change_that_broke_off_is_completed_by_the_next(place: Place, method: str, ending: str) -> None:
    """Wherever a change stops, running again completes it; phones have the old version until then."""
    first = place.run()
    place.form.write_bytes(own_form("v2.xlsx"))
    place.server.before = _answer_502(method, ending)
    with pytest.raises(ServerBusy):
        place.run()
    place.server.before = None
    assert place.on_server.deployed_versions[0].uid == first.deployed_version
    second = place.run()
    assert second.deployed_version != first.deployed_version
    assert (place.space.versions / "survey" / f"{second.deployed_version}.xlsx").read_bytes() == own_form("v2.xlsx")
    assert place.plan().action == NOTHING


def test_services_that_were_sent_but_not_deployed_are_deployed_by_the_next_run(place: Place) -> None:
    """Broken off between sending services.csv and deploying, phones have the old list: the next run sees that."""
    place.run()
    with (place.root / "services.csv").open("a", encoding="utf-8") as file:
        file.write("S03,Service 03,D1,,,,\n")
    place.server.before = _answer_502("PATCH", "/deployment/")
    with pytest.raises(ServerBusy):
        place.run()
    place.server.before = None
    assert place.on_phones() == {"services.csv": SENT}
    plan = place.plan()
    assert (plan.action, plan.media) == (REDEPLOY, ())
    assert "deploy it again as it is there" in plan.in_words()
    place.run()
    assert place.on_phones() == {"services.csv": SENT + b"S03,Service 03,D1\n"}
    assert place.plan().action == NOTHING


@pytest.mark.parametrize("step", ["created", "keep"])
def test_a_run_that_was_killed_between_its_steps_is_completed(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed after the import, before the id or the version is written down, the next run still ends with one form."""
    name = "kobo_sync.kobo.deploying.write_asset" if step == "created" else "kobo_sync.sync.versions.Versions.keep"

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(name, die)
        with pytest.raises(KeyboardInterrupt):
            place.run()
    asset = place.run()
    assert place.on_server.uid == asset.uid == place.space.forms["survey"]
    assert (place.space.versions / "survey" / f"{asset.deployed_version}.xlsx").exists()
    assert place.plan().action == NOTHING


def test_a_draft_of_another_form_of_the_workspace_is_not_taken(place: Place) -> None:
    """Two forms of the same title never end up in one form on the server."""
    (place.root / "xlsform" / "again.xlsx").write_bytes(place.form.read_bytes())
    for _ in range(2):
        with place.deployer() as deployer:
            for plan in deployer.plans():
                deployer.carry_out(plan)
    assert len(set(place.space.forms.values())) == 2
    assert set(place.server.world.assets) == set(place.space.forms.values())


def test_a_draft_that_belongs_to_another_form_is_not_taken(place: Place) -> None:
    """A form that is still a draft keeps its place on the server when a second form of the same title comes."""
    place.server.before = _answer_502("POST", "/deployment/")
    with pytest.raises(ServerBusy):
        place.run()
    place.server.before = None
    (place.root / "xlsform" / "again.xlsx").write_bytes(place.form.read_bytes())
    with place.deployer("again") as deployer:
        [plan] = deployer.plans()
        deployer.carry_out(plan)
    assert len(set(place.space.forms.values())) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_version_is_kept_before_phones_can_get_it(place: Place, method: str) -> None:
    """When the server is asked to deploy, the workbook of that version is here already: no answer can come before."""
    if method == "PATCH":
        place.run()
        place.form.write_bytes(own_form("v2.xlsx"))
    kept: list[bool] = []

    def look(request: Request) -> None:
        if request.path.endswith("/deployment/"):
            newest = place.on_server.versions[-1].uid
            kept.append((place.root / "versions" / "survey" / f"{newest}.xlsx").is_file())

    place.server.before = look
    place.run()
    assert kept == [True]
