"""The views that change submissions: validation statuses, bulk edits, deletions."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from kobo_sync.standin import data, records, submissions
from kobo_sync.standin import query as queries
from kobo_sync.standin.calls import Call, bad_request, empty, reply

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from kobo_sync.standin.state import Asset, Submission

STATUSES = {
    "validation_status_approved": "Approved",
    "validation_status_not_approved": "Not Approved",
    "validation_status_on_hold": "On Hold",
}


def status(call: Call, uid: str, key: str) -> Response:
    """``GET …/data/{id}/validation_status/``."""
    return reply(data.find(call.submissions_of(uid), key).row["_validation_status"])


def set_status(call: Call, uid: str, key: str) -> Response:
    """``PATCH …/data/{id}/validation_status/``; an unknown status is refused here (400), though not in bulk."""
    asset = call.submissions_of(uid, "validate_submissions")
    submission = data.find(asset, key)
    wanted = call.json().get("validation_status.uid")
    if wanted not in STATUSES:
        raise bad_request({"detail": f"Invalid validation status: `{wanted}`"})
    _mark(call, asset, submission, wanted)
    return reply(submission.row["_validation_status"])


def clear_status(call: Call, uid: str, key: str) -> Response:
    """``DELETE …/data/{id}/validation_status/``: leaves ``{}``."""
    asset = call.submissions_of(uid, "validate_submissions")
    _mark(call, asset, data.find(asset, key), None)
    return empty()


def set_statuses(call: Call, uid: str) -> Response:
    """``PATCH …/data/validation_statuses/``: one foreign id refuses all; **an unknown status clears, with 200**."""
    asset = call.submissions_of(uid, "validate_submissions")
    payload = _payload(call)
    if "validation_status.uid" not in payload:
        raise bad_request({"payload": ["`validation_status.uid` is required"]})
    chosen = _chosen(asset, payload)
    for submission in chosen:
        _mark(call, asset, submission, payload["validation_status.uid"])
    return reply({"detail": f"{len(chosen)} submissions have been updated"})


def clear_statuses(call: Call, uid: str) -> Response:
    """``DELETE …/data/validation_statuses/``."""
    asset = call.submissions_of(uid, "validate_submissions")
    chosen = _chosen(asset, _payload(call))
    for submission in chosen:
        _mark(call, asset, submission, None)
    return reply({"detail": f"{len(chosen)} submissions have been updated"})


def edit(call: Call, uid: str) -> Response:
    """``PATCH …/data/bulk/``: writes answers into submissions without looking at the form."""
    asset = call.submissions_of(uid, "change_submissions")
    payload = _payload(call)
    changes = payload.get("data")
    if not isinstance(changes, dict) or not changes:
        raise bad_request({"payload": ["`data` is required"]})
    results = []
    for submission in _known(asset, payload):
        new_id = str(uuid.uuid4())
        xml = submissions.edited(submission.xml, changes, new_id)
        records.replace(call, asset, submission, xml)
        results.append(
            {
                "uuid": new_id,
                "root_uuid": submission.root,
                "status_code": HTTPStatus.CREATED.value,
                "message": "Successful submission",
            }
        )
    if not results:
        raise bad_request({"detail": "No submissions match the given `submission_ids`"})
    return reply({"count": len(results), "successes": len(results), "failures": 0, "results": results})


def delete(call: Call, uid: str, key: str) -> Response:
    """``DELETE …/data/{id}/``."""
    asset = call.submissions_of(uid, "delete_submissions")
    _drop(call, asset, data.find(asset, key))
    return empty()


def delete_many(call: Call, uid: str) -> Response:
    """``DELETE …/data/bulk/``: all or nothing."""
    asset = call.submissions_of(uid, "delete_submissions")
    chosen = _chosen(asset, _payload(call))
    for submission in chosen:
        _drop(call, asset, submission)
    return reply({"detail": f"{len(chosen)} submissions have been deleted"})


def _payload(call: Call) -> dict[str, Any]:
    payload = call.json().get("payload")
    if not isinstance(payload, dict):
        raise bad_request({"payload": ["This field is required."]})
    ids = payload.get("submission_ids")
    if "submission_ids" not in payload:
        if "query" not in payload and not payload.get("confirm"):
            raise bad_request({"payload": ["Confirmation is required"]})
    elif not isinstance(ids, list) or not all(str(number).isdecimal() for number in ids):
        raise bad_request({"payload": ["`submission_ids` must only contain integer values"]})
    elif not ids:
        raise bad_request({"payload": ["`submission_ids` must contain at least one value"]})
    return payload


def _known(asset: Asset, payload: dict[str, Any]) -> list[Submission]:
    """Return the submissions that a payload names and that exist."""
    if "submission_ids" in payload:
        wanted = dict.fromkeys(int(number) for number in payload["submission_ids"])
        return [asset.submissions[number] for number in wanted if number in asset.submissions]
    # An empty query, and a confirmation without one, mean every submission of the form.
    try:
        rows = data.matching(asset, payload.get("query") or {})
    except queries.QueryRefusedError as problem:
        raise bad_request([str(problem)]) from problem
    return [asset.submissions[row["_id"]] for row in rows]


def _chosen(asset: Asset, payload: dict[str, Any]) -> list[Submission]:
    """As ``_known``, but an id that is not of this form refuses everything."""
    found = _known(asset, payload)
    if "submission_ids" in payload and len(found) < len({int(number) for number in payload["submission_ids"]}):
        raise bad_request({"detail": "One or more submission ids are invalid"})
    return found


def _mark(call: Call, asset: Asset, submission: Submission, wanted: object) -> None:
    label = STATUSES.get(wanted) if isinstance(wanted, str) else None
    mark: dict[str, Any] = {}
    if label:
        now = int(call.world.now().timestamp())
        mark = {"timestamp": now, "uid": wanted, "by_whom": call.user.username, "label": label}
    submission.row["_validation_status"] = mark
    records.log(call, asset, "modify-submission", submission, status=label or "None")


def _drop(call: Call, asset: Asset, submission: Submission) -> None:
    asset.drop(submission.row["_id"])
    records.log(call, asset, "delete-submission", submission)
