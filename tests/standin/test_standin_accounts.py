"""Who may do what, which needs several accounts; and how phones log in."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from recorded import ASSET, FORM_UUID, Recorded, grant, recorded_server, send
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from kobo_sync.standin import Standin

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_FOUND = (404, {"detail": "Not found."})
FORBIDDEN = (403, {"detail": "You do not have permission to perform this action."})


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    """Start the recorded server with two more accounts, which have passwords."""
    with recorded_server() as found:
        found.server.add_user("editor1", password="open sesame")
        grant(found.server, found.headers(), "editor1", "change_submissions")
        yield found


def ask(recorded: Recorded, username: str, method: str = "GET", rest: str = "", body: Any = None) -> tuple[int, Any]:
    """Send a request of an account about the form; give back status and JSON."""
    url = f"{recorded.server.url}/api/v2/assets/{ASSET}/{rest}"
    answer = send(method, url, headers=recorded.headers(username), json=body)
    return answer.status_code, answer.json() if answer.content else None


def submission(edits: str | None = None) -> dict[str, Any]:
    """Make the upload of a phone, of a new submission or of an edit."""
    old = f"<deprecatedID>uuid:{edits}</deprecatedID>" if edits else ""
    xml = (
        f'<{ASSET} id="{ASSET}"><formhub><uuid>{FORM_UUID}</uuid></formhub><consent>no</consent>'
        f"<meta><instanceID>uuid:{uuid.uuid4()}</instanceID>{old}</meta></{ASSET}>"
    )
    return {"xml_submission_file": ("submission.xml", xml, "text/xml")}


@pytest.mark.parametrize("rest", ["", "data/", "files/", "versions/", "deployment/", "permission-assignments/"])
def test_a_stranger_is_told_that_nothing_is_there(recorded: Recorded, rest: str) -> None:
    """An account without any permission on a form gets 404 everywhere."""
    assert ask(recorded, "owner2", rest=rest) == NOT_FOUND


def test_the_list_shows_a_stranger_nothing(recorded: Recorded) -> None:
    """The list of forms holds what an account may see, and no other form."""
    seen = {}
    for username in ("owner1", "owner2", "viewer1"):
        url = f"{recorded.server.url}/api/v2/assets/?q=asset_type:survey"
        seen[username] = send("GET", url, headers=recorded.headers(username)).json()["count"]
    assert seen == {"owner1": 1, "owner2": 0, "viewer1": 1}


def test_a_viewer_may_look_and_nothing_else(recorded: Recorded) -> None:
    """`view_submissions` reads the form and its data; everything else is 403, the history included."""
    assert ask(recorded, "viewer1")[0] == 200
    assert ask(recorded, "viewer1", rest="data/")[1]["count"] == 80
    assert ask(recorded, "viewer1", rest="history/") == FORBIDDEN
    uid = {"validation_status.uid": "validation_status_approved"}
    assert ask(recorded, "viewer1", "PATCH", "data/1268/validation_status/", uid) == FORBIDDEN
    assert ask(recorded, "viewer1", "DELETE", "data/1268/") == FORBIDDEN
    assert ask(recorded, "viewer1", "PATCH", "deployment/", {"active": False}) == FORBIDDEN
    assert ask(recorded, "viewer1", "DELETE") == FORBIDDEN
    assert ask(recorded, "viewer1", "POST", "permission-assignments/", {}) == FORBIDDEN


def test_a_collector_cannot_read(recorded: Recorded) -> None:
    """`add_submissions` alone reads neither the form nor its data."""
    assert ask(recorded, "collector1") == NOT_FOUND
    assert ask(recorded, "collector1", rest="data/") == NOT_FOUND


def test_a_collector_may_send_and_not_edit(recorded: Recorded) -> None:
    """`add_submissions` sends new submissions; edits of others' are 403."""
    url, headers = f"{recorded.server.collect_url}/submission", recorded.headers("collector1")
    assert send("POST", url, headers=headers, files=submission()).status_code == 201
    old = ask(recorded, "owner1", rest="data/1270/")[1]["_uuid"]
    assert send("POST", url, headers=headers, files=submission(edits=old)).status_code == 403


def test_a_viewer_may_not_send(recorded: Recorded) -> None:
    """Without `add_submissions` a submission is 403."""
    url = f"{recorded.server.collect_url}/submission"
    assert send("POST", url, headers=recorded.headers("viewer1"), files=submission()).status_code == 403


def test_the_form_list_shows_what_may_be_filled_in(recorded: Recorded) -> None:
    """The form list holds the forms that an account may fill in, wherever it may look."""
    listed = {}
    for username in ("owner1", "owner2", "collector1", "viewer1"):
        answer = send("GET", f"{recorded.server.url}/formList", headers=recorded.headers(username))
        listed[username] = ASSET in answer.text
    assert listed == {"owner1": True, "owner2": False, "collector1": True, "viewer1": False}


def test_permissions_bring_others_with_them(recorded: Recorded) -> None:
    """`change_submissions` brings viewing and adding; taking `view_asset` away takes all that needs it."""
    found = ask(recorded, "owner1", rest="permission-assignments/")[1]
    held = {entry["permission"].split("/")[-2]: entry["url"] for entry in found if "/editor1/" in entry["user"]}
    assert held.keys() == {"view_asset", "view_submissions", "add_submissions", "change_submissions"}


def test_taking_a_permission_takes_what_needs_it(recorded: Recorded) -> None:
    """Taking `view_submissions` away leaves `view_asset`, and takes what cannot be without it."""
    recorded.server.add_user("brief1")
    grant(recorded.server, recorded.headers(), "brief1", "validate_submissions")
    found = ask(recorded, "owner1", rest="permission-assignments/")[1]
    url = next(e["url"] for e in found if "/brief1/" in e["user"] and "/view_submissions/" in e["permission"])
    assert send("DELETE", url, headers=recorded.headers()).status_code == 204
    left = ask(recorded, "owner1", rest="permission-assignments/")[1]
    assert [e["permission"].split("/")[-2] for e in left if "/brief1/" in e["user"]] == ["view_asset"]


def test_the_owner_keeps_her_permissions(recorded: Recorded) -> None:
    """The owner's permissions can be neither given nor taken."""
    found = ask(recorded, "owner1", rest="permission-assignments/")[1]
    url = next(entry["url"] for entry in found if "/owner1/" in entry["user"])
    assert send("DELETE", url, headers=recorded.headers()).status_code == 409
    body = {
        key: f"{recorded.server.url}/api/v2/{path}/"
        for key, path in (("user", "users/owner1"), ("permission", "permissions/view_asset"))
    }
    assert ask(recorded, "owner1", "POST", "permission-assignments/", body)[0] == 400


def test_what_everybody_may_is_shown_to_everybody_who_may_look(recorded: Recorded) -> None:
    """Who may look at a form, and not manage it, is shown the owner's permissions, her own, and the public's."""
    grant(recorded.server, recorded.headers(), "AnonymousUser", "view_asset")
    found = ask(recorded, "viewer1", rest="permission-assignments/")[1]
    assert {entry["user"].split("/")[-2] for entry in found} == {"owner1", "viewer1", "AnonymousUser"}
    url = next(entry["url"] for entry in found if "/AnonymousUser/" in entry["user"])
    assert send("DELETE", url, headers=recorded.headers("viewer1")).status_code == 403
    assert send("DELETE", url, headers=recorded.headers()).status_code == 204


def test_everybody_may_give_up_what_she_has(recorded: Recorded) -> None:
    """An account may take its own permissions from itself, though it manages nothing."""
    recorded.tokens["leaving1"] = recorded.server.add_user("leaving1")
    grant(recorded.server, recorded.headers(), "leaving1", "view_submissions")
    found = ask(recorded, "leaving1", rest="permission-assignments/")[1]
    url = next(e["url"] for e in found if "/leaving1/" in e["user"] and "/view_asset/" in e["permission"])
    assert send("DELETE", url, headers=recorded.headers("leaving1")).status_code == 204
    assert ask(recorded, "leaving1") == NOT_FOUND


@pytest.mark.parametrize("content", ["{", "[]", 5, {"survey": [{"type": "nonsense"}]}, {"survey": 7}])
def test_content_that_is_no_form_is_400(recorded: Recorded, content: Any) -> None:
    """What the form builder could never send is refused, and no version is made of it."""
    before = ask(recorded, "owner1")[1]["version_id"]
    assert ask(recorded, "owner1", "PATCH", body={"content": content})[0] == 400
    assert ask(recorded, "viewer1", "PATCH", body={"content": "{}"}) == FORBIDDEN
    assert ask(recorded, "owner1")[1]["version_id"] == before


def test_an_unknown_account_gets_no_permission(recorded: Recorded) -> None:
    """A permission for an account that does not exist is refused."""
    body = {
        "user": f"{recorded.server.url}/api/v2/users/nobody1/",
        "permission": f"{recorded.server.url}/api/v2/permissions/view_asset/",
    }
    status, answer = ask(recorded, "owner1", "POST", "permission-assignments/", body)
    assert (status, list(answer)) == (400, ["user"])


def test_an_import_over_a_strangers_form_fails(recorded: Recorded) -> None:
    """Replacing a form without the permission to change it fails in the poll."""
    url = f"{recorded.server.url}/api/v2/imports/"
    answer = send(
        "POST",
        url,
        headers=recorded.headers("viewer1"),
        data={"library": "false", "destination": f"{recorded.server.url}/api/v2/assets/{ASSET}/"},
        files={"file": ("form.xlsx", b"PK")},
    ).json()
    states = [send("GET", answer["url"], headers=recorded.headers("viewer1")).json() for _ in range(2)]
    assert (states[1]["status"], states[1]["messages"]["error_type"]) == ("error", "PermissionDenied")
    assert send("GET", answer["url"], headers=recorded.headers("owner1")).status_code == 404


@pytest.mark.parametrize("method", [HTTPBasicAuth, HTTPDigestAuth])
def test_phones_may_log_in_with_a_password(recorded: Recorded, method: type[AuthBase]) -> None:
    """User name and password pass as Basic and as Digest; a wrong password is 401."""
    url = f"{recorded.server.collect_url}/formList"
    right: Any = method
    assert ASSET in send("GET", url, auth=right("editor1", "open sesame")).text
    assert send("GET", url, auth=right("editor1", "wrong")).status_code == 401
    assert send("GET", url, auth=right("nobody1", "open sesame")).status_code == 401


def test_phones_are_asked_to_log_in(recorded: Recorded) -> None:
    """Form list, form and submission without any login are 401 with a Digest challenge."""
    url = recorded.server.collect_url
    answers = [
        send("GET", f"{url}/formList"),
        send("GET", f"{url}/forms/1/form.xml"),
        send("POST", f"{url}/submission", files=submission()),
    ]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert all(answer.headers["WWW-Authenticate"].startswith("Digest ") for answer in answers)


def test_a_form_may_be_open_to_everybody() -> None:
    """A form that takes submissions of anybody is on the list under its owner's name, and names no sender."""
    with recorded_server() as recorded:
        url = recorded.server.collect_url
        assert ASSET not in send("GET", f"{url}/owner1/formList").text
        assert send("POST", f"{url}/owner1/submission", files=submission()).status_code == 401
        grant(recorded.server, recorded.headers(), "AnonymousUser", "add_submissions")
        assert ASSET in send("GET", f"{url}/owner1/formList").text
        assert send("POST", f"{url}/owner1/submission", files=submission()).status_code == 201
        newest = ask(recorded, "owner1", rest='data/?sort={"_id":-1}&limit=1')[1]["results"][0]
        assert newest["_submitted_by"] is None


def test_nobody_takes_a_taken_name() -> None:
    """Two accounts cannot have the same name."""
    server = Standin()
    server.add_user("owner1")
    with pytest.raises(ValueError, match="owner1"):
        server.add_user("owner1")
