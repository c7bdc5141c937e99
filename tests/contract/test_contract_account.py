"""What the server says of accounts, of addresses, and to whom it says nothing."""

from __future__ import annotations

from contract_kit import Form, Target
from recorded import send

pytest_plugins = ["contract_fixtures"]


def test_me_tells_whose_token_it_is(target: Target) -> None:
    """`/me/` answers with the account's name and the server's time."""
    body = target.get(f"{target.url}/me/").json()
    assert body["username"]
    assert body["server_time"].startswith("20")


def test_wrong_token_is_401(target: Target, draft: Form) -> None:
    """A token that is none is refused with 401, not with 404."""
    answer = send("GET", draft.url, headers={"Authorization": "Token nonsense"})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid token."})


def test_without_token_a_form_does_not_exist(target: Target, form: Form) -> None:
    """Who does not log in is told that a private form does not exist."""
    answer = send("GET", f"{form.url}data/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_unknown_form_is_an_html_page(target: Target) -> None:
    """The data of a form that does not exist is a 404 in HTML, though JSON was asked for."""
    answer = target.get(f"{target.url}/api/v2/assets/aNoSuchAsset0000000000/data/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_deleted_form_is_an_html_page(target: Target, plain: bytes) -> None:
    """The data of a form that was deleted is a 404 in HTML."""
    with target.form(plain) as form:
        assert form.send("DELETE", "").status_code == 204
        answer = form.get("data/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_missing_slash_is_a_redirect(target: Target, draft: Form) -> None:
    """An address without its last slash is answered by 301 to the one with it."""
    answer = target.get(draft.url.rstrip("/"))
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/api/v2/assets/{draft.uid}/")


def test_api_v1_is_gone(target: Target) -> None:
    """Everything of API v1 answers 410."""
    assert target.get(f"{target.url}/api/v1/data").status_code == 410


def test_service_health_answers_anybody(target: Target) -> None:
    """`/service_health/` needs no account."""
    assert send("GET", f"{target.url}/service_health/").status_code == 200


def test_overlong_url_is_414(target: Target, form: Form) -> None:
    """An address of 9 kB is refused with 414, in HTML."""
    answer = form.get("data/", query={"_id": {"$in": list(range(100_000_000, 100_000_900))}})
    assert answer.status_code == 414
    assert "<html" in answer.text.lower()


def test_url_with_200_ids_passes(form: Form) -> None:
    """An address that names 200 submissions is short enough."""
    assert form.ids({"_id": {"$in": list(range(100_000_000, 100_000_200))}}) == []


def test_list_shows_forms_without_their_content(target: Target, draft: Form) -> None:
    """The list of forms has counts and versions, but no `content`."""
    body = target.get(f"{target.url}/api/v2/assets/", q="asset_type:survey", limit="1000").json()
    entry = next(item for item in body["results"] if item["uid"] == draft.uid)
    assert "content" not in entry
    assert entry["deployment_status"] == "draft"
    assert entry["deployed_version_id"] is None
    assert entry["version_id"] == draft.detail()["version_id"]
    assert (entry["deployment__submission_count"], entry["deployment__last_submission_time"]) == (0, None)


def test_list_is_paged(target: Target, draft: Form, form: Form) -> None:
    """The list gives as many forms as asked for, and the address of the next page."""
    body = target.get(f"{target.url}/api/v2/assets/", q="asset_type:survey", limit="1").json()
    assert len(body["results"]) == 1
    assert body["count"] >= 2
    assert "start=1" in body["next"]
    assert target.get(body["next"]).json()["results"][0]["uid"] != body["results"][0]["uid"]


def test_asset_type_counts_only_inside_q(target: Target, plain: bytes) -> None:
    """`asset_type=` beside `q` is not looked at, so that items of the library come too."""
    state = target.run_import(plain, library="true")
    item = state["messages"]["created"][0]["uid"]
    found = Form(target, item)
    try:
        every = target.get(f"{target.url}/api/v2/assets/", asset_type="survey", limit="1000").json()["results"]
        surveys = target.get(f"{target.url}/api/v2/assets/", q="asset_type:survey", limit="1000").json()["results"]
        assert found.detail()["asset_type"] == "block"
        assert item in {entry["uid"] for entry in every}
        assert item not in {entry["uid"] for entry in surveys}
    finally:
        found.send("DELETE", "")
