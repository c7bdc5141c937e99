"""The views that bring a form to the phones: deploy, redeploy, archive; its files; its permissions."""

from __future__ import annotations

import json
import mimetypes
import uuid
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from kobo_sync.standin import assets, forms
from kobo_sync.standin.calls import IMPLIED, Call, Refusal, bad_request, empty, may, not_found, reply, server_error
from kobo_sync.standin.content import as_stored, random_id, summarise
from kobo_sync.standin.state import ANONYMOUS, Asset, Deployment, FormFile, Version, World

_FOR_EVERYBODY = frozenset({"view_asset", "add_submissions", "view_submissions"})
_FILE_TYPES = ("form_media", "map_layer", "paired_data")


def show(call: Call, uid: str) -> Response:
    """``GET …/deployment/``."""
    asset = call.asset(uid, "view_asset")
    if asset.deployment is None:
        raise not_found()
    return _answer(call, asset, asset.deployment)


def deploy(call: Call, uid: str) -> Response:
    """``POST …/deployment/``: the first time only."""
    with call.world.lock:
        asset = call.asset(uid, "change_asset")
        if asset.deployment is not None:
            raise _use("PATCH to update an existing deployment")
    return _publish(call, asset, call.json())


def redeploy(call: Call, uid: str) -> Response:
    """``PATCH …/deployment/``: with ``version_id`` the newest version goes out; ``active`` alone (un)archives."""
    body = call.json()
    with call.world.lock:
        asset = call.asset(uid, "change_asset")
        if asset.deployment is None:
            raise _use("POST to create a new deployment")
        if set(body) == {"active"}:
            asset.deployment.active = bool(body["active"])
            asset.modified = call.world.now()
            call.remember(asset, "unarchive" if asset.deployment.active else "archive")
            return _answer(call, asset, asset.deployment)
    return _publish(call, asset, body)


def _use(what: str) -> Refusal:
    return Refusal(reply({"detail": f"Use {what}"}, HTTPStatus.METHOD_NOT_ALLOWED))


def _publish(call: Call, asset: Asset, body: dict[str, Any]) -> Response:
    # The form is made without the lock: ODK Validate takes a second, and other requests go on meanwhile.
    with call.world.lock:
        version = asset.versions[-1]
        if body.get("version_id", version.uid) != version.uid:
            raise server_error()
        earlier = asset.deployment
        form_uuid = earlier.form_uuid if earlier else uuid.uuid4().hex
        title = asset.name
        text = version_text(asset)
    try:
        xform = forms.to_xform(
            version.content, uid=asset.uid, title=title, version=text, version_uid=version.uid, form_uuid=form_uuid
        )
    except forms.DeployRefusedError as problem:
        raise bad_request({"error": str(problem)}) from problem
    with call.world.lock:
        if asset.deployment is not earlier:
            raise _use("PATCH to update an existing deployment")
        deployment = put_out(call.world, asset, version, xform=xform, form_uuid=form_uuid, version_text=text)
        deployment.active = bool(body.get("active", earlier.active if earlier else False))
        call.remember(
            asset,
            "redeploy" if earlier else "deploy",
            latest_version_uid=version.uid,
            latest_deployed_version_uid=version.uid,
        )
        return _answer(call, asset, deployment)


def version_text(asset: Asset) -> str:
    """Make what the phone shows as the form's version: how many were deployed, and when the form was changed last."""
    number = len(asset.deployed_versions) + (asset.versions[-1].deployed is None)
    return f"{number} ({asset.modified:%Y-%m-%d %H:%M:%S})"


def put_out(
    world: World, asset: Asset, version: Version, *, xform: str, form_uuid: str, version_text: str
) -> Deployment:
    """Give phones this XForm and the files of now."""
    now = world.now()
    if version.deployed is None:
        version.number = len(asset.deployed_versions) + 1
        version.deployed = version.modified = now
    version.content = as_stored(version.content)
    asset.summary = summarise(asset.content)
    asset.deployed = asset.modified = now
    number = asset.deployment.number if asset.deployment else next(world.form_numbers)
    media = {file.number: file for file in asset.files.values() if file.file_type == "form_media"}
    asset.deployment = Deployment(number, form_uuid, xform, version_text, asset.name, media)
    return asset.deployment


def _answer(call: Call, asset: Asset, deployment: Deployment) -> Response:
    return reply(
        {
            "backend": "openrosa",
            "active": deployment.active,
            "version_id": asset.deployed_versions[0].uid,
            "asset": assets.describe(call, asset),
        }
    )


def files(call: Call, uid: str) -> Response:
    """``GET …/files/``, all or of one ``file_type``."""
    asset = call.asset(uid, "view_asset")
    kind = call.request.args.get("file_type")
    page = call.page([file for file in asset.files.values() if kind in (None, file.file_type)])
    page["results"] = [assets.file_entry(call, asset, file) for file in page["results"]]
    return reply(page)


def add_file(call: Call, uid: str) -> Response:
    """``POST …/files/``: phones get the file at the next deployment. The same name twice: 400. No metadata: 500."""
    asset = call.asset(uid, "manage_asset")
    form, upload = call.request.form, call.request.files.get("content")
    missing = [name for name in ("file_type", "description") if not form.get(name)]
    if missing:
        raise bad_request({name: ["This field is required."] for name in missing})
    if form["file_type"] not in _FILE_TYPES:
        raise bad_request({"file_type": [f'"{form["file_type"]}" is not a valid choice.']})
    if "metadata" not in form:
        raise server_error()
    try:
        json.loads(form["metadata"])
    except ValueError as problem:
        raise bad_request({"metadata": ["JSON is invalid"]}) from problem
    if upload is None:
        raise bad_request({"content": ["No files have been submitted"]})
    filename = PurePath(upload.filename or "").name
    if any(file.filename == filename for file in asset.files.values()):
        raise bad_request({"content": ["File already exists"]})
    file = keep_file(
        call.world,
        asset,
        call.user.username,
        filename=filename,
        description=form["description"],
        data=upload.read(),
        file_type=form["file_type"],
    )
    entry = assets.file_entry(call, asset, file)
    path = f"/api/v2/assets/{asset.uid}/files/{file.uid}/content/"
    download = {"uid": file.uid, "filename": filename, "md5_hash": file.md5, "download_url": path}
    call.remember(asset, "add-media", **{"asset-file": download})
    return reply(entry, HTTPStatus.CREATED, {"Location": entry["url"]})


def keep_file(
    world: World,
    asset: Asset,
    username: str,
    *,
    filename: str,
    description: str,
    data: bytes,
    file_type: str = "form_media",
) -> FormFile:
    """Add a file to a form."""
    file = FormFile(
        next(world.media_numbers),
        random_id(21, "af"),
        username,
        file_type,
        description,
        filename,
        mimetypes.guess_type(filename)[0] or "application/octet-stream",
        data,
        world.now(),
    )
    asset.files[file.uid] = file
    return file


def _file(call: Call, uid: str, file: str, needed: str) -> tuple[Asset, FormFile]:
    asset = call.asset(uid, needed)
    if file not in asset.files:
        raise not_found()
    return asset, asset.files[file]


def file_detail(call: Call, uid: str, file: str) -> Response:
    """``GET …/files/{file}/``."""
    return reply(assets.file_entry(call, *_file(call, uid, file, "view_asset")))


def file_content(call: Call, uid: str, file: str) -> Response:
    """``GET …/files/{file}/content/``."""
    found = _file(call, uid, file, "view_asset")[1]
    return Response(found.data, mimetype=found.mimetype)


def delete_file(call: Call, uid: str, file: str) -> Response:
    """``DELETE …/files/{file}/``: phones keep it until the next deployment."""
    asset, found = _file(call, uid, file, "manage_asset")
    del asset.files[found.uid]
    download = {"uid": found.uid, "filename": found.filename, "md5_hash": found.md5}
    call.remember(asset, "delete-media", **{"asset-file": download})
    return empty()


def permissions(call: Call, uid: str) -> Response:
    """``GET …/permission-assignments/``: a bare list; without managing, the owner's, the public's, one's own."""
    asset = call.asset(uid, "view_asset")
    shown = assets.assignments(call, asset)
    if not may(asset, call.user, "manage_asset"):
        visible = {call.user_link(name) for name in (asset.owner.username, call.user.username, ANONYMOUS)}
        shown = [entry for entry in shown if entry["user"] in visible]
    return reply(shown)


def grant(call: Call, uid: str) -> Response:
    """``POST …/permission-assignments/`` with the URLs of an account and of a permission; bare names are refused."""
    asset = call.asset(uid, "manage_asset")
    body = call.json()
    username = _last_part(body.get("user"), "/api/v2/users/")
    codename = _last_part(body.get("permission"), "/api/v2/permissions/")
    wrong: dict[str, list[str]] = {}
    for key, name, known in (("user", username, call.world.users), ("permission", codename, assets.LABELS)):
        if key not in body:
            wrong[key] = ["This field is required."]
        elif name is None:
            wrong[key] = ["Invalid hyperlink - No URL match."]
        elif name not in known:
            wrong[key] = ["Invalid hyperlink - Object does not exist."]
    if wrong or username is None or codename is None:
        raise bad_request(wrong)
    if username == asset.owner.username:
        raise bad_request({"user": "Owner's permissions cannot be assigned explicitly"})
    if codename not in IMPLIED:
        raise bad_request({"partial_permissions": ["This field is required for the 'partial_submissions' permission"]})
    if username == ANONYMOUS and codename not in _FOR_EVERYBODY:
        raise bad_request({"permission": f"Anonymous users cannot be granted the permission {codename}."})
    added = [name for name in sorted({codename, *IMPLIED[codename]}) if (username, name) not in asset.grants]
    asset.grants |= {(username, name): random_id(21, "p") for name in added}
    change = {"added": added, "removed": [], "username": username}
    call.remember(asset, "modify-user-permissions", log_subtype="permission", permissions=change)
    entry = assets.assignment(call, asset, username, codename)
    return reply(entry, HTTPStatus.CREATED, {"Location": entry["url"]})


def _last_part(url: object, root: str) -> str | None:
    path = urlsplit(url).path if isinstance(url, str) else ""
    name = path.removeprefix(root).strip("/")
    return name if path.startswith(root) and name and "/" not in name else None


def revoke(call: Call, uid: str, assignment: str) -> Response:
    """``DELETE …/permission-assignments/{assignment}/``; what needs the permission goes with it."""
    asset = call.asset(uid, "view_asset")
    found = next((key for key, number in asset.grants.items() if number == assignment), None)
    if found is None:
        raise not_found()
    username, codename = found
    if username != call.user.username:  # everybody may give up what she has
        call.asset(uid, "manage_asset")
    if username == asset.owner.username:
        raise Refusal(reply({"detail": "Owner's permissions cannot be deleted"}, HTTPStatus.CONFLICT))
    lost = [name for name in IMPLIED if name == codename or codename in IMPLIED[name]]
    for name in lost:
        asset.grants.pop((username, name), None)
    return empty()
