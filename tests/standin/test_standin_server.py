"""The stand-in itself: what it is started with, what tests can put in its way, and what it can be asked afterwards."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import requests
from recorded import ASSET, FORM_UUID, RECORDINGS, VERSIONS, Recorded, final_rows, recorded_server, send, workbook
from werkzeug.wrappers import Request, Response

from kobo_sync.standin import Standin
from kobo_sync.standin.content import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    """Start the recorded server; the tests that share it change nothing that another one reads."""
    with recorded_server() as found:
        yield found


def data(recorded: Recorded, **arguments: str) -> requests.Response:
    """Ask for submissions of the recorded form as its owner."""
    url = f"{recorded.server.url}/api/v2/assets/{ASSET}/data/"
    return send("GET", url, params=arguments, headers=recorded.headers())


def test_holds_the_end_of_the_recording(recorded: Recorded) -> None:
    """The recorded server's submissions come back exactly as recorded, every key of each."""
    assert data(recorded, sort='{"_id":1}', limit="1000").json()["results"] == final_rows()


def test_form_of_the_recording_is_the_recorded_one(recorded: Recorded) -> None:
    """The XForm equals the recorded one, but for the times in its version."""
    found = send("GET", f"{recorded.server.url}/forms/1/form.xml", headers=recorded.headers()).text
    wanted = (RECORDINGS / "deployed_v2.xml").read_text(encoding="utf-8")
    one, other = (
        re.sub(r'version="2 \([^)]*\)"', "", ET.canonicalize(text, strip_text=True)) for text in (found, wanted)
    )
    assert one == other


def test_xml_of_a_taken_over_submission(recorded: Recorded) -> None:
    """A submission that is known as JSON only can be had as XML, and edited like any other."""
    url = f"{recorded.server.url}/api/v2/assets/{ASSET}/data/1279/?format=xml"
    root = ET.fromstring(send("GET", url, headers=recorded.headers()).text)
    assert root.findtext("interview/visits") == "not a number"
    assert root.findtext("made_up") == "x"
    assert [child.tag for child in root].count("interview") == 1
    assert root.find("_id") is None


def test_edit_of_a_taken_over_submission() -> None:
    """A bulk edit of a submission taken over as JSON changes what it says, and nothing else."""
    with recorded_server() as recorded:
        url = f"{recorded.server.url}/api/v2/assets/{ASSET}/data/"
        payload = {"submission_ids": [1280], "data": {"interview/visits": "99"}}
        body = send("PATCH", f"{url}bulk/", json={"payload": payload}, headers=recorded.headers()).json()
        after = send("GET", f"{url}1280/", headers=recorded.headers()).json()
        before = next(row for row in final_rows() if row["_id"] == 1280)
        new = body["results"][0]["uuid"]
        changed = {"interview/visits": "99", "_uuid": new, "meta/instanceID": f"uuid:{new}"}
        assert after == before | changed | {"meta/deprecatedID": before["meta/instanceID"]}


def test_pages_hold_a_hundred_and_a_thousand_at_most() -> None:
    """Pages hold 100 rows by default; a limit above 1,000 is taken for 1,000, without a word."""
    with Standin() as server:
        headers = {"Authorization": f"Token {server.add_user('owner1')}"}
        template = final_rows()[0]
        rows = [
            template | {"_id": number, "_uuid": f"u{number}", "meta/rootUuid": f"uuid:u{number}"}
            for number in range(1, 1102)
        ]
        server.add_asset_rows(
            owner="owner1", uid=ASSET, workbooks=[workbook("v1.xlsx")], version_uids=["v1"], rows=rows
        )
        url = f"{server.url}/api/v2/assets/{ASSET}/data/"
        default = send("GET", url, headers=headers).json()
        clamped = send("GET", f"{url}?limit=30000&fields=[]", headers=headers).json()
        assert (default["count"], len(default["results"])) == (1101, 100)
        assert len(clamped["results"]) == 1000
        assert clamped["next"] == f"{url}?fields=%5B%5D&limit=1000&start=1000"
        assert len(send("GET", clamped["next"], headers=headers).json()["results"]) == 101


def test_fault_hook_answers_first() -> None:
    """What `before` answers is sent in place of the server's own answer; None lets the request through."""
    with recorded_server() as recorded:
        server, asked = recorded.server, []

        def storm(request: Request) -> Response | None:
            asked.append(request.path)
            return Response("<h1>Bad Gateway</h1>", 502, mimetype="text/html") if len(asked) < 3 else None

        server.before = storm
        answers = [data(recorded) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [502, 502, 200]
        assert answers[0].headers["Content-Type"].startswith("text/html")
        assert asked == [f"/api/v2/assets/{ASSET}/data/"] * 3


def test_stalled_request_stops_no_other() -> None:
    """While one request hangs, others are answered."""
    with recorded_server() as recorded:
        server, released, stalled = recorded.server, threading.Event(), threading.Event()

        def stall(request: Request) -> None:
            if "stall" in request.args:
                stalled.set()
                released.wait()

        server.before = stall
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(data, recorded, stall="yes")
            stalled.wait()
            assert data(recorded).status_code == 200
            assert not hanging.done()
            released.set()
            assert hanging.result().status_code == 200


def test_requests_are_recorded(recorded: Recorded) -> None:
    """Every handled request is remembered with method, path, query and status."""
    before = len(recorded.server.requests)
    data(recorded, limit="1")
    data(recorded, limit="0")
    send("GET", f"{recorded.server.url}/nowhere")
    told = [(record.method, record.path, record.query, record.status) for record in recorded.server.requests[before:]]
    path = f"/api/v2/assets/{ASSET}/data/"
    assert told == [
        ("GET", path, "limit=1", 200),
        ("GET", path, "limit=0", 400),
        ("GET", "/nowhere", "", 404),
    ]


def test_url_of_5_kilobytes_is_414(recorded: Recorded) -> None:
    """A URL of 5.5 kB is refused in HTML, one of 1.3 kB is not."""
    assert data(recorded, query="x" * 5500).status_code == 414
    assert data(recorded, query='{"_id":{"$in":[' + ",".join(["1234"] * 200) + "]}}").status_code == 200


def test_clock_gives_the_servers_time() -> None:
    """The server's times come from its clock, and are written in UTC whatever zone the clock has."""
    moment = datetime(2030, 2, 28, 1, 30, 5, 123456, tzinfo=timezone(timedelta(hours=7)))
    with Standin(clock=lambda: moment) as server:
        headers = {"Authorization": f"Token {server.add_user('owner1')}"}
        assert send("GET", f"{server.url}/me/", headers=headers).json()["server_time"] == "2030-02-27T18:30:05Z"
        server.clock = lambda: moment + timedelta(days=1)
        assert send("GET", f"{server.url}/me/", headers=headers).json()["server_time"] == "2030-02-28T18:30:05Z"


def test_submission_time_is_the_clocks(recorded: Recorded) -> None:
    """A submission carries the clock's time in UTC, whole seconds, and its status the clock's second."""
    with recorded_server() as own:
        now = datetime(2031, 5, 1, 12, 0, 0, 900000, tzinfo=UTC)
        own.server.clock = lambda: now
        xml = f'<{ASSET} id="{ASSET}"><meta><instanceID>uuid:new</instanceID></meta></{ASSET}>'
        url = f"{own.server.url}/submission"
        send("POST", url, headers=own.headers(), files={"xml_submission_file": ("s", xml)})
        row = data(own, query='{"_uuid":"new"}').json()["results"][0]
        status = send(
            "PATCH",
            f"{own.server.url}/api/v2/assets/{ASSET}/data/{row['_id']}/validation_status/",
            headers=own.headers(),
            json={"validation_status.uid": "validation_status_approved"},
        ).json()
        assert row["_submission_time"] == "2031-05-01T12:00:00"
        assert status["timestamp"] == int(now.timestamp())
        assert row["_id"] > max(known["_id"] for known in final_rows())


def test_phones_may_have_an_address_of_their_own() -> None:
    """With `collect_port` phones get another address, and the links of the form list name the one that was asked."""
    with Standin(collect_port=0) as server:
        headers = {"Authorization": f"Token {server.add_user('owner1')}"}
        server.add_asset_rows(owner="owner1", uid=ASSET, workbooks=[workbook("v1.xlsx")], version_uids=["v1"], rows=[])
        assert server.collect_url != server.url
        for host in (server.collect_url, server.url):
            text = send("GET", f"{host}/formList", headers=headers).text
            assert f"<downloadUrl>{host}/forms/1/form.xml</downloadUrl>" in text


def test_format_is_copied_into_links(recorded: Recorded) -> None:
    """`?format=json` goes into every URL that the server writes, which is why no client should send it."""
    url = f"{recorded.server.url}/api/v2/assets/{ASSET}/"
    body = send("GET", f"{url}?format=json", headers=recorded.headers()).json()
    assert body["url"] == f"{url}?format=json"


def test_entities_are_refused(recorded: Recorded) -> None:
    """A submission that defines entities is refused before anything of it is read."""
    xml = (
        f'<!DOCTYPE x [<!ENTITY a "b">]><{ASSET} id="{ASSET}"><meta><instanceID>uuid:&a;</instanceID></meta></{ASSET}>'
    )
    url = f"{recorded.server.url}/submission"
    answer = send("POST", url, headers=recorded.headers(), files={"xml_submission_file": ("s", xml)})
    assert answer.status_code == 400


def test_threads_lose_nothing() -> None:
    """Submissions sent at the same time are all stored once, each under a number of its own."""
    with recorded_server() as recorded:
        url = f"{recorded.server.url}/submission"

        def post(number: int) -> int:
            # Every submission is sent twice, so that duplicates compete as well.
            xml = (
                f'<{ASSET} id="{ASSET}"><formhub><uuid>{FORM_UUID}</uuid></formhub>'
                f"<meta><instanceID>uuid:parallel-{number // 2}</instanceID></meta></{ASSET}>"
            )
            files = {"xml_submission_file": ("s", xml)}
            return send("POST", url, headers=recorded.headers(), files=files).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(post, range(80)))
        rows = data(recorded, query='{"_uuid":{"$regex":"^parallel"}}', limit="1000").json()["results"]
        assert sorted(statuses) == [201] * 40 + [202] * 40
        assert len({row["_id"] for row in rows}) == len(rows) == 40


def test_stopping_keeps_what_is_there() -> None:
    """A stopped stand-in is reached no more; started again it holds what it held."""
    with recorded_server() as recorded:
        server = recorded.server
        assert data(recorded).json()["count"] == 80
        with pytest.raises(RuntimeError, match="running already"):
            server.start()
        address = server.url
        server.stop()
        with pytest.raises(requests.ConnectionError):
            send("GET", address)
        with pytest.raises(RuntimeError, match="start"):
            _ = server.url
        server.start()
        assert data(recorded).json()["count"] == 80


def test_form_is_taken_over_once() -> None:
    """A form cannot be taken over twice, and a bad workbook leaves nothing behind."""
    server = Standin()
    server.add_user("owner1")
    seed: dict[str, Any] = {"owner": "owner1", "uid": ASSET, "version_uids": ["v1"], "rows": []}
    with pytest.raises(ImportRefusedError):
        server.add_asset_rows(**seed, workbooks=[b"no workbook"])
    server.add_asset_rows(**seed, workbooks=[workbook("v1.xlsx")])
    with pytest.raises(ValueError, match=ASSET):
        server.add_asset_rows(**seed, workbooks=[workbook("v1.xlsx")])


def test_versions_taken_over_keep_their_ids(recorded: Recorded) -> None:
    """The versions of a form taken over keep the ids that its submissions name."""
    url = f"{recorded.server.url}/api/v2/assets/{ASSET}/versions/"
    listed = send("GET", url, headers=recorded.headers()).json()["results"]
    assert [version["uid"] for version in reversed(listed)] == list(VERSIONS)
    assert [version["version_number"] for version in reversed(listed)] == ["1", "2"]
    assert all(row["__version__"] in VERSIONS for row in final_rows())


def test_an_import_over_nothing_fails(recorded: Recorded) -> None:
    """Replacing a form that does not exist fails in the poll."""
    server = recorded.server
    answer = send(
        "POST",
        f"{server.url}/api/v2/imports/",
        headers=recorded.headers(),
        data={"library": "false", "destination": f"{server.url}/api/v2/assets/aNowhere000000000000000/"},
        files={"file": ("form.xlsx", workbook("v1.xlsx"))},
    ).json()
    states = [send("GET", answer["url"], headers=recorded.headers()).json() for _ in range(2)]
    assert (states[1]["status"], states[1]["messages"]["error_type"]) == ("error", "Http404")


def test_a_fault_of_its_own_is_500(recorded: Recorded, caplog: pytest.LogCaptureFixture) -> None:
    """A fault inside the stand-in is answered by 500 and logged, and the next request is served."""

    def broken() -> datetime:
        raise ArithmeticError("no time")

    with Standin() as server:
        headers = {"Authorization": f"Token {server.add_user('owner1')}"}
        server.clock = broken
        answer = send("GET", f"{server.url}/me/", headers=headers)
        server.clock = lambda: datetime.now(UTC)
        assert (answer.status_code, answer.json()) == (500, {"error": "Server Error (500)"})
        assert send("GET", f"{server.url}/me/", headers=headers).status_code == 200
    assert "ArithmeticError: no time" in caplog.text
