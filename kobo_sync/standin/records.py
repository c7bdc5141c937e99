"""A submission as the server keeps it: the JSON that it builds from the XML, and how an edit replaces it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kobo_sync.standin import submissions
from kobo_sync.standin.state import Asset, Submission, bare, second

if TYPE_CHECKING:
    from datetime import datetime
    from xml.etree import ElementTree as ET

    from kobo_sync.standin.calls import Call

_KEPT = ("_attachments", "_status", "_geolocation", "_submission_time", "_validation_status", "_submitted_by")


def new_row(asset: Asset, tree: ET.Element, *, number: int, time: datetime, submitted_by: str | None) -> dict[str, Any]:
    """Make the JSON of a submission that has just come in; times are UTC, whole seconds, without a zone."""
    base: dict[str, Any] = {
        "_id": number,
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": second(time),
        "_validation_status": {},
        "_submitted_by": submitted_by,
    }
    return build_row(asset, tree, base)


def build_row(asset: Asset, tree: ET.Element, base: dict[str, Any]) -> dict[str, Any]:
    """Make the JSON of a submission: ``_id`` and what the server added once from ``base``, the answers from the XML."""
    answers = submissions.answers(tree, asset.repeats())
    instance = str(answers.get("meta/instanceID", ""))
    root = base.get("meta/rootUuid") or answers.get("meta/rootUuid") or instance
    row = (
        {"_id": base["_id"]}
        | answers
        | {
            "_xform_id_string": asset.uid,
            "_uuid": bare(instance),
            "meta/rootUuid": f"uuid:{bare(root)}",
        }
    )
    row |= {key: base[key] for key in _KEPT}
    row["_geolocation"] = _place(asset, answers) or base["_geolocation"]
    return row


def _place(asset: Asset, answers: dict[str, Any]) -> list[float] | None:
    """Where the first geopoint of the form was taken, if it was answered."""
    points = [row["$xpath"] for row in asset.content["survey"] if row["type"] in ("geopoint", "start-geopoint")]
    text = next((answers[path] for path in points if path in answers), "")
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
    return [float(number) for number in numbers[:2]] if len(numbers) > 1 else None


def replace(call: Call, asset: Asset, submission: Submission, xml: str) -> Submission:
    """Put the edited XML of a submission in its place; number, root, time, sender and status stay."""
    row = build_row(asset, submissions.parse(xml), submission.row)
    asset.past_uuids.add(submission.row["_uuid"])
    changed = Submission(row, xml, submission.time, submission.attachments)
    asset.put(changed)
    log(call, asset, "modify-submission", changed)
    return changed


def log(call: Call, asset: Asset, action: str, submission: Submission, **more: object) -> None:
    """Write into the form's history what happened to a submission."""
    about = {"root_uuid": submission.root, "submitted_by": submission.row["_submitted_by"]}
    call.remember(asset, action, submission=about | more)
