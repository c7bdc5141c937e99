"""Replays the recorded story of a real server and holds the stand-in's answers against the recorded ones.

Compared exactly, key by key and value by value, but for what no two servers share: identifiers are renamed one to one
(`Renames` refuses any inconsistency), times need the same pattern, hosts are exchanged. What is compared more loosely
stands in `LOOSE`, each with its reason. Of the headers, all that a client may rely on are compared; `Allow` is not,
because the stand-in offers no PUT and no OPTIONS.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import openpyxl
import pytest
import requests
from recorded import ASSET, RECORDINGS, USERS, exchanges, final_rows, grant, send, workbook

from kobo_sync.standin import Standin

EXCHANGES = exchanges()
STEPS = list(dict.fromkeys(item["step"] for item in EXCHANGES))
OTHER_ASSET = "amvEF2smWwBkPJG26LYH3m"
FIRST_ID = 1268
ACCOUNT_ASSETS = 46

LOOSE: dict[str, str] = {
    "source": "names the program that made the request",
    "timestamp": "seconds of the clock",
    "asset_id": "a number in the server's own database",
}
"""Keys whose values need only the same type, and why."""

OTHER_WORDS = "refused at deployment"
"""Exchanges whose note ends so carry pyxform's own words, of another version than the recorded server's."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d")
_FRACTION = re.compile(r"(?<=:\d\d)\.\d{6}")
_IDENTIFIER = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b)"
    r"|(?P<hash>\b(?:[0-9a-f]{40}|[0-9a-f]{32})\b)"
    r"|(?P<uid>\b(?:af|[avipu])[A-Za-z0-9]{21}\b)"
    r"|(?P<form>(?<=/forms/)\d+|(?<=/xformsManifest/)\d+|(?<=/xformsMedia/)\d+)"
    r"|(?P<media>(?<=/)\d+(?=\.csv))"
)


class Renames:
    """Which identifier of the stand-in stands for which recorded one: one to one, learnt as they appear."""

    def __init__(self) -> None:
        self.there: dict[tuple[str, str], str] = {}
        self.back: dict[tuple[str, str], str] = {}

    def learn(self, kind: str, recorded: str, actual: str) -> bool:
        """Take a pair in; False when it contradicts an earlier one."""
        known = self.there.setdefault((kind, recorded), actual) == actual
        return known and self.back.setdefault((kind, actual), recorded) == recorded

    def translate(self, text: str) -> str:
        """Write a recorded text with the stand-in's identifiers, as far as they are known."""

        def rename(match: re.Match[str]) -> str:
            return self.there.get((str(match.lastgroup), match[0]), match[0])

        return _IDENTIFIER.sub(rename, text)

    def same_text(self, recorded: str, actual: str) -> bool:
        """Tell whether two texts differ in identifiers and times only, and in those one to one."""
        recorded, actual = unquote(recorded), unquote(actual)
        if _skeleton(recorded) != _skeleton(actual):
            return False
        pairs = zip(_IDENTIFIER.finditer(recorded), _IDENTIFIER.finditer(actual), strict=True)
        agreed = [self.learn(str(one.lastgroup), one[0], other[0]) for one, other in pairs]
        return all(agreed)


def _skeleton(text: str) -> str:
    text = _FRACTION.sub(".000000", _TIME.sub(r"0000-00-00\g<1>00:00:00", text))
    return _IDENTIFIER.sub(lambda match: f"<{match.lastgroup}>", text)


@dataclass
class Story:
    """The replay: what differed, by exchange."""

    server: Standin
    tokens: dict[str, str]
    renames: Renames = field(default_factory=Renames)
    differences: dict[int, list[str]] = field(default_factory=dict)

    def hosts(self, text: str) -> str:
        """Put the stand-in's addresses in the place of the recorded ones."""
        return text.replace("https://kf.kobo.test", self.server.url).replace(
            "https://kc.kobo.test", self.server.collect_url
        )

    def replay(self, number: int) -> None:
        """Send one recorded request and compare the answer."""
        exchange = EXCHANGES[number]
        self.differences[number] = []
        answer = self._send(exchange)
        recorded = exchange["response"]
        if answer.status_code != recorded["status"]:
            self._note(number, "status", recorded["status"], f"{answer.status_code} {answer.text[:200]}")
            return
        self._compare_headers(number, recorded["headers"], answer)
        body = recorded["body"]
        if "json" in body:
            self._compare(number, "", body["json"], answer.json())
        else:
            self._compare_texts(number, body["text"], answer.text)

    def _send(self, exchange: dict[str, Any]) -> requests.Response:
        request = exchange["request"]
        headers = {"Accept": request["accept"], "User-Agent": "python-requests/2"}
        user = exchange["user"]
        if user != "anonymous":
            headers["Authorization"] = f"Token {self.tokens.get(user, 'no-such-token')}"
        body = request["body"] or {}
        files = {
            name: (part["filename"], self._content(part["text"]), part["content_type"])
            for name, part in (body.get("files") or {}).items()
        }
        return send(
            request["method"],
            self.hosts(self.renames.translate(request["url"])),
            headers=headers,
            data={key: self._text(value) for key, value in (body.get("form") or {}).items()} or None,
            files=files or None,
            json=json.loads(self._text(json.dumps(body["json"]))) if "json" in body else None,
        )

    def _text(self, text: str) -> str:
        return self.hosts(self.renames.translate(text))

    def _content(self, text: str) -> bytes:
        if match := re.fullmatch(r"<(\w+\.xlsx)>", text):
            return bad_workbook(match[1]) if match[1] in BAD_WORKBOOKS else workbook(match[1])
        return self._text(text).encode()

    def _compare_headers(self, number: int, recorded: dict[str, str], answer: requests.Response) -> None:
        for name, value in recorded.items():
            found = answer.headers.get(name)
            if name != "Allow" and (found is None or not self.renames.same_text(self.hosts(value), found)):
                self._note(number, f"header {name}", value, found)
        if answer.status_code == requests.codes.no_content and "Content-Type" in answer.headers:
            self._note(number, "header Content-Type", None, answer.headers["Content-Type"])

    def _compare_texts(self, number: int, recorded: str, actual: str) -> None:
        recorded = self.hosts(recorded)
        if "<h:html" in recorded:
            # Attributes may come in another order, which means nothing in XML.
            recorded, actual = (ET.canonicalize(text, strip_text=True) for text in (recorded, actual))
        if not self.renames.same_text(recorded, actual):
            self._note(number, "text", recorded, actual)

    def _compare(self, number: int, path: str, recorded: Any, actual: Any) -> None:
        if type(recorded) is not type(actual):
            self._note(number, path, recorded, actual)
        elif isinstance(recorded, dict):
            self._compare_objects(number, path, recorded, actual)
        elif isinstance(recorded, list):
            self._compare_lists(number, path, recorded, actual)
        elif not self._is_same(number, path, recorded, actual):
            self._note(number, path, recorded, actual)

    def _is_same(self, number: int, path: str, recorded: Any, actual: Any) -> bool:
        key = path.rpartition("/")[2]
        if key in LOOSE or (key == "error" and EXCHANGES[number]["note"].endswith(OTHER_WORDS)):
            return True
        if key == "$kuid" or "/kuid_names/" in path:
            return self.renames.learn("kuid", recorded, actual)
        if isinstance(recorded, str):
            return self.renames.same_text(self.hosts(recorded), actual)
        return bool(recorded == actual)

    def _compare_lists(self, number: int, path: str, recorded: list[Any], actual: list[Any]) -> None:
        if path.endswith("/effective_permissions"):
            # A set on the real server, written in any order.
            recorded, actual = (sorted(items, key=lambda item: item["codename"]) for items in (recorded, actual))
        if len(recorded) != len(actual):
            self._note(number, f"{path} (length)", len(recorded), len(actual))
        for place, (one, other) in enumerate(zip(recorded, actual, strict=False)):
            self._compare(number, f"{path}/{place}", one, other)

    def _compare_objects(self, number: int, path: str, recorded: dict[str, Any], actual: dict[str, Any]) -> None:
        # Rows without a name go by their $kuid, which `content` tells: it is compared before.
        for key in sorted(recorded, key=lambda key: key != "content"):
            other = self.renames.there.get(("kuid", key), key)
            if other not in actual:
                self._note(number, f"{path}/{key}", recorded[key], "missing")
            else:
                self._compare(number, f"{path}/{key}", recorded[key], actual[other])
        expected = {self.renames.there.get(("kuid", key), key) for key in recorded}
        for key in actual.keys() - expected:
            self._note(number, f"{path}/{key}", "missing", actual[key])

    def _note(self, number: int, where: str, recorded: object, actual: object) -> None:
        self.differences[number].append(f"{where}: recorded {str(recorded)[:1500]!r}, got {str(actual)[:1500]!r}")


BAD_WORKBOOKS: dict[str, list[list[str]]] = {
    "broken.xlsx": [],
    "dup.xlsx": [["type", "name", "label"], ["text", "a", "A"], ["text", "a", "A"]],
    "type.xlsx": [["type", "name", "label"], ["frobnicate", "a", "A"]],
    "list.xlsx": [["type", "name", "label"], ["select_one nowhere", "a", "A"]],
    "ref.xlsx": [["type", "name", "label", "relevant"], ["text", "a", "A", "${nope} = 1"]],
}
"""The refused forms of the recording, made anew: it holds their names only."""


def bad_workbook(name: str) -> bytes:
    """Make one of the refused forms; ``broken.xlsx`` is no workbook at all."""
    if not BAD_WORKBOOKS[name]:
        return b"this is not a workbook"
    return simple_workbook(BAD_WORKBOOKS[name])


def simple_workbook(survey: list[list[str]]) -> bytes:
    """Make an .xlsx with this survey sheet and no other."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "survey"
    for row in survey:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def story() -> Any:
    """Replay the whole story in order, on a stand-in that begins as the recorded account did."""
    with Standin(collect_port=0, first_id=FIRST_ID) as server:
        tokens = {username: server.add_user(username) for username in USERS}
        _earlier_forms(server, tokens)
        told = Story(server, tokens)
        for number in range(len(EXCHANGES)):
            told.replay(number)
        yield told


def _earlier_forms(server: Standin, tokens: dict[str, str]) -> None:
    """Add the other 45 forms that the recorded account held; the newest is on the collector's list too."""
    small = simple_workbook([["type", "name", "label"], ["text", "a", "A"]])
    for number in range(ACCOUNT_ASSETS - 2):
        server.add_asset_rows(
            owner="owner1", uid=f"aOther{number:016}", workbooks=[small], version_uids=["v1"], rows=[]
        )
    server.add_asset_rows(
        owner="owner1",
        uid=OTHER_ASSET,
        workbooks=[workbook("v1.xlsx"), workbook("v2.xlsx")],
        version_uids=["vOther1111111111111111", "vUfDp5CLeovK9Y3K7UsLdF"],
        rows=[row | {"_id": number} for number, row in enumerate(final_rows(), 1)],
        media={"services.csv": (RECORDINGS / "services.csv").read_bytes()},
    )
    headers = {"Authorization": f"Token {tokens['owner1']}"}
    for username, permission in USERS.items():
        if permission:
            grant(server, headers, username, permission, OTHER_ASSET)


@pytest.mark.parametrize("step", STEPS)
def test_answers_as_recorded(story: Story, step: str) -> None:
    """Every answer of the stand-in equals the recorded one, in status, headers, keys and values.

    Identifiers, times and hosts differ, the former one to one; see the top of this file.
    """
    found = {
        f"{number} {EXCHANGES[number]['request']['method']} {EXCHANGES[number]['request']['url']}": differences
        for number, differences in story.differences.items()
        if EXCHANGES[number]["step"] == step and differences
    }
    assert found == {}


def test_every_exchange_was_replayed(story: Story) -> None:
    """All 186 recorded requests were sent, and the server handled no other but those that prepare the account."""
    preparing = sum(permission is not None for permission in USERS.values())
    assert len(EXCHANGES) == 186
    assert len(story.server.requests) == len(EXCHANGES) + preparing


def test_the_replay_ends_with_the_recorded_submissions(story: Story) -> None:
    """After the story the stand-in holds the 80 recorded submissions, each with its recorded answers and number."""
    url = f"{story.server.url}/api/v2/assets/{story.renames.there['uid', ASSET]}/data/?limit=1000"
    rows = send("GET", url, headers={"Authorization": f"Token {story.tokens['owner1']}"}).json()["results"]
    own = {key for row in final_rows() for key in row if key in ("_id", "_submitted_by") or not key.startswith("_")}
    changing = {"meta/instanceID", "meta/deprecatedID", "formhub/uuid"}
    wanted = [{key: row[key] for key in row.keys() & (own - changing)} for row in final_rows()]
    assert [{key: row[key] for key in row.keys() & (own - changing)} for row in rows] == wanted


def test_a_contradiction_between_identifiers_is_noticed() -> None:
    """The comparison refuses one recorded identifier for two, and two recorded ones for one."""
    renames = Renames()
    assert renames.same_text("/assets/aAAAAAAAAAAAAAAAAAAAAA/", "/assets/aBBBBBBBBBBBBBBBBBBBBB/")
    assert not renames.same_text("/assets/aAAAAAAAAAAAAAAAAAAAAA/", "/assets/aCCCCCCCCCCCCCCCCCCCCC/")
    assert not renames.same_text("/assets/aDDDDDDDDDDDDDDDDDDDDD/", "/assets/aBBBBBBBBBBBBBBBBBBBBB/")
    assert not renames.same_text("2026-11-22T11:14:51.092933Z", "2026-11-22T11:14:51Z")
