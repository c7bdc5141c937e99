"""The views that bring a form in: import a workbook, poll the import."""

from __future__ import annotations

import hashlib
import json
import re
from http import HTTPStatus
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from kobo_sync.standin import content as forms_content
from kobo_sync.standin.calls import IMPLIED, Call, may, not_found, reply
from kobo_sync.standin.content import Content, ImportRefusedError, random_id
from kobo_sync.standin.state import Asset, Import, User, Version, World, stamp

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


def start(call: Call) -> Response:
    """``POST /api/v2/imports/``: 201 whatever the file holds; what is wrong with it shows in the poll."""
    if call.is_anonymous:
        return reply({"detail": "Authentication credentials were not provided."}, HTTPStatus.UNAUTHORIZED)
    upload = call.request.files.get("file")
    form = call.request.form
    now = call.world.now()
    # The first import finds the queue asleep, as the recording shows: "created"; later ones are taken up at once.
    waiting = "processing" if call.world.imports else "created"
    task = Import(random_id(21, "i"), call.user.username, now, waiting, "complete", {})
    call.world.imports[task.uid] = task
    library = form.get("library") != "false"
    try:
        task.messages = _run(
            call, upload.read() if upload else None, form.get("destination"), form.get("name"), library
        )
    except ImportRefusedError as problem:
        task.status = "error"
        task.messages = {"error": str(problem), "error_type": problem.kind}
    url = call.link(f"/api/v2/imports/{task.uid}/")
    return reply({"uid": task.uid, "url": url, "status": "processing"}, HTTPStatus.CREATED)


def poll(call: Call, uid: str) -> Response:
    """``GET /api/v2/imports/{uid}/``: under way at the first look, done or failed from the second on."""
    task = call.world.imports.get(uid)
    if task is None or task.username != call.user.username:
        raise not_found()
    task.polls += 1
    done = task.polls > 1
    return reply(
        {
            "status": task.status if done else task.first_status,
            "uid": task.uid,
            "messages": task.messages if done else {},
            "date_created": stamp(task.created),
        }
    )


def _run(call: Call, data: bytes | None, destination: str | None, name: str | None, library: bool) -> dict[str, Any]:  # noqa: FBT001  # internal
    if data is None:
        raise ImportRefusedError("Exception", "The import holds no file.")
    target = _destination(call, destination) if destination else None
    content, title = forms_content.normalise(forms_content.read_workbook(data))
    if target is None:
        kind = "survey" if not library else "block" if len(content["survey"]) > 1 else "question"
        asset = new_asset(call.world, call.user, asset_type=kind)
        asset.name = _clean(title or PurePath(name or "").stem)
        add_version(call.world, asset, content)
        return {"created": [_entry(asset)]}
    before = target.name
    if title or not target.name:
        target.name = _clean(title or PurePath(name or "").stem)
    add_version(call.world, target, content)
    log = {
        "source": "stand-in",
        "asset_id": target.number,
        "new_name": target.name,
        "old_name": before,
        "asset_uid": target.uid,
        "ip_address": call.request.remote_addr,
        "project_owner": target.owner.username,
        "latest_version_uid": target.versions[-1].uid,
    }
    call.remember(target, "replace-form", latest_version_uid=target.versions[-1].uid)
    return {"updated": [_entry(target)], "audit_logs": [log]}


def _destination(call: Call, url: str) -> Asset:
    match = re.search(r"/assets/(\w+)/?", url)
    asset = call.world.assets.get(match[1]) if match else None
    if asset is None:
        raise ImportRefusedError("Http404", "There is no form at the destination.")
    if not may(asset, call.user, "change_asset"):
        raise ImportRefusedError("PermissionDenied", "user cannot update asset")
    return asset


def _entry(asset: Asset) -> dict[str, Any]:
    return {"uid": asset.uid, "kind": "asset", "summary": asset.summary, "owner__username": asset.owner.username}


def _clean(title: str) -> str:
    return re.sub(r"[\n\t]+", "", title)


def new_asset(world: World, owner: User, *, asset_type: str = "survey", uid: str | None = None) -> Asset:
    """Make a form that its owner may do everything with, still without content."""
    asset = world.add_asset(owner, asset_type=asset_type, uid=uid)
    asset.grants |= {(owner.username, codename): random_id(21, "p") for codename in IMPLIED}
    return asset


def add_version(world: World, asset: Asset, content: Content, *, uid: str | None = None) -> Version:
    """Make ``content`` the newest version of a form. Always a new one, also when nothing changed."""
    digest = hashlib.sha1(json.dumps(content, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    version = Version(uid or random_id(21, "v"), content, digest, world.now())
    asset.versions.append(version)
    asset.modified = version.modified
    asset.summary = forms_content.summarise(content)
    # Names of earlier versions are remembered for ever; rows without a name go by their $kuid.
    asset.known_names |= {row.get("$autoname", row["$kuid"]): row["$kuid"] for row in content["survey"]}
    return version
