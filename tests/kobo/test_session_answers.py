"""What the session sends, and what it makes of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from kobo_samples import TOKEN, URL, session
from werkzeug.wrappers import Response

from kobo_sync.kobo.answers import server_words
from kobo_sync.kobo.assets import who_am_i
from kobo_sync.kobo.errors import BadToken, KoboError, NotAllowed, NotDeployed, NotFound, NotKobo, Refused
from kobo_sync.standin import Standin

PATH = "/api/v2/assets/aForm/data/"


@pytest.fixture
def server() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_every_request_asks_for_json_by_its_header(server: responses.RequestsMock, method: str) -> None:
    """JSON is asked for by the Accept header and never by ?format=, which would break the server's own links."""
    server.add(method, URL + PATH, json={})
    here = session()
    if method == "GET":
        here.get(PATH, {"query": {"_id": 1}})
    else:
        here.send(method, PATH, body={})
    request = server.calls[0].request
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Authorization"] == f"Token {TOKEN}"
    assert request.headers["User-Agent"].startswith("a-gender-monitor/")
    assert "format" not in str(request.url)


def test_values_of_a_query_are_sent_as_json(server: responses.RequestsMock) -> None:
    """What the server reads as JSON is sent as JSON, texts as they are."""
    server.get(URL + PATH, json={})
    session().get(PATH, {"query": {"_id": {"$gt": 5}}, "limit": 1000, "q": "asset_type:survey"})
    sent = server.calls[0].request.params  # type: ignore[attr-defined]  # responses adds it
    assert sent == {"query": '{"_id":{"$gt":5}}', "limit": "1000", "q": "asset_type:survey"}


@pytest.mark.parametrize("path", ["@evil.example/x", ".evil.example/x", ":8000/x", "api/v2/"])
def test_a_path_cannot_name_another_host(path: str) -> None:
    """What is put behind the server's address always begins with a slash, so that it stays that server."""
    with pytest.raises(ValueError, match="another host"):
        session().get(path)


def test_a_missing_slash_is_followed_on_the_same_server() -> None:
    """A 301 within the server is followed, token and all."""
    with Standin() as standin:
        token = standin.add_user("owner1")
        answer = session(standin.url, token).get("/api/v2/assets")
        assert answer["count"] == 0
        assert [record.status for record in standin.requests] == [301, 200]


def test_a_write_is_not_sent_on() -> None:
    """A write that is answered by a redirect is not followed: it would arrive as a read, or twice."""
    with Standin() as standin:
        here = session(standin.url, standin.add_user("owner1"))
        with pytest.raises(NotKobo):
            here.send("POST", "/api/v2/imports", form={"library": "false"})
        assert [record.status for record in standin.requests] == [301]


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://kf.example.org/", "https://kf.example.org:8443/", "https://example.org/"]
)
def test_the_token_is_for_the_server_alone(url: str) -> None:
    """However a request for another address came about, it carries no token."""
    http = session()._http
    assert "Authorization" not in http.prepare_request(requests.Request("GET", url)).headers
    assert "Authorization" in http.prepare_request(requests.Request("GET", f"{URL}/x")).headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_told_nothing(method: str) -> None:
    """A redirect to another server is not followed at all: it learns neither the token nor what was asked for."""
    with Standin() as other, Standin() as standin:
        token = standin.add_user("owner1")
        standin.before = lambda request: Response("", 302, {"Location": other.url + request.full_path})
        here = session(standin.url, token)
        with pytest.raises(NotKobo, match=r"server\.url"):
            here.get(PATH, {"query": {"_id": 1}}) if method == "GET" else here.send(method, PATH, body={})
        assert other.requests == ()


@pytest.mark.parametrize("location", ["https://kf.example.org:8443/", "http://kf.example.org/", "//evil.example/x"])
def test_another_port_or_scheme_is_another_server(server: responses.RequestsMock, location: str) -> None:
    """The same name on another port, or without encryption, is not the server that the token is for."""
    server.get(URL + PATH, status=302, headers={"Location": location})
    with pytest.raises(NotKobo):
        session().get(PATH)
    assert len(server.calls) == 1


@pytest.mark.parametrize("location", ["https://kf.example.org:port/", "http://[::1/", ""])
def test_a_redirect_to_nowhere_is_an_answer_that_is_not_kobotoolbox_s(
    server: responses.RequestsMock, location: str
) -> None:
    """A redirect whose address is nonsense is told like any other wrong server."""
    server.get(URL + PATH, status=302, headers={"Location": location})
    with pytest.raises(NotKobo):
        session().get(PATH)


@pytest.mark.parametrize("url", ["https://KF.Example.ORG", "https://kf.example.org:443", "https://kf.example.org/"])
def test_the_spelling_of_the_address_does_not_keep_the_token_back(server: responses.RequestsMock, url: str) -> None:
    """A phone's keyboard writes capitals: it is the same server, and gets the token."""
    for there in {URL, url.lower().rstrip("/")}:
        server.get(there + "/me/", json={"username": "owner1"})
    assert who_am_i(session(url)) == "owner1"
    assert server.calls[0].request.headers["Authorization"] == f"Token {TOKEN}"


HTML = {"body": "<html><body>Hello <b>there</b></body></html>", "content_type": "text/html"}
ANSWERS: list[tuple[str, dict[str, Any], type[KoboError], tuple[str, ...]]] = [
    ("bad token", {"status": 401, "json": {"detail": "Invalid token."}}, BadToken, ("Security", "KOBO_API_TOKEN")),
    ("401 page", {"status": 401, **HTML}, BadToken, ("Security",)),
    ("forbidden", {"status": 403, "json": {"detail": "You do not have permission."}}, NotAllowed, ("owner",)),
    ("firewall", {"status": 403, **HTML}, NotAllowed, ("firewall", "another network")),
    ("no such form", {"status": 404, "json": {"detail": "Not found."}}, NotFound, ("kobo-sync.toml", "account")),
    ("deleted form", {"status": 404, **HTML}, NotFound, ("kobo-sync.toml",)),
    (
        "not deployed",
        {"status": 400, "json": {"detail": "The specified asset has not been deployed"}},
        NotDeployed,
        ("kobo-sync deploy",),
    ),
    ("bad query", {"status": 400, "json": {"query": "Value must be valid JSON."}}, Refused, ("query: Value", "show")),
    ("gone", {"status": 410, "json": {"detail": "The V1 API has been removed."}}, Refused, ("410", "V1 API")),
    ("too long", {"status": 414, **HTML}, Refused, ("414",)),
    ("error", {"status": 500, "json": {"error": "Server Error (500)"}}, Refused, ("of its own", "again later")),
    ("login page", {"status": 200, **HTML}, NotKobo, ("page instead of data", "wifi")),
    ("plain text", {"status": 200, "body": "OK", "content_type": "text/plain"}, NotKobo, ("page instead of data",)),
]


@pytest.mark.parametrize(("answer", "kind", "words"), [pytest.param(*rest, id=name) for name, *rest in ANSWERS])
def test_each_answer_has_its_error(
    server: responses.RequestsMock, answer: dict[str, Any], kind: type[KoboError], words: tuple[str, ...]
) -> None:
    """Each refusal has one error with exit code 3 that says what it means and what to do, and shows no page."""
    server.get(URL + PATH, **answer)
    with pytest.raises(KoboError) as caught:
        session().get(PATH, {"query": {"_id": {"$gt": 1234567}}})
    said = str(caught.value)
    assert type(caught.value) is kind
    assert caught.value.exit_code == 3
    assert all(word in said for word in words), said
    assert "<" not in said
    assert "1234567" not in said
    assert "\n" not in said
    assert said.endswith((".", "kobo-sync deploy", "kobo-sync init --keep-token", "kobo-sync init --check-token"))


def test_a_refusal_keeps_status_and_words(server: responses.RequestsMock) -> None:
    """Who needs to decide by it finds the status and the server's own words."""
    server.post(URL + PATH, status=400, json={"error": "There should be a choices sheet"})
    with pytest.raises(Refused) as caught:
        session().send("POST", PATH, body={})
    assert (caught.value.status, caught.value.words) == (400, "There should be a choices sheet")


def test_an_answer_without_body_is_none(server: responses.RequestsMock) -> None:
    """A deletion answers 204 and nothing, which is no error."""
    server.delete(URL + PATH, status=204)
    assert session().send("DELETE", PATH) is None


def test_files_come_as_they_are_but_pages_do_not(server: responses.RequestsMock) -> None:
    """A file is given byte for byte; a login page in its place is not taken for the file."""
    server.get(URL + "/file", body=b"PK\x03\x04", content_type="application/octet-stream")
    server.get(URL + "/page", **HTML)
    assert session().get_bytes("/file") == b"PK\x03\x04"
    with pytest.raises(NotKobo):
        session().get_bytes("/page")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"error": "Two\\n  lines"}', "Two lines"),
        (b'{"detail": "Not found."}', "Not found."),
        (b'{"content": ["File already exists"]}', "content: File already exists"),
        (
            b'{"user": ["No URL match."], "permission": ["No URL match."]}',
            "user: No URL match.; permission: No URL match.",
        ),
        (b'["wrong"]', "wrong"),
        (b'{"error": {"code": 7}}', "code: 7"),
        (b"null", ""),
        (b"<html>page</html>", ""),
        (b"", ""),
        (b'{"cut": "of', ""),
    ],
)
def test_the_server_s_words_are_read_from_any_json(content: bytes, words: str) -> None:
    """What the server says is one line of its own words, and nothing of a page."""
    assert server_words(content) == words


@given(
    st.binary(max_size=400) | st.recursive(st.text() | st.none() | st.integers(), st.lists).map(repr).map(str.encode)
)
def test_the_server_s_words_are_short_whatever_comes(content: bytes) -> None:
    """Whatever bytes a server answers with, its words are one short line."""
    words = server_words(content)
    assert len(words) <= 300
    assert "\n" not in words


@pytest.mark.parametrize("answer", [{"message": "user is not logged in"}, [], None, "text"])
def test_a_server_that_does_not_know_its_users_is_not_kobotoolbox(server: responses.RequestsMock, answer: Any) -> None:
    """An answer without what every KoboToolbox tells is told as such."""
    server.get(URL + "/me/", json=answer)
    with pytest.raises(NotKobo):
        who_am_i(session())


def test_a_website_without_accounts_is_not_kobotoolbox(server: responses.RequestsMock) -> None:
    """A 404 where every KoboToolbox says who is logged in means another website."""
    server.get(URL + "/me/", status=404, **HTML)
    with pytest.raises(NotKobo, match="no KoboToolbox"):
        who_am_i(session())
