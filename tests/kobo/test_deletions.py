"""Deleting on the server: explicit ids, looked for first, and believed only when the server has none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses
from workspaces import session

from kobo_sync.kobo.deletions import delete_submissions, still_there
from kobo_sync.kobo.errors import KoboError, NotAllowed, NotFound, NotKobo, Refused, ServerBusy

URL = "https://kobo.example.org"
DATA = f"{URL}/api/v2/assets/aOne/data/"
BULK = f"{DATA}bulk/"


def there(*ids: int) -> dict[str, Any]:
    return {"count": len(ids), "results": [{"_id": id_} for id_ in ids]}


def bodies() -> list[Any]:
    return [json.loads(call.request.body or "") for call in responses.calls if call.request.method == "DELETE"]


@responses.activate
def test_it_looks_deletes_and_looks_again() -> None:
    """Those that are there are deleted by their numbers; it is done when a second look finds none."""
    responses.get(DATA, json=there(1, 3))
    responses.get(DATA, json=there())
    responses.delete(BULK, json={"detail": "2 submissions have been deleted"})
    delete_submissions(session(URL, "t"), "aOne", [3, 2, 1, 3])
    assert bodies() == [{"payload": {"submission_ids": [1, 3]}}]


@responses.activate
def test_what_is_gone_needs_no_deletion() -> None:
    """Where the server has none of them, nothing is sent."""
    responses.get(DATA, json=there())
    delete_submissions(session(URL, "t"), "aOne", [1])
    assert bodies() == []
    delete_submissions(session(URL, "t"), "aOne", [])
    assert len(responses.calls) == 1


@responses.activate
def test_one_that_goes_meanwhile_does_not_spoil_the_rest() -> None:
    """An id that is refused since somebody deleted it meanwhile: it looks again, and deletes the others."""
    responses.get(DATA, json=there(1, 2))
    responses.delete(BULK, json={"detail": "One or more submission ids are invalid"}, status=400)
    responses.get(DATA, json=there(2))
    responses.delete(BULK, json={})
    responses.get(DATA, json=there())
    delete_submissions(session(URL, "t"), "aOne", [1, 2])
    assert bodies()[-1] == {"payload": {"submission_ids": [2]}}


@responses.activate
@pytest.mark.parametrize(("status", "error"), [(403, NotAllowed), (404, NotFound), (422, Refused), (500, Refused)])
def test_a_refusal_is_not_asked_for_twice(status: int, error: type[KoboError]) -> None:
    """What the server refuses for good is raised after one try."""
    responses.get(DATA, json=there(1))
    responses.delete(BULK, json={"detail": "no"}, status=status)
    with pytest.raises(error):
        delete_submissions(session(URL, "t"), "aOne", [1])
    assert len(bodies()) == 1


@responses.activate
@pytest.mark.parametrize(("status", "error"), [(502, ServerBusy), (200, NotKobo)])
def test_a_deletion_that_does_not_happen_is_an_error(status: int, error: type[KoboError]) -> None:
    """Three tries, each after a look; if they are still there then, it is not done."""
    responses.get(DATA, json=there(1))
    responses.delete(BULK, json={}, status=status)
    with pytest.raises(error):
        delete_submissions(session(URL, "t"), "aOne", [1])
    assert len(bodies()) == 3


@responses.activate
def test_many_are_deleted_in_parts() -> None:
    """No request names more than 200, so that no address is too long."""
    responses.get(DATA, json=there())
    assert still_there(session(URL, "t"), "aOne", range(1, 450)) == frozenset()
    asked = [json.loads(str(call.request.params["query"]))["_id"]["$in"] for call in responses.calls]  # type: ignore[attr-defined] # responses adds it
    assert [len(some) for some in asked] == [200, 200, 49]


@responses.activate
@pytest.mark.parametrize(
    "answer", [{"count": 2, "results": [{"_id": 1}]}, there(9), {"results": []}, {"count": 1, "results": ["x"]}, []]
)
def test_an_odd_list_concludes_nothing(answer: Any) -> None:
    """A list that lacks rows, has others, or is none: nothing is taken for deleted."""
    responses.get(DATA, json=answer)
    with pytest.raises(NotKobo):
        delete_submissions(session(URL, "t"), "aOne", [1])
    assert bodies() == []
