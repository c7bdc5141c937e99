"""What an account may do, read from the answers that a real server gave, and from those of one that sums nothing up."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from recorded import ASSET, exchanges

from kobo_sync.kobo.rights import FormRights, rights_of
from kobo_sync.kobo.session import KoboSession, Secret

SERVER = "https://kf.kobo.test"
ALL = {
    "view_asset", "change_asset", "manage_asset", "view_submissions", "add_submissions", "change_submissions",
    "validate_submissions", "delete_submissions",
}  # fmt: skip


def _asset() -> dict[str, Any]:
    """Return the form as the real server showed it to its owner, when it was shared with two others."""
    found: list[dict[str, Any]] = [
        item["response"]["body"]["json"]
        for item in exchanges()
        if item["user"] == "owner1"
        and item["request"]["method"] == "GET"
        and item["request"]["url"] == f"{SERVER}/api/v2/assets/{ASSET}/"
    ]
    return found[-1]


def _rights(account: str, asset: dict[str, Any] | int) -> FormRights:
    with responses.RequestsMock() as server:
        server.get(f"{SERVER}/me/", json={"username": account})
        server.get(f"{SERVER}/api/v2/assets/", json={"count": 3, "results": []})
        if isinstance(asset, int):
            server.get(f"{SERVER}/api/v2/assets/{ASSET}/", status=asset, json={"detail": "no"})
        else:
            server.get(f"{SERVER}/api/v2/assets/{ASSET}/", json=asset)
        found = rights_of(KoboSession(SERVER, Secret("x")), {"recorded": ASSET, "draft": ""})
    assert (found.account, found.projects, len(found.forms)) == (account, 3, 1)
    return found.forms[0]


def test_the_owner_of_the_recording_may_do_everything() -> None:
    """As the real server answered its form's owner: all permissions, and whose the form is."""
    found = _rights("owner1", _asset())
    assert found.owner == "owner1"
    assert found.may >= ALL
    assert found.seen


@pytest.mark.parametrize(
    ("account", "may"),
    [
        ("owner1", ALL),
        ("viewer1", {"view_asset", "view_submissions"}),
        ("collector1", {"add_submissions"}),
        ("owner2", set()),
    ],
)
def test_a_server_that_sums_nothing_up_is_read_by_its_assignments(account: str, may: set[str]) -> None:
    """Without the sum, an account's permissions are those assigned to it, and nobody else's."""
    asset = _asset()
    del asset["effective_permissions"]
    assert _rights(account, asset).may == may


def test_what_everybody_may_each_account_may() -> None:
    """A form that anybody may send to lets this account send, too."""
    asset = _asset()
    del asset["effective_permissions"]
    open_to_all = {
        "user": f"{SERVER}/api/v2/users/AnonymousUser/",
        "permission": "/api/v2/permissions/add_submissions/",
    }
    asset["permissions"].append(open_to_all)
    assert _rights("owner2", asset).may == {"add_submissions"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_form_that_is_not_shown_is_not_seen(status: int) -> None:
    """A form that the server hides from the account is told as such; that is no failure of the whole question."""
    assert _rights("owner2", status) == FormRights("recorded", ASSET, seen=False)
