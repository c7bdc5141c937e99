"""Importing and deploying, call by call: done once, looked at when unsure, refusals in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from kobo_samples import URL, Pauses, lose_answer, session, workbook
from recorded import exchanges
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.assets import (
    Asset,
    deploy,
    import_form,
    read_asset,
    stale,
    titled,
)
from kobo_sync.kobo.errors import FormRefused, NotFound, NotKobo, Refused, ServerBusy, StaleVersion
from kobo_sync.kobo.session import KoboSession
from kobo_sync.standin import Standin

IMPORTS = f"{URL}/api/v2/imports/"
IMPORT = f"{IMPORTS}i1/"
FORM = f"{URL}/api/v2/assets/aForm/"
GOOD = workbook(("text", "a", "A"))


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as made:
        yield made


@pytest.fixture
def server() -> Iterator[Standin]:
    with Standin() as made:
        yield made


@pytest.fixture
def here(server: Standin) -> KoboSession:
    return session(server.url, server.add_user("owner1"))


def _asset(**changes: Any) -> dict[str, Any]:
    return {
        "uid": "aForm",
        "name": "Form",
        "version_id": "v1",
        "deployed_version_id": None,
        "deployment__active": False,
        "deployment__submission_count": 0,
        "date_deployed": None,
        "owner__username": "owner1",
    } | changes


def _writes(server: Standin) -> list[str]:
    return [f"{record.method} {record.path}" for record in server.requests if record.method != "GET"]


# Import


def test_a_workbook_becomes_a_form_of_the_project_list(here: KoboSession, server: Standin) -> None:
    """An import makes a form, not an item of the library, and waits until the server has read it."""
    uid = import_form(here, "form.xlsx", GOOD)
    asset = read_asset(here, uid)
    assert (asset.name, asset.deployed, asset.active, asset.submissions) == ("A small form", False, False, 0)
    assert asset.owner == "owner1"
    assert server.world.assets[uid].asset_type == "survey"


def test_a_form_is_replaced_in_place(here: KoboSession, server: Standin) -> None:
    """An import in place of a form keeps its id and makes a new version of it."""
    uid = import_form(here, "form.xlsx", GOOD)
    before = read_asset(here, uid).version
    assert import_form(here, "form.xlsx", workbook(("text", "b", "B")), replace=uid) == uid
    assert read_asset(here, uid).version != before
    assert len(server.world.assets) == 1


def _refusals() -> list[Any]:
    """Return what the recorded server said of bad workbooks when it was asked how far it was."""
    found = []
    for item in exchanges():
        body = item["response"]["body"]
        answer = body.get("json") if isinstance(body, dict) else None
        if isinstance(answer, dict) and answer.get("status") == "error":
            found.append(pytest.param(answer, id=answer["messages"]["error"]))
    return found


def test_the_recording_has_refusals() -> None:
    """There are recorded refusals to test with: a corrupt file, a name used twice, an unknown type."""
    assert len(_refusals()) >= 3


@pytest.mark.parametrize("answer", _refusals())
def test_each_recorded_refusal_is_told_in_the_server_s_words(
    mock: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    """A workbook that the server refuses after having taken it: its own words, the file's name, exit code 2."""
    mock.post(IMPORTS, status=201, json={"uid": "i1", "url": IMPORT, "status": "processing"})
    mock.get(IMPORT, json={"status": "processing", "uid": "i1", "messages": {}})
    mock.get(IMPORT, json=answer)
    with pytest.raises(FormRefused) as caught:
        import_form(session(), "client.xlsx", GOOD)
    assert answer["messages"]["error"] in str(caught.value)
    assert "client.xlsx" in str(caught.value)
    assert "nothing was changed on the server" in str(caught.value)
    assert ".." not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is no workbook", "corrupt file"),
        (workbook(("text", "a", "A"), ("integer", "a", "B")), "Duplicate node name: a"),
        (workbook(("frobnicate", "a", "A")), "unknown type"),
    ],
)
def test_a_bad_workbook_is_refused_by_a_running_server(here: KoboSession, content: bytes, words: str) -> None:
    """What a server finds at import comes back as one sentence with its words."""
    with pytest.raises(FormRefused, match=words):
        import_form(here, "form.xlsx", content)


@pytest.mark.parametrize("messages", [{}, {"error": None}, None, [], {"error": {"code": 5}}])
def test_a_refusal_without_reason_is_still_a_sentence(mock: responses.RequestsMock, messages: Any) -> None:
    """A server that refuses without a word is not made to look like a fault of the program."""
    mock.post(IMPORTS, status=201, json={"uid": "i1", "url": IMPORT})
    mock.get(IMPORT, json={"status": "error", "messages": messages})
    with pytest.raises(FormRefused, match="KoboToolbox refuses this form"):
        import_form(session(), "form.xlsx", GOOD)


def test_an_import_that_never_ends_is_given_up(mock: responses.RequestsMock) -> None:
    """After minutes of looking, the run ends and says to look in KoboToolbox before doing it again."""
    mock.post(IMPORTS, status=201, json={"uid": "i1", "url": IMPORT})
    mock.get(IMPORT, json={"status": "processing", "messages": {}})
    pauses = Pauses()
    with pytest.raises(ServerBusy, match="look at the form in KoboToolbox"):
        import_form(session(sleep=pauses), "form.xlsx", GOOD)
    assert 120 < sum(pauses.taken) < 600
    assert len([call for call in mock.calls if call.request.method == "POST"]) == 1


def test_a_storm_during_the_polls_only_costs_time(here: KoboSession, server: Standin) -> None:
    """A 502 while the server reads the form is no reason to send it again."""
    count = [0]

    def busy(request: Request) -> Response | None:
        count[0] += "/imports/i" in request.path
        return Response("", 502) if "/imports/i" in request.path and count[0] % 2 else None

    server.before = busy
    uid = import_form(here, "form.xlsx", GOOD)
    assert list(server.world.assets) == [uid]
    assert _writes(server) == ["POST /api/v2/imports/"]


def test_an_import_whose_answer_is_lost_is_not_repeated(here: KoboSession, server: Standin) -> None:
    """When nobody knows whether an import arrived, it is not sent again; the draft can be found by its title."""
    lose_answer(server, "POST", "/imports/")
    with pytest.raises(ServerBusy, match="may or may not have arrived"):
        import_form(here, "form.xlsx", GOOD)
    assert _writes(server) == ["POST /api/v2/imports/"]
    assert [draft.uid for draft in titled(here, "A small form")] == list(server.world.assets)


@pytest.mark.parametrize(
    "polled",
    [
        {"status": "complete", "messages": {}},
        {"status": "complete", "messages": {"created": [{"kind": "asset"}]}},
        {"messages": {}},
        [],
    ],
)
def test_an_import_that_says_nothing_of_use_is_told(mock: responses.RequestsMock, polled: Any) -> None:
    """An answer that lacks what it must hold is an error of its own, not a crash."""
    mock.post(IMPORTS, status=201, json={"uid": "i1", "url": IMPORT})
    mock.get(IMPORT, json=polled)
    with pytest.raises(NotKobo):
        import_form(session(), "form.xlsx", GOOD)


@pytest.mark.parametrize("url", ["@evil.example/", "https://evil.example/elsewhere/", "", None])
def test_a_poll_goes_nowhere_else(mock: responses.RequestsMock, url: str | None) -> None:
    """The address to look at is only ever a path of the API on our own server."""
    mock.post(IMPORTS, status=201, json={"uid": "i1", "url": url})
    with pytest.raises(NotKobo):
        import_form(session(), "form.xlsx", GOOD)
    assert len(mock.calls) == 1


def test_forms_of_a_title_are_one_s_own(here: KoboSession, server: Standin) -> None:
    """Forms of others and of other titles are never found by a title; a draft is told from what phones have."""
    uid = import_form(here, "form.xlsx", GOOD)
    deployed = import_form(here, "form.xlsx", GOOD)
    deploy(here, read_asset(here, deployed))
    import_form(here, "form.xlsx", workbook(("text", "a", "A"), title="Another"))
    other = session(server.url, server.add_user("owner2"))
    theirs = import_form(other, "form.xlsx", GOOD)
    user, permission = f"{server.url}/api/v2/users/owner1/", f"{server.url}/api/v2/permissions/change_asset/"
    sharing = f"/api/v2/assets/{theirs}/permission-assignments/"
    other.send("POST", sharing, body={"user": user, "permission": permission})
    assert {one.uid: one.deployed for one in titled(here, "A small form")} == {uid: False, deployed: True}


# Deployment


def test_a_first_deployment_and_a_second(here: KoboSession) -> None:
    """A form is deployed the first time and, after a change, again: phones then have the newest version."""
    uid = import_form(here, "form.xlsx", GOOD)
    first = deploy(here, read_asset(here, uid))
    assert first.active
    assert first.deployed_version == first.version
    import_form(here, "form.xlsx", workbook(("text", "b", "B")), replace=uid)
    changed = read_asset(here, uid)
    assert changed.deployed_version == first.version != changed.version
    assert deploy(here, changed).deployed_version == changed.version


def test_a_stale_version_deploys_nothing(here: KoboSession, server: Standin) -> None:
    """When somebody else changed the form, nothing is deployed and phones keep what they have."""
    uid = import_form(here, "form.xlsx", GOOD)
    mine = deploy(here, read_asset(here, uid))
    import_form(here, "form.xlsx", workbook(("text", "b", "B")), replace=uid)
    with pytest.raises(StaleVersion, match="nothing was deployed"):
        deploy(here, mine)
    assert read_asset(here, uid).deployed_version == mine.version


def test_a_500_that_is_not_about_the_version_stays_what_it_is(mock: responses.RequestsMock) -> None:
    """An error of the server during a deployment is not blamed on somebody who changed the form."""
    mock.patch(f"{FORM}deployment/", status=500, json={"error": "Server Error (500)"})
    mock.get(FORM, json=_asset(deployed_version_id="v1"))
    with pytest.raises(Refused, match="error of its own"):
        deploy(session(), Asset("aForm", "Form", "v1", "v1", active=True, submissions=0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(("select_one nowhere", "a", "A")), "choices sheet|not in choices|list"),
        (workbook(("note", "a", "See ${nope}")), "nope"),
    ],
)
def test_what_is_found_at_deployment_is_told_in_the_server_s_words(
    here: KoboSession, content: bytes, words: str
) -> None:
    """A form that imports and cannot be deployed: the server's words, and that phones keep what they have."""
    uid = import_form(here, "form.xlsx", content)
    with pytest.raises(FormRefused, match="phones keep the version that they have") as caught:
        deploy(here, read_asset(here, uid))
    assert re.search(words, str(caught.value))
    assert caught.value.exit_code == 2
    assert not read_asset(here, uid).deployed


def _deployment_refusals() -> list[str]:
    return [
        item["response"]["body"]["json"]["error"]
        for item in exchanges()
        if item["request"]["url"].endswith("/deployment/") and item["response"]["status"] == 400
    ]


@pytest.mark.parametrize("words", _deployment_refusals())
def test_recorded_refusals_of_a_deployment_keep_their_words(mock: responses.RequestsMock, words: str) -> None:
    """What the recorded server said of forms that it would not deploy reaches the coordinator."""
    mock.post(f"{FORM}deployment/", status=400, json={"error": words})
    with pytest.raises(FormRefused) as caught:
        deploy(session(), Asset("aForm", "Form", "v1", "", active=False, submissions=0))
    assert words in str(caught.value)


@pytest.mark.parametrize("again", [False, True])
def test_a_deployment_whose_answer_is_lost_is_looked_at(here: KoboSession, server: Standin, again: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """When the proxy lost patience but the server deployed, that is seen, and nothing is sent twice."""
    uid = import_form(here, "form.xlsx", GOOD)
    asset = read_asset(here, uid)
    asset = deploy(here, asset) if again else asset
    lose_answer(server, "PATCH" if again else "POST", "/deployment/")
    before = len(_writes(server))
    done = deploy(here, asset)
    assert done.active
    assert done.deployed_version == asset.version
    assert len(_writes(server)) == before + 1


@pytest.mark.parametrize("again", [False, True])
def test_a_deployment_that_did_not_happen_is_said(here: KoboSession, server: Standin, again: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    """When the server is busy and deployed nothing, the run ends as busy; it is not tried blindly again."""
    uid = import_form(here, "form.xlsx", GOOD)
    asset = read_asset(here, uid)
    asset = deploy(here, asset) if again else asset
    server.before = lambda request: Response("", 504) if request.path.endswith("/deployment/") else None
    before = len(_writes(server))
    with pytest.raises(ServerBusy):
        deploy(here, asset)
    assert len(_writes(server)) == before + 1


def test_somebody_else_s_change_is_one_sentence() -> None:
    """The message names the form and says what to do."""
    said = str(stale(Asset("aForm", "Interview", "v", "v", active=True, submissions=0)))
    assert "'Interview'" in said
    assert "kobo-sync deploy again" in said


def test_a_form_that_is_not_there_is_not_found(here: KoboSession) -> None:
    """A deleted form, or one of another account, is told as not found with where to look."""
    with pytest.raises(NotFound, match=r"kobo-sync\.toml"):
        read_asset(here, "aNone")


@pytest.mark.parametrize("answer", [{}, [], {"uid": "aForm"}, None])
def test_a_form_without_what_every_form_has_is_told(mock: responses.RequestsMock, answer: Any) -> None:
    """An answer that is no form is not taken for one."""
    mock.get(FORM, json=answer)
    with pytest.raises(NotKobo):
        read_asset(session(), "aForm")


@pytest.mark.parametrize("moment", ["2026-11-22T11:14:54Z", "2026-11-22T11:14:54.078566Z", None, "never", 5])
def test_times_of_the_server_are_read_in_any_precision(mock: responses.RequestsMock, moment: Any) -> None:
    """A time with or without fractions is a time; anything else is none."""
    mock.get(FORM, json=_asset(date_deployed=moment))
    found = read_asset(session(), "aForm").deployed_at
    assert (found is not None) is (isinstance(moment, str) and moment.startswith("2026"))
