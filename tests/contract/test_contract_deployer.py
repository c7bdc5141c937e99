"""The program's own way to bring a form to the phones, against the same server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_kit import CHOICES, SURVEY, Sheet, Target, unique, workbook

from kobo_sync.config import Team
from kobo_sync.kobo.assets import Asset, delete_asset, exported, media
from kobo_sync.kobo.deployment import CHANGE, CREATE, DRIFT, LOCAL, NOTHING, REDEPLOY, Plan, Wanted, carry_out, plan
from kobo_sync.kobo.differences import same
from kobo_sync.kobo.meaning import of_workbook
from kobo_sync.kobo.memory import Memory
from kobo_sync.kobo.session import KoboSession, Secret
from kobo_sync.kobo.team import Wish
from kobo_sync.sync.versions import Versions

pytest_plugins = ["contract_fixtures"]
LIST = b"name,label\nx,X\n"


class Deploying:
    """One form, as the program deploys it."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.session = KoboSession(target.url, Secret(target.token))
        self.me = str(self.session.get("/me/")["username"])
        self.memory = Memory(Versions(folder, "contract"))
        self.title, self.uid = unique(), ""
        self.survey: Sheet = [*SURVEY]
        self.files = {"list.csv": LIST}

    def plan(self, take: str = "") -> Plan:
        """Compare with the server."""
        xlsx = workbook(self.survey, CHOICES, {"form_title": self.title, "version": "mine"})
        wanted = Wanted("contract", xlsx, self.files, self.title)
        return plan(self.session, wanted, self.uid, self.memory, Wish(Team(), self.me), take=take)

    def run(self, take: str = "") -> Asset:
        """Do it."""
        return carry_out(self.session, self.plan(take), self.memory, created=lambda uid: setattr(self, "uid", uid))


@pytest.fixture
def deploying(target: Target, tmp_path: Path) -> Iterator[Deploying]:
    """Give a form that is not on the server yet, and leave none behind."""
    made = Deploying(target, tmp_path)
    try:
        yield made
    finally:
        if made.uid:
            delete_asset(made.session, made.uid)
        made.session.close()


def test_the_program_s_second_plan_is_empty(deploying: Deploying) -> None:
    """Created with its file and deployed, the form is known as the same, with and without any memory of it."""
    assert deploying.plan().action == CREATE
    asset = deploying.run()
    assert asset.active
    assert asset.deployed_version == asset.version
    assert [one.filename for one in media(deploying.session, asset.uid)] == ["list.csv"]
    assert deploying.plan().action == NOTHING
    deploying.memory = Memory(Versions(Path("/nonexistent"), "contract"))
    assert deploying.plan().action == NOTHING


def test_the_program_replaces_a_form_and_a_file(deploying: Deploying) -> None:
    """A changed form is replaced and deployed as a new version; a changed file alone is deployed as the same one."""
    first = deploying.run()
    deploying.survey.append(["text", "more", "More", ""])
    assert [one.what for one in deploying.plan().changes] == ["there is a new question 'more'"]
    assert deploying.plan().action == CHANGE
    second = deploying.run()
    assert second.uid == first.uid
    assert second.deployed_version != first.deployed_version
    deploying.files = {"list.csv": LIST + b"y,Y\n"}
    assert (deploying.plan().action, deploying.plan().replaced) == (REDEPLOY, ("list.csv",))
    assert deploying.run().deployed_version == second.deployed_version
    assert deploying.plan().action == NOTHING


def test_the_program_sees_what_somebody_changed(deploying: Deploying) -> None:
    """A change by somebody else is told in words, and written over only where that is said."""
    deploying.run()
    hers = workbook([*SURVEY, ["text", "hers", "Hers", ""]], CHOICES, {"form_title": deploying.title})
    started = deploying.session.send(
        "POST",
        "/api/v2/imports/",
        form={"library": "false", "destination": f"{deploying.session.url}/api/v2/assets/{deploying.uid}/"},
        files={"file": ("hers.xlsx", hers, "application/octet-stream")},
    )
    path = started["url"].removeprefix(deploying.session.url)
    while deploying.session.get(path)["status"] not in ("complete", "error"):
        deploying.session.pause(0.2)
    found = deploying.plan()
    assert (found.action, [one.what for one in found.drift]) == (DRIFT, ["there is a new question 'hers'"])
    assert same(of_workbook(exported(deploying.session, deploying.uid), "hers"), of_workbook(hers, "hers"))
    deploying.run(LOCAL)
    assert deploying.plan().action == NOTHING
