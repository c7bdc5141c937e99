"""Who may do what with a form, and how somebody changes it in the web page."""

from __future__ import annotations

import json
import uuid

from contract_kit import Form, Target, names

pytest_plugins = ["contract_fixtures"]

PUBLIC = "AnonymousUser"


def _assignment(form: Form, username: str, permission: str) -> dict[str, str]:
    """Name an account and a permission as the server wants it."""
    root = f"{form.target.url}/api/v2"
    return {"user": f"{root}/users/{username}/", "permission": f"{root}/permissions/{permission}/"}


def _held(form: Form, username: str) -> dict[str, str]:
    """Return the permissions of an account on a form, and where each can be deleted."""
    entries = form.get("permission-assignments/").json()
    return {one["permission"].split("/")[-2]: one["url"] for one in entries if one["user"].endswith(f"/{username}/")}


def test_viewing_answers_brings_the_form(draft: Form) -> None:
    """`view_submissions` brings `view_asset`; taking `view_asset` away takes both."""
    answer = draft.send("POST", "permission-assignments/", _assignment(draft, PUBLIC, "view_submissions"))
    assert answer.status_code == 201
    held = _held(draft, PUBLIC)
    assert held.keys() == {"view_asset", "view_submissions"}
    assert draft.target.session.delete(held["view_asset"]).status_code == 204
    assert _held(draft, PUBLIC) == {}


def test_sending_answers_brings_nothing(draft: Form) -> None:
    """`add_submissions` brings no right to look at anything; given twice it is there once."""
    for _ in range(2):
        answer = draft.send("POST", "permission-assignments/", _assignment(draft, PUBLIC, "add_submissions"))
        assert answer.status_code == 201
    assert _held(draft, PUBLIC).keys() == {"add_submissions"}
    assert draft.target.session.delete(_held(draft, PUBLIC)["add_submissions"]).status_code == 204


def test_the_public_gets_no_more_than_looking_and_sending(draft: Form) -> None:
    """Nobody can let everybody change or manage a form: 400 that names the permission."""
    for permission in ("manage_asset", "change_asset", "delete_submissions"):
        answer = draft.send("POST", "permission-assignments/", _assignment(draft, PUBLIC, permission))
        assert answer.status_code == 400
        assert permission in str(answer.json()["permission"])
    assert _held(draft, PUBLIC) == {}


def test_an_account_that_does_not_exist_is_refused(target: Target, draft: Form) -> None:
    """An account that the server does not know: 404 when looked up, 400 that says so when it is let in."""
    name = f"nobody_{uuid.uuid4().hex[:12]}"
    assert target.get(f"{target.url}/api/v2/users/{name}/").status_code == 404
    answer = draft.send("POST", "permission-assignments/", _assignment(draft, name, "add_submissions"))
    assert (answer.status_code, answer.json()) == (400, {"user": ["Invalid hyperlink - Object does not exist."]})


def test_the_owner_can_be_given_and_robbed_of_nothing(target: Target, draft: Form) -> None:
    """The owner's permissions are fixed: 400 for giving, 409 for taking."""
    name = target.get(f"{target.url}/me/").json()["username"]
    assert target.get(f"{target.url}/api/v2/users/{name}/").json()["username"] == name
    answer = draft.send("POST", "permission-assignments/", _assignment(draft, name, "view_asset"))
    assert answer.status_code == 400
    assert "user" in answer.json()
    assert target.session.delete(_held(draft, name)["view_asset"]).status_code == 409


def test_the_form_builder_s_save_makes_a_version(fresh: Form) -> None:
    """A form that is saved in the form builder has a new version, which phones get when it is deployed, not before."""
    old = fresh.detail()
    content = old["content"]
    content["survey"].append({"type": "text", "name": "added", "label": ["Added?"]})
    assert fresh.send("PATCH", "", {"content": json.dumps(content)}).status_code == 200
    now = fresh.detail()
    assert now["version_id"] != old["version_id"]
    assert now["deployed_version_id"] == old["deployed_version_id"]
    assert "added" in names(now["content"]["survey"])
    earlier = fresh.get(f"versions/{old['version_id']}/").json()["content"]
    assert "added" not in names(earlier["survey"])
