"""Puts forms and submissions into the stand-in that were made elsewhere, as they are."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kobo_sync.standin import content as forms_content
from kobo_sync.standin import deployments, forms, imports, submissions
from kobo_sync.standin.state import Asset, Submission, World, bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def add_form(
    world: World,
    *,
    owner: str,
    uid: str,
    workbooks: Sequence[bytes],
    version_uids: Sequence[str],
    media: Mapping[str, bytes],
    form_uuid: str | None,
) -> Asset:
    """Import and deploy a form under a given id, one version after the other. Raises ValueError when it exists."""
    if uid in world.assets:
        raise ValueError(f"There is a form {uid} already.")
    # Everything that can fail comes first, so that a bad workbook leaves no half-made form behind.
    contents = [forms_content.normalise(forms_content.read_workbook(workbook)) for workbook in workbooks]
    form_uuid = form_uuid or uuid.uuid4().hex
    asset = imports.new_asset(world, world.users[owner], uid=uid)
    for name, data in media.items():
        deployments.keep_file(world, asset, owner, filename=name, description=name, data=data)
    try:
        for (content, title), version_uid in zip(contents, version_uids, strict=True):
            asset.name = title or asset.name
            version = imports.add_version(world, asset, content, uid=version_uid)
            text = deployments.version_text(asset)
            xform = forms.to_xform(
                content,
                uid=uid,
                title=asset.name,
                version=text,
                version_uid=version_uid,
                form_uuid=form_uuid,
                validate=False,  # it was deployed elsewhere already
            )
            deployments.put_out(world, asset, version, xform=xform, form_uuid=form_uuid, version_text=text)
    except forms.DeployRefusedError:
        del world.assets[uid]
        raise
    return asset


def add_rows(world: World, uid: str, rows: Iterable[dict[str, Any]]) -> None:
    """Take submissions over verbatim; numbers given later are above all of theirs."""
    asset = world.assets[uid]
    for row in rows:
        time = datetime.fromisoformat(row["_submission_time"]).replace(tzinfo=UTC)
        version = next((v for v in asset.versions if v.uid == row.get("__version__")), asset.versions[-1])
        text = f"{version.number} ({version.modified:%Y-%m-%d %H:%M:%S})"
        known = {"_validation_status": {}, "_attachments": []} | row
        asset.put(Submission(known, submissions.to_xml(row, uid, text), time))
        if "meta/deprecatedID" in row:
            asset.past_uuids.add(bare(row["meta/deprecatedID"]))
        world.reserve_ids(row["_id"])
