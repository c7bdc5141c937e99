"""The views of forms ("assets"): detail, list, versions, export as a workbook, deletion."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from kobo_sync.standin import forms, imports
from kobo_sync.standin.calls import IMPLIED, Call, Refusal, bad_request, empty, may, not_found, reply
from kobo_sync.standin.content import ImportRefusedError, normalise
from kobo_sync.standin.state import ANONYMOUS, Asset, FormFile, Version, stamp

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LABELS: dict[str, Any] = {
    "view_asset": "View form",
    "change_asset": "Edit form",
    "manage_asset": "Manage project",
    "add_submissions": "Add submissions",
    "view_submissions": "View submissions",
    "partial_submissions": {
        "default": "Act on submissions only from specific users",
        "view_submissions": "View submissions only from specific users",
        "change_submissions": "Edit submissions only from specific users",
        "delete_submissions": "Delete submissions only from specific users",
        "validate_submissions": "Validate submissions only from specific users",
    },
    "change_submissions": "Edit submissions",
    "delete_submissions": "Delete submissions",
    "validate_submissions": "Validate submissions",
}
"""What each permission is called, in the order in which the server lists them."""


def listing(call: Call) -> Response:
    """``GET /api/v2/assets/``: what the caller may see, changed last first. Only ``q=asset_type:…`` narrows it."""
    query = call.request.args.get("q", "")
    wanted = re.findall(r"asset_type:\"?(\w+)", query)
    found = [
        asset
        for asset in call.world.assets.values()
        if (may(asset, call.user, "view_asset") and not call.is_anonymous)
        and (not wanted or asset.asset_type in wanted)
    ]
    found.sort(key=lambda asset: asset.modified, reverse=True)
    page = call.page(found)
    page["results"] = [_in_list(call, asset) for asset in page["results"]]
    return reply(page)


def detail(call: Call, uid: str) -> Response:
    """``GET /api/v2/assets/{uid}/``."""
    if uid not in call.world.assets:
        raise not_found()
    return reply(describe(call, call.asset(uid, "view_asset")))


def remove(call: Call, uid: str) -> Response:
    """``DELETE /api/v2/assets/{uid}/``: the form and all its submissions are gone."""
    if uid not in call.world.assets:
        raise not_found()
    asset = call.asset(uid, "manage_asset")
    del call.world.assets[asset.uid]
    return empty()


def change(call: Call, uid: str) -> Response:
    """``PATCH /api/v2/assets/{uid}/`` with ``name`` or ``content``, as the form builder of the web page sends it.

    ``content`` is JSON, or JSON in a text; it always makes a new version.
    """
    asset = call.asset(uid, "change_asset")
    body = call.json()
    if not isinstance(body.get("name", ""), str):
        raise bad_request({"name": ["Not a valid string."]})
    if "content" in body:
        _edit(call, asset, body["content"])
    asset.name, asset.modified = body.get("name", asset.name), call.world.now()
    return reply(describe(call, asset))


def _edit(call: Call, asset: Asset, sent: Any) -> None:  # noqa: ANN401 -- JSON
    try:
        found = json.loads(sent) if isinstance(sent, str) else sent
        sheets = forms.to_sheets({"survey": [], "settings": {}, **found}, {})
        content, title = normalise(sheets)
    except (ValueError, KeyError, TypeError, ImportRefusedError) as problem:
        raise bad_request({"content": [str(problem)]}) from problem
    imports.add_version(call.world, asset, content)
    asset.name = title or asset.name


def export(call: Call, uid: str) -> Response:
    """``GET /api/v2/assets/{uid}.xls``: the form as a workbook (.xlsx, whatever the address says), written anew."""
    asset = call.asset(uid, "view_asset")
    workbook = forms.to_xlsx(forms.to_sheets(asset.content, {}))
    name = {"Content-Disposition": f"attachment; filename={asset.uid}.xlsx"}
    return Response(workbook, HTTPStatus.OK, name, mimetype=XLSX)


def versions(call: Call, uid: str) -> Response:
    """``GET /api/v2/assets/{uid}/versions/``, the newest first."""
    asset = call.asset(uid, "view_asset")
    page = call.page(list(reversed(asset.versions)))
    page["results"] = [_version(call, asset, version) for version in page["results"]]
    return reply(page)


def version_detail(call: Call, uid: str, version: str) -> Response:
    """``GET /api/v2/assets/{uid}/versions/{version}/``, with the form as it was."""
    asset = call.asset(uid, "view_asset")
    found = next((item for item in asset.versions if item.uid == version), None)
    if found is None:
        raise not_found()
    return reply(_version(call, asset, found) | {"content": found.content})


def _version(call: Call, asset: Asset, version: Version) -> dict[str, Any]:
    number = str(version.number or f"0.{asset.versions.index(version) + 1}")
    if version.number is None and (before := [v for v in asset.versions[: asset.versions.index(version)] if v.number]):
        number = f"{before[-1].number}.{asset.versions.index(version) - asset.versions.index(before[-1])}"
    return {
        "uid": version.uid,
        "url": call.asset_link(asset, f"versions/{version.uid}/"),
        "content_hash": version.content_hash,
        "date_deployed": stamp(version.deployed) or False,
        "date_modified": stamp(version.modified),
        "version_number": number,
    }


def assignment(call: Call, asset: Asset, username: str, codename: str) -> dict[str, Any]:
    """One permission of one account on a form."""
    return {
        "url": call.asset_link(asset, f"permission-assignments/{asset.grants[username, codename]}/"),
        "user": call.user_link(username),
        "permission": call.link(f"/api/v2/permissions/{codename}/"),
        "label": LABELS[codename],
    }


def assignments(call: Call, asset: Asset) -> list[dict[str, Any]]:
    """Who may do what, by account and permission."""
    return [assignment(call, asset, *key) for key in sorted(asset.grants)]


def file_entry(call: Call, asset: Asset, file: FormFile) -> dict[str, Any]:
    """One file of a form."""
    url = call.asset_link(asset, f"files/{file.uid}/")
    return {
        "uid": file.uid,
        "url": url,
        "asset": call.asset_link(asset),
        "user": call.user_link(file.username),
        "user__username": file.username,
        "file_type": file.file_type,
        "description": file.description,
        "date_created": stamp(file.created),
        "content": call.asset_link(asset, f"files/{file.uid}/content/"),
        "metadata": {"filename": file.filename, "hash": file.md5, "mimetype": file.mimetype},
    }


def _in_list(call: Call, asset: Asset) -> dict[str, Any]:
    """Describe a form as the list shows it: without ``content`` and ``files``."""
    deployment = asset.deployment
    others = {username for username, _ in asset.grants if username != asset.owner.username}
    return {
        "url": call.asset_link(asset),
        "date_created": stamp(asset.created),
        "date_modified": stamp(asset.modified),
        "date_deployed": stamp(asset.deployed),
        "owner": call.user_link(asset.owner.username),
        "summary": asset.summary,
        "owner__username": asset.owner.username,
        "parent": None,
        "uid": asset.uid,
        "tag_string": "",
        "settings": {"sector": {}, "country": [], "description": "", "organization": "", "country_codes": []},
        "kind": "asset",
        "name": asset.name,
        "asset_type": asset.asset_type,
        "version_id": asset.versions[-1].uid,
        "has_deployment": deployment is not None,
        "deployed_version_id": asset.deployed_versions[0].uid if deployment else None,
        "deployment__active": bool(deployment and deployment.active),
        "deployment__submission_count": len(asset.submissions),
        "deployment__last_submission_time": stamp(asset.last_submission),
        "deployment__encrypted": "public_key" in asset.content["settings"] and deployment is not None,
        "deployment__uuid": deployment.form_uuid if deployment else None,
        "deployment_status": _status(asset),
        "permissions": assignments(call, asset),
        "export_settings": [],
        "downloads": [
            {"format": kind, "url": call.link(f"/api/v2/assets/{asset.uid}.{kind}")} for kind in ("xls", "xml")
        ],
        "data": call.asset_link(asset, "data/"),
        "subscribers_count": 0,
        "status": "public" if ANONYMOUS in others else "shared" if others else "private",
        "access_types": None,
        "children": {"count": 0},
        "data_sharing": {},
        "owner_label": asset.owner.username,
        "last_modified_by": None,
        "created_by": None,
    }


def _status(asset: Asset) -> str:
    if asset.deployment is None:
        return "draft"
    return "deployed" if asset.deployment.active else "archived"


def describe(call: Call, asset: Asset) -> dict[str, Any]:
    """Describe a form in full, as its own address shows it."""
    phones = [_version(call, asset, version) for version in asset.deployed_versions]
    effective = [codename for codename in IMPLIED if may(asset, call.user, codename)]
    effective += ["delete_asset"] if call.user is asset.owner else []
    return _in_list(call, asset) | {
        "files": [file_entry(call, asset, file) for file in asset.files.values()],
        "version__content_hash": asset.versions[-1].content_hash,
        "version_count": len(asset.versions),
        "deployed_versions": {"count": len(phones), "next": None, "previous": None, "results": phones},
        "deployment__links": {},
        "deployment__data_download_links": _downloads(call, asset),
        "report_styles": {
            "default": {},
            "specified": {name: {} for name in asset.known_names},
            "kuid_names": asset.known_names,
        },
        "report_custom": {},
        "advanced_features": {"_version": "20250820"},
        "map_styles": {},
        "map_custom": {},
        "content": asset.content,
        "embeds": [{"format": kind, "url": call.asset_link(asset, f"{kind}/")} for kind in ("xls", "xform")],
        "analysis_form_json": {"additional_fields": []},
        "xform_link": call.asset_link(asset, "xform/"),
        "hooks_link": call.asset_link(asset, "hooks/"),
        "xls_link": call.asset_link(asset, "xls/"),
        "assignable_permissions": [
            {"url": call.link(f"/api/v2/permissions/{codename}/"), "label": label} for codename, label in LABELS.items()
        ],
        "effective_permissions": [{"codename": codename} for codename in effective],
        "exports": call.asset_link(asset, "exports/"),
        "paired_data": call.asset_link(asset, "paired-data/"),
        "project_ownership": None,
    }


def _downloads(call: Call, asset: Asset) -> dict[str, str]:
    if asset.deployment is None:
        return {}
    root = f"{call.collect_url}/{asset.owner.username}"
    links = {f"{kind}_legacy": f"{root}/exports/{asset.uid}/{kind}/" for kind in ("xls", "csv", "zip")}
    return links | {kind: f"{root}/reports/{asset.uid}/export.{kind}{'x' * (kind == 'xls')}" for kind in ("xls", "csv")}


def me(call: Call) -> Response:
    """``GET /me/``: whose token it is."""
    if call.is_anonymous:
        return reply({"message": "user is not logged in"})
    return reply(
        {
            "username": call.user.username,
            "first_name": "",
            "last_name": "",
            "email": f"{call.user.username}@example.org",
            "is_superuser": False,
            "server_time": f"{call.world.now():%Y-%m-%dT%H:%M:%SZ}",
            "date_joined": f"{call.user.joined:%Y-%m-%dT%H:%M:%SZ}",
            "last_login": None,
            "extra_details": {},
            "extra_details__uid": call.user.uid,
            "validated_password": True,
            "accepted_tos": True,
        }
    )


def user(call: Call, username: str) -> Response:
    """``GET /api/v2/users/{username}/``."""
    found = call.world.users.get(username)
    if found is None or call.is_anonymous:
        raise not_found()
    return reply({"url": call.user_link(username), "username": username, "uid": found.uid})


def permission(call: Call, codename: str) -> Response:
    """``GET /api/v2/permissions/{codename}/``."""
    if codename not in LABELS:
        raise not_found()
    implied = [call.link(f"/api/v2/permissions/{name}/") for name in IMPLIED.get(codename, ())]
    name = LABELS[codename]
    return reply(
        {
            "url": call.link(f"/api/v2/permissions/{codename}/"),
            "codename": codename,
            "name": name if isinstance(name, str) else name["default"],
            "implied": implied,
        }
    )


def gone(_call: Call, **_rest: str) -> Response:
    """Answer 410 for all of API v1."""
    text = (
        "The V1 API has been removed. Please read the migration article at "
        "https://support.kobotoolbox.org/migrating_api.html"
    )
    return reply({"detail": text}, HTTPStatus.GONE)


def health(_call: Call) -> Response:
    """``GET /service_health/``: answers also when the rest is down for maintenance."""
    return Response("OK\n", mimetype="text/plain")


def refuse_method(method: str) -> Refusal:
    """405: that is not what the address is for."""
    return Refusal(reply({"detail": f'Method "{method}" not allowed.'}, HTTPStatus.METHOD_NOT_ALLOWED))
