"""A small deployed form, and somebody who changes it in KoboToolbox's web page."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deploy_samples import Place, made_place
from kobo_samples import session, workbook

Content = dict[str, Any]
SURVEY = (
    ("select_one_from_file services.csv", "service", "Service"),
    ("select_one yes_no", "fair", "Were you treated fairly?"),
    ("text", "change", "What should change?"),
    ("note", "bye", "Thank you"),
)
CHOICES = (("yes_no", "yes", "Yes"), ("yes_no", "no", "No"))


def small_form(*survey: tuple[str, str, str], choices: tuple[tuple[str, str, str], ...] = CHOICES) -> bytes:
    """Make the workbook that is deployed, or one that is like it."""
    return workbook(*(survey or SURVEY), title="A small form", choices=choices)


def edit(place: Place, change: Callable[[Content], None], *, deploy: bool = False, name: str = "") -> None:
    """Change the form on the server as its form builder does, and deploy it there if asked."""
    http = session(place.server.url, place.token)
    uid = place.on_server.uid
    content = json.loads(json.dumps(place.on_server.content))
    change(content)
    body: dict[str, Any] = {"content": json.dumps(content)}
    http.send("PATCH", f"/api/v2/assets/{uid}/", body=body | ({"name": name} if name else {}))
    if deploy:
        redeploy(place)


def redeploy(place: Place) -> None:
    """Deploy what is on the server, there."""
    body = {"active": True, "version_id": place.on_server.versions[-1].uid}
    session(place.server.url, place.token).send("PATCH", f"/api/v2/assets/{place.on_server.uid}/deployment/", body=body)


def grant(place: Place, username: str, permission: str) -> None:
    """Let an account do something with the form, as its owner does in the web page."""
    url = place.server.url
    body = {"user": f"{url}/api/v2/users/{username}/", "permission": f"{url}/api/v2/permissions/{permission}/"}
    path = f"/api/v2/assets/{place.on_server.uid}/permission-assignments/"
    session(url, place.token).send("POST", path, body=body)


def held(place: Place, username: str) -> set[str]:
    """Return what an account may do with the form."""
    return {permission for name, permission in place.on_server.grants if name == username}


@dataclass
class Snapshot:
    """How server and workspace are at a moment, to return to as often as wanted."""

    place: Place
    folder: Path
    assets: dict[str, Any]

    @classmethod
    def of(cls, place: Place, folder: Path) -> Snapshot:
        """Remember how it is now; the workspace is copied into a folder of its own."""
        shutil.copytree(place.root, folder)
        return cls(place, folder, copy.deepcopy(place.server.world.assets))

    def restore(self) -> Place:
        """Make server and workspace as they were."""
        place = self.place
        place.server.before = None
        place.token = place.server.world.users["owner1"].token
        place.server.world.assets = copy.deepcopy(self.assets)
        for asset in place.server.world.assets.values():
            asset.owner = place.server.world.users[asset.owner.username]
        shutil.rmtree(place.root)
        shutil.copytree(self.folder, place.root)
        place.server._records.clear()
        return place


@contextmanager
def quick() -> Iterator[None]:
    """Leave ODK Validate and the checks of forms, a second each time, to the tests that are about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kobo_sync.kobo.deploying.convert_form", lambda _: "")
        patch.setattr("kobo_sync.kobo.deploying.stop_unsafe", lambda *_: None)
        patch.setattr("kobo_sync.standin.forms._java_is_there", lambda: False)
        yield


@contextmanager
def deployed(folder: Path) -> Iterator[Snapshot]:
    """Deploy the small form, and remember how that is."""
    with quick(), made_place(folder / "space") as made:
        made.form.write_bytes(small_form())
        made.run()
        yield Snapshot.of(made, folder / "copy")
