"""A deployment that is cut at any HTTP call, and run again, ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from deploy_samples import Place
from drift_kit import SURVEY, Snapshot, deployed, edit, grant, held, small_form
from kobo_samples import Pauses, session

from kobo_sync.errors import KoboSyncError
from kobo_sync.kobo.deploying import Deployer
from kobo_sync.kobo.deployment import LOCAL
from kobo_sync.kobo.meaning import of_content, of_workbook
from kobo_sync.kobo.team import PUBLIC

PEOPLE = ("mira", "noor", "olga")


class Killed(BaseException):
    """The laptop is off: nothing of the program runs any more, whatever it would have caught."""


class Line:
    """The line to the server, cut at one call: before it arrives or after the server did it, for good or just once."""

    def __init__(self, at: int, kind: str) -> None:
        self.at, self.kind, self.calls = at, kind, 0
        self.methods: list[str] = []

    def over(self, real: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
        """Return what takes the place of requests' own way to send."""

        def send(*given: Any, **how: Any) -> requests.Response:
            self.calls += 1
            self.methods.append(str(given[0]))
            here = self.calls == self.at
            gone = here or (self.calls > self.at > 0 and not self.kind.startswith("hiccup"))
            if gone and not (here and self.kind.endswith("after")):
                self._die()
            answer = real(*given, **how)
            if here:
                self._die()
            return answer

        return send

    def _die(self) -> None:
        raise Killed if self.kind.startswith("killed") else requests.ConnectionError("the line is dead")


def run(place: Place, line: Line, *, take: str = "") -> None:
    """Deploy over such a line, in a process of its own."""
    http = session(place.server.url, place.token, Pauses())
    http._http.request = line.over(http._http.request)  # type: ignore[method-assign]
    with Deployer(place.space, (), http, take=take) as deployer:
        for plan in deployer.plans():
            deployer.carry_out(plan)


def state(place: Place) -> dict[str, Any]:
    """Return all that a deployment is for, without the ids that the server draws by lot."""
    asset = place.on_server  # fails when there are two
    here, there = place.form.read_bytes(), of_content(asset.content, asset.name, "survey")
    newest = asset.versions[-1]
    kept = place.space.versions / "survey" / f"{newest.uid}.xlsx"
    assert asset.deployment is not None
    return {
        "written down": place.space.forms == {"survey": asset.uid},
        "as here": there.digest == of_workbook(here, "survey").digest,
        "kept": of_workbook(kept.read_bytes(), "survey").digest == there.digest,
        "versions": len(asset.versions),
        "deployed": [asset.versions.index(one) for one in asset.deployed_versions],
        "active": asset.deployment.active,
        "files": sorted((file.filename, file.data) for file in asset.files.values()),
        "phones": sorted((file.filename, file.data) for file in asset.deployment.media.values()),
        "may": {name: sorted(held(place, name)) for name in (*PEOPLE, PUBLIC)},
        "parts": [path.name for path in place.root.rglob("*.part")],
    }


def _create(place: Place) -> str:
    place.server.world.assets.clear()
    config = place.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[forms")[0], encoding="utf-8")
    for path in (place.space.versions / "survey").iterdir():
        path.unlink()
    place.team(enumerators=["mira"], viewers=["noor"])
    return ""


def _change(place: Place) -> str:
    place.team(enumerators=["mira", "noor"])
    place.run()
    (place.root / "services.csv").write_text("code,label,locale\nS09,Service 09,D1\n", encoding="utf-8")
    place.form.write_bytes(small_form(*SURVEY, ("integer", "age", "How many years?")))
    grant(place, "olga", "view_submissions")
    place.team(enumerators=["noor", "olga"])
    return ""


def _take(place: Place) -> str:
    edit(place, lambda content: content["survey"].append({"type": "text", "name": "x", "label": ["X"]}), deploy=True)
    return LOCAL


SCENES = {"create": _create, "change": _change, "take": _take}
KILLED = ("killed before", "killed after")
BROKEN = ("broken before", "broken after", "hiccup before", "hiccup after")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Deploy a small form on a server with some accounts."""
    with deployed(tmp_path_factory.mktemp("cut")) as made:
        for name in PEOPLE:
            made.place.server.add_user(name)
        yield made


def ended(folder: Path, snapshot: Snapshot, scene: str, kinds: tuple[str, ...]) -> int:
    """Cut a scene at every call in turn, run it again, and compare with how it ends uncut; return how many cuts."""
    place = snapshot.restore()
    take = SCENES[scene](place)
    line = Line(0, "")
    start = Snapshot.of(place, folder / scene)
    run(place, line, take=take)
    expected = state(place)
    assert expected["written down"]
    assert expected["as here"]
    assert not place.plan().todo
    cuts = 0
    for at, method in enumerate(line.methods, 1):
        for kind in kinds:
            if method == "GET" and kind == "killed after":
                continue  # as good as killed before the next one
            place = start.restore()
            with suppress(Killed, KoboSyncError):
                run(place, Line(at, kind), take=take)
            run(place, Line(0, ""), take=take)
            assert state(place) == expected, f"{scene}, {kind} call {at} of {line.calls}"
            assert method == "GET" or not place.plan().todo  # a cut between reads leaves what the one before it left
            cuts += 1
    return cuts


@pytest.mark.parametrize(
    "scene", [pytest.param(scene, marks=() if scene == "take" else pytest.mark.soak) for scene in SCENES]
)
def test_a_deployment_that_was_killed_ends_the_same(tmp_path: Path, snapshot: Snapshot, scene: str) -> None:
    """Killed before or after any call, then run once more: same form, versions, files, permissions, no second form."""
    assert ended(tmp_path, snapshot, scene, KILLED) >= 12


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES)
def test_a_deployment_whose_line_broke_ends_the_same(tmp_path: Path, snapshot: Snapshot, scene: str) -> None:
    """A line that dies for good, or drops one answer, at any call: running once more ends the same."""
    assert ended(tmp_path, snapshot, scene, BROKEN) >= 4 * 10
