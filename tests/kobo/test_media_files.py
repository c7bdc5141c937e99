"""Files that travel with a form: sent once, replaced whole, all pages of the list read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses
from kobo_samples import URL, session, workbook
from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.assets import import_form, md5, media, put_media
from kobo_sync.kobo.errors import NotKobo, ServerBusy, StaleVersion, Unreachable
from kobo_sync.kobo.session import KoboSession
from kobo_sync.standin import Standin

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


def _writes(server: Standin) -> list[str]:
    return [f"{record.method} {record.path}" for record in server.requests if record.method != "GET"]


def test_a_file_is_sent_once(here: KoboSession, server: Standin) -> None:
    """A file whose checksum the server has is not sent again."""
    uid = import_form(here, "form.xlsx", GOOD)
    assert put_media(here, uid, "services.csv", b"name,label\nS1,One\n") is True
    [sent] = media(here, uid)
    assert (sent.filename, sent.md5) == ("services.csv", md5(b"name,label\nS1,One\n"))
    assert sent.sent is not None
    assert sent.sent <= datetime.now(UTC)
    before = len(_writes(server))
    assert put_media(here, uid, "services.csv", b"name,label\nS1,One\n") is False
    assert len(_writes(server)) == before


def test_a_changed_file_takes_the_old_one_s_place(here: KoboSession, server: Standin) -> None:
    """A changed file is deleted and sent anew, since the server knows no other way; others stay."""
    uid = import_form(here, "form.xlsx", GOOD)
    put_media(here, uid, "services.csv", b"old")
    put_media(here, uid, "other.csv", b"other")
    before = len(_writes(server))
    assert put_media(here, uid, "services.csv", b"new") is True
    assert [line.split()[0] for line in _writes(server)[before:]] == ["DELETE", "POST"]
    assert {entry.filename: entry.md5 for entry in media(here, uid)} == {
        "services.csv": md5(b"new"),
        "other.csv": md5(b"other"),
    }


def test_a_file_broken_off_between_delete_and_post_is_sent_the_next_time(here: KoboSession, server: Standin) -> None:
    """A run that ends after the deletion leaves a form that the next run completes."""
    uid = import_form(here, "form.xlsx", GOOD)
    put_media(here, uid, "services.csv", b"old")

    def cut(request: Request) -> Response | None:
        return Response("", 502) if request.method == "POST" and request.path.endswith("/files/") else None

    server.before = cut
    with pytest.raises(ServerBusy):
        put_media(here, uid, "services.csv", b"new")
    server.before = None
    assert media(here, uid) == ()
    assert put_media(here, uid, "services.csv", b"new") is True
    assert [entry.md5 for entry in media(here, uid)] == [md5(b"new")]


@pytest.mark.parametrize(("theirs", "fine"), [(b"new", True), (b"something else", False)])
def test_somebody_who_sends_the_same_file_name_at_once(
    here: KoboSession,
    server: Standin,
    theirs: bytes,
    fine: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    """Two who deploy at once: the same content is fine, another one is left alone and said."""
    uid = import_form(here, "form.xlsx", GOOD)
    other = session(server.url, next(token for token, user in server.world.tokens.items() if user.username == "owner1"))

    def first(request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/files/"):
            server.before = None
            put_media(other, uid, "services.csv", theirs)

    server.before = first
    if fine:
        assert put_media(here, uid, "services.csv", b"new") is True
    else:
        with pytest.raises(StaleVersion, match="Agree who deploys"):
            put_media(here, uid, "services.csv", b"new")
    assert [entry.md5 for entry in media(here, uid)] == [md5(theirs)]


def test_all_pages_of_the_file_list_are_read(here: KoboSession) -> None:
    """A form with more files than fit a page of the list keeps them all, and none is sent twice."""
    uid = import_form(here, "form.xlsx", GOOD)
    names = [f"file{number:03}.csv" for number in range(105)]
    for name in names:
        put_media(here, uid, name, name.encode())
    assert sorted(entry.filename for entry in media(here, uid)) == names
    assert put_media(here, uid, names[-1], names[-1].encode()) is False


def test_other_kinds_of_files_are_not_media(mock: responses.RequestsMock) -> None:
    """Map layers and the like are none of the files that travel to phones."""
    rows = [{"uid": "af1", "file_type": "map_layer", "metadata": {"filename": "services.csv"}}]
    mock.get(f"{FORM}files/", json={"count": 1, "next": None, "results": rows})
    assert media(session(), "aForm") == ()


def test_a_list_that_turns_in_circles_ends(mock: responses.RequestsMock) -> None:
    """A server that gives the same page for ever does not keep the program for ever."""
    rows = [{"uid": "af1", "file_type": "form_media", "metadata": None}]
    mock.get(f"{FORM}files/", json={"count": 9, "next": f"{FORM}files/?start=1", "results": rows})
    with pytest.raises(NotKobo, match="again and again"):
        media(session(), "aForm")


def test_an_upload_whose_answer_breaks_off_is_not_repeated(mock: responses.RequestsMock) -> None:
    """An upload that broke off is told as perhaps arrived."""
    mock.get(f"{FORM}files/", json={"count": 0, "next": None, "results": []})
    mock.post(f"{FORM}files/", status=201, body=b'{"uid": "a', content_type="application/json")
    with pytest.raises(Unreachable, match="may or may not"):
        put_media(session(), "aForm", "services.csv", b"x")
    assert [call.request.method for call in mock.calls] == ["GET", "POST"]
