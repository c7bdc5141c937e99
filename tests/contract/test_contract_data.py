"""How submissions are read: pages, queries, fields, order."""

from __future__ import annotations

from typing import Any

import pytest
from contract_kit import Form, Target

pytest_plugins = ["contract_fixtures"]


@pytest.fixture(scope="module")
def rows(form: Form) -> list[dict[str, Any]]:
    """Send six submissions, the third and fourth with a status, and read them back by `_id`."""
    counts = [9, 10, 100, "", "", 5]
    made = [
        form.add({"comment": f"c{place}", "visit": {"count": count}, "person": [{"role": "peer"}] if place < 2 else []})
        for place, count in enumerate(counts)
    ]
    for row in made[2:4]:
        uid = {"validation_status.uid": "validation_status_approved"}
        assert form.send("PATCH", f"data/{row['_id']}/validation_status/", uid).status_code == 200
    return form.rows(sort={"_id": 1})


def test_keyset_pages_are_complete(form: Form, rows: list[dict[str, Any]]) -> None:
    """Pages read by `_id` above the last one seen give every submission once."""
    seen: list[int] = []
    while True:
        last = seen[-1] if seen else 0
        page = form.get("data/", query={"_id": {"$gt": last}}, sort={"_id": 1}, limit=4).json()
        assert page["count"] == len(rows) - len(seen)
        if not page["results"]:
            break
        seen += [row["_id"] for row in page["results"]]
    assert seen == [row["_id"] for row in rows]


def test_links_lead_through_the_pages(form: Form, rows: list[dict[str, Any]]) -> None:
    """`next` and `previous` keep the query and lead to the pages beside."""
    first = form.get("data/", sort={"_id": 1}, limit=4).json()
    second = form.target.get(first["next"]).json()
    assert [row["_id"] for row in first["results"] + second["results"]] == [row["_id"] for row in rows]
    assert (first["previous"], second["next"]) == (None, None)
    assert form.target.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("limit", ["0", "-1", "abc"])
def test_limit_must_be_positive(form: Form, limit: str) -> None:
    """A limit below one, or none at all, is refused with 400."""
    answer = form.get("data/", limit=limit)
    assert (answer.status_code, answer.json()) == (400, {"limit": "A positive integer is required"})


@pytest.mark.parametrize("start", ["-1", "abc"])
def test_start_must_not_be_negative(form: Form, start: str) -> None:
    """A start below zero, or none at all, is refused with 400."""
    answer = form.get("data/", start=start)
    assert (answer.status_code, answer.json()) == (400, {"start": "A positive integer is required."})


def test_start_past_the_end_is_empty(form: Form, rows: list[dict[str, Any]]) -> None:
    """A start behind the last submission gives none, and still the count."""
    page = form.get("data/", start=5000).json()
    assert (page["count"], page["results"], page["next"]) == (len(rows), [], None)


@pytest.mark.parametrize("name", ["query", "fields", "sort"])
def test_broken_json_is_400(form: Form, name: str) -> None:
    """An argument that is no JSON is refused with 400 under its name."""
    answer = form.get("data/", **{name: "{bad"})
    assert (answer.status_code, answer.json()) == (400, {name: "Value must be valid JSON."})


def test_query_of_the_wrong_type_is_500(form: Form, rows: list[dict[str, Any]]) -> None:
    """A query that is a list breaks the request: 500."""
    assert form.get("data/", query=[]).status_code == 500


def test_page_and_offset_give_the_first_rows(form: Form, rows: list[dict[str, Any]]) -> None:
    """`page`, `page_size` and `offset` are not looked at: the first rows come, whatever they say."""
    wanted = [row["_id"] for row in rows]
    for arguments in ({"page": "2", "page_size": "2"}, {"offset": "3"}):
        assert [row["_id"] for row in form.rows(**arguments)] == wanted


def test_fields_adds_keys_of_its_own(form: Form, rows: list[dict[str, Any]]) -> None:
    """`fields` always adds `_id`, `_uuid`, `meta/rootUuid` and `_validation_status`."""
    row = form.rows(fields=["visit/count"], sort={"_id": 1}, limit=1)[0]
    assert row == {key: rows[0][key] for key in ("_id", "_uuid", "meta/rootUuid", "visit/count")} | {
        "_validation_status": {}
    }


def test_status_that_was_not_asked_for_looks_removed(form: Form, rows: list[dict[str, Any]]) -> None:
    """A set status comes back as `{}` when `fields` does not ask for it."""
    query = {"_id": rows[2]["_id"]}
    assert form.rows(query=query, fields=["_id"])[0]["_validation_status"] == {}
    assert form.rows(query=query, fields=["_validation_status"])[0]["_validation_status"]["label"] == "Approved"


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"comment": "c1"}, [1]),
        ({"comment": {"$in": ["c1", "c5", "c9"]}}, [1, 5]),
        ({"comment": {"$nin": ["c1", "c5"]}}, [0, 2, 3, 4]),
        ({"comment": {"$ne": "c1"}}, [0, 2, 3, 4, 5]),
        ({"visit/count": {"$exists": False}}, [3, 4]),
        ({"visit/count": {"$exists": True}}, [0, 1, 2, 5]),
        ({"visit/count": {"$gt": 5}}, []),
        ({"visit/count": 9}, []),
        ({"visit/count": "9"}, [0]),
        ({"visit/count": {"$gt": "5"}}, [0]),
        ({"visit/count": {"$lte": "100"}}, [1, 2]),
        ({"count": "9"}, []),
        ({"$or": [{"comment": "c1"}, {"comment": "c2"}]}, [1, 2]),
        ({"$and": [{"comment": {"$gte": "c1"}}, {"comment": {"$lt": "c3"}}]}, [1, 2]),
        ({"comment": {"$not": {"$in": ["c0", "c1", "c2"]}}}, [3, 4, 5]),
        ({"comment": {"$regex": "^c[01]$"}}, [0, 1]),
        ({"comment": {"$regex": "^C0$", "$options": "i"}}, [0]),
        ({"comment": {"$all": ["c1"]}}, [1]),
        ({"person": {"$elemMatch": {"person/role": "peer"}}}, [0, 1]),
        ({"_validation_status.timestamp": {"$gt": 0}}, [2, 3]),
        ({"_validation_status.uid": "validation_status_approved"}, [2, 3]),
        ({"meta/deprecatedID": {"$exists": True}}, []),
        (
            {
                "_id": {"$gt": 0, "$lte": 2**40},
                "$or": [
                    {"meta/deprecatedID": {"$exists": True}},
                    {"_validation_status.timestamp": {"$gt": 0}},
                    {"_submission_time": {"$gte": "2999-01-01T00:00:00"}},
                ],
            },
            [2, 3],
        ),
        ({"_submission_time": {"$gte": "2001-01-01T00:00:00"}}, [0, 1, 2, 3, 4, 5]),
    ],
    ids=str,
)
def test_operators(form: Form, rows: list[dict[str, Any]], query: Any, places: list[int]) -> None:
    """Queries find by whole paths, compare texts as texts, and look into the status by dots."""
    assert form.ids(query) == [rows[place]["_id"] for place in places]


def test_ids_compare_as_numbers(form: Form, rows: list[dict[str, Any]]) -> None:
    """`_id` is a number: ranges of it are ranges of numbers."""
    first, last = rows[1]["_id"], rows[3]["_id"]
    assert form.ids({"_id": {"$gt": first, "$lte": last}}) == [row["_id"] for row in rows[2:4]]
    assert form.ids({"_id": {"$in": [first, last]}}) == [first, last]


def test_all_needs_a_list(form: Form, rows: list[dict[str, Any]]) -> None:
    """`$all` without a list is refused with 400."""
    assert form.get("data/", query={"comment": {"$all": "c1"}}).status_code == 400


def test_sorts_are_lexical(form: Form, rows: list[dict[str, Any]]) -> None:
    """Answers sort as texts, and what has no answer comes first."""
    found = form.rows(sort={"visit/count": 1, "_id": -1})
    assert [row.get("visit/count") for row in found] == [None, None, "10", "100", "5", "9"]
    assert [row["comment"] for row in found[:2]] == ["c4", "c3"]


def test_one_submission_by_number_and_by_uuid(form: Form, rows: list[dict[str, Any]]) -> None:
    """A submission can be asked for by its number and by its uuid; another number is 404."""
    assert form.get(f"data/{rows[0]['_id']}/").json() == rows[0]
    assert form.get(f"data/{rows[0]['_uuid']}/").json() == rows[0]
    answer = form.get("data/999999999/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_one_submission_as_xml(form: Form, rows: list[dict[str, Any]]) -> None:
    """`?format=xml` gives the XML of a submission."""
    answer = form.target.get(f"{form.url}data/{rows[0]['_id']}/", accept="application/xml", format="xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<comment>c0</comment>" in answer.text


def test_count_in_the_list_of_forms(target: Target, form: Form, rows: list[dict[str, Any]]) -> None:
    """The form tells how many submissions it has and when the last new one came."""
    detail = form.detail()
    assert detail["deployment__submission_count"] == len(rows)
    assert detail["deployment__last_submission_time"][:19] == rows[-1]["_submission_time"]


def test_history_tells_what_happened(form: Form, rows: list[dict[str, Any]]) -> None:
    """The history tells submissions and statuses, the newest first, and can be asked from a time on."""
    lines = form.get("history/", limit=1000).json()["results"]
    times = [line["date_created"] for line in lines]
    assert times == sorted(times, reverse=True)
    about = [line["metadata"]["submission"]["root_uuid"] for line in lines if line["action"] == "add-submission"]
    assert sorted(about) == sorted(row["_uuid"] for row in rows)
    recent = form.get("history/", limit=1000, q=f'date_created__gte:"{times[0]}"').json()["results"]
    assert recent
    assert {line["date_created"] for line in recent} >= {times[0]}
    assert all(line["date_created"] >= times[0] for line in recent)
