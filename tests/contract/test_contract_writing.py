"""How submissions are changed by the API: statuses, bulk edits, deletions."""

from __future__ import annotations

from contract_kit import Form

pytest_plugins = ["contract_fixtures"]

NOBODY = 999_999_999


def _status(form: Form, number: int) -> object:
    return form.get(f"data/{number}/").json()["_validation_status"]


def test_status_is_set_and_removed(form: Form) -> None:
    """A status has time, uid, author and label; removing it leaves `{}`."""
    number = form.add({"comment": "status"})["_id"]
    uid = {"validation_status.uid": "validation_status_on_hold"}
    mark = form.send("PATCH", f"data/{number}/validation_status/", uid).json()
    assert (mark["uid"], mark["label"]) == ("validation_status_on_hold", "On Hold")
    assert isinstance(mark["timestamp"], int)
    assert _status(form, number) == mark
    assert form.send("DELETE", f"data/{number}/validation_status/").status_code == 204
    assert _status(form, number) == {}


def test_unknown_status_is_400(form: Form) -> None:
    """An unknown status is refused for a single submission."""
    number = form.add({"comment": "status"})["_id"]
    uid = {"validation_status.uid": "validation_status_nonsense"}
    assert form.send("PATCH", f"data/{number}/validation_status/", uid).status_code == 400


def test_statuses_in_bulk(form: Form) -> None:
    """A status can be set for several submissions at once."""
    numbers = [form.add({"comment": "bulk"})["_id"] for _ in range(2)]
    payload = {"submission_ids": numbers, "validation_status.uid": "validation_status_not_approved"}
    answer = form.send("PATCH", "data/validation_statuses/", {"payload": payload})
    assert (answer.status_code, answer.json()) == (200, {"detail": "2 submissions have been updated"})
    assert form.ids({"_id": {"$in": numbers}, "_validation_status.uid": "validation_status_not_approved"}) == numbers


def test_foreign_id_rejects_the_batch(form: Form) -> None:
    """One number that is not of this form rejects all statuses of a batch."""
    number = form.add({"comment": "bulk"})["_id"]
    payload = {"submission_ids": [number, NOBODY], "validation_status.uid": "validation_status_approved"}
    assert form.send("PATCH", "data/validation_statuses/", {"payload": payload}).status_code == 400
    assert _status(form, number) == {}


def test_unknown_status_in_bulk_clears(form: Form) -> None:
    """An unknown status in bulk answers 200 and clears what was set."""
    number = form.add({"comment": "bulk"})["_id"]
    uid = {"validation_status.uid": "validation_status_approved"}
    form.send("PATCH", f"data/{number}/validation_status/", uid)
    payload = {"submission_ids": [number], "validation_status.uid": "validation_status_nonsense"}
    assert form.send("PATCH", "data/validation_statuses/", {"payload": payload}).status_code == 200
    assert _status(form, number) == {}


def test_bulk_edit_validates_nothing(form: Form) -> None:
    """A bulk edit writes words into numbers and adds questions that do not exist."""
    before = form.add({"comment": "edit me", "visit": {"count": 1}})
    payload = {"submission_ids": [before["_id"]], "data": {"visit/count": "many", "made_up/here": "x"}}
    answer = form.send("PATCH", "data/bulk/", {"payload": payload})
    body = answer.json()
    assert (answer.status_code, body["successes"], body["failures"]) == (200, 1, 0)
    assert body["results"][0]["status_code"] == 201
    assert body["results"][0]["root_uuid"] == before["_uuid"]
    after = form.get(f"data/{before['_id']}/").json()
    assert (after["visit/count"], after["made_up/here"], after["comment"]) == ("many", "x", "edit me")
    assert after["_uuid"] == body["results"][0]["uuid"] != before["_uuid"]
    assert after["meta/deprecatedID"] == after["meta/rootUuid"] == before["meta/instanceID"]
    assert after["_submission_time"] == before["_submission_time"]


def test_second_bulk_edit_keeps_the_root(form: Form) -> None:
    """Editing again changes `_uuid` and `meta/deprecatedID`, never `meta/rootUuid`."""
    first = form.add({"comment": "root"})
    for text in ("one", "two"):
        payload = {"submission_ids": [first["_id"]], "data": {"comment": text}}
        between = form.get(f"data/{first['_id']}/").json()
        form.send("PATCH", "data/bulk/", {"payload": payload})
    after = form.get(f"data/{first['_id']}/").json()
    assert after["meta/rootUuid"] == first["meta/instanceID"]
    assert after["meta/deprecatedID"] == between["meta/instanceID"] != first["meta/instanceID"]
    assert form.ids({"meta/deprecatedID": {"$exists": True}, "_id": first["_id"]}) == [first["_id"]]


def test_bulk_edit_of_nothing_is_400(form: Form) -> None:
    """A bulk edit that finds no submission is refused."""
    payload = {"submission_ids": [NOBODY], "data": {"comment": "x"}}
    assert form.send("PATCH", "data/bulk/", {"payload": payload}).status_code == 400


def test_single_deletion(form: Form) -> None:
    """A deleted submission is gone: 404."""
    number = form.add({"comment": "gone"})["_id"]
    assert form.send("DELETE", f"data/{number}/").status_code == 204
    assert form.get(f"data/{number}/").status_code == 404
    assert form.send("DELETE", f"data/{number}/").status_code == 404


def test_bulk_deletion_is_all_or_nothing(form: Form) -> None:
    """One unknown number and nothing of a bulk deletion happens."""
    numbers = [form.add({"comment": "both"})["_id"] for _ in range(2)]
    answer = form.send("DELETE", "data/bulk/", {"payload": {"submission_ids": [*numbers, NOBODY]}})
    assert answer.status_code == 400
    assert form.ids({"_id": {"$in": numbers}}) == numbers
    answer = form.send("DELETE", "data/bulk/", {"payload": {"submission_ids": numbers}})
    assert (answer.status_code, answer.json()) == (200, {"detail": "2 submissions have been deleted"})
    assert form.ids({"_id": {"$in": numbers}}) == []


def test_payload_without_ids_needs_confirmation(form: Form) -> None:
    """A bulk deletion that names no submission is refused: it would mean all of them."""
    kept = form.add({"comment": "kept"})["_id"]
    assert form.send("DELETE", "data/bulk/", {"payload": {}}).status_code == 400
    assert form.ids({"_id": kept}) == [kept]
