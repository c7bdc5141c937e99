"""A phone against the stand-in: from a workbook on the server to answers in its data."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from openpyxl import Workbook

from kobo_sync.engine import Answer, Filler, Phone, edited
from kobo_sync.kobo.errors import BadToken, NotFound, Refused
from kobo_sync.standin import Standin

SERVICES = b"name,label,locale\nS01,Lantern House,north\nS02,Blue Door,south\n"
SHEETS: dict[str, list[list[str]]] = {
    "survey": [
        ["type", "name", "label", "required", "relevant", "calculation"],
        ["select_one agree", "consent", "Do you agree?", "yes", "", ""],
        ["begin_group", "talk", "Talk", "", "${consent} = 'yes'", ""],
        ["select_one_from_file services.csv", "service", "Which service?", "yes", "", ""],
        ["select_multiple things", "things", "Which do you get?", "", "", ""],
        ["end_group", "", "", "", "", ""],
        ["begin_repeat", "child", "A child", "", "${consent} = 'yes'", ""],
        ["integer", "age", "How old?", "", "", ""],
        ["end_repeat", "", "", "", "", ""],
    ],
    "choices": [
        ["list_name", "name", "label"],
        ["agree", "yes", "Yes"],
        ["agree", "no", "No"],
        ["things", "needles", "Needles"],
        ["things", "condoms", "Condoms"],
    ],
    "settings": [["form_title"], ["Talk"]],
}


def workbook() -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Owner:
    """Somebody who deploys a form with plain requests, as the project's own client is not under test here."""

    def __init__(self, server: Standin, name: str) -> None:
        self.token = server.add_user(name)
        self._url = f"{server.url}/api/v2"
        self._headers = {"Authorization": f"Token {self.token}"}

    def call(self, method: str, path: str, **more: Any) -> Any:
        response = requests.request(method, f"{self._url}{path}", headers=self._headers, timeout=60, **more)
        response.raise_for_status()
        return response.json() if response.content else None

    def deploy(self) -> str:
        task = self.call("POST", "/imports/", files={"file": ("talk.xlsx", workbook())}, data={"library": "false"})
        while (state := self.call("GET", f"/imports/{task['uid']}/"))["status"] in {"processing", "created"}:
            time.sleep(0.05)
        uid: str = state["messages"]["created"][0]["uid"]
        media = {"file_type": "form_media", "description": "services", "metadata": '{"filename": "services.csv"}'}
        self.call(
            "POST", f"/assets/{uid}/files/", data=media, files={"content": ("services.csv", SERVICES, "text/csv")}
        )
        self.call("POST", f"/assets/{uid}/deployment/", json={"active": True})
        return uid

    def rows(self, uid: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f'/assets/{uid}/data/?sort={{"_id":1}}')["results"]
        return found


@pytest.fixture(scope="module")
def server() -> Iterator[Standin]:
    with Standin(port=0) as running:
        yield running


@pytest.fixture(scope="module")
def owner(server: Standin) -> Owner:
    return Owner(server, "owner1")


@pytest.fixture(scope="module")
def uid(owner: Owner) -> str:
    return owner.deploy()


@pytest.fixture(scope="module")
def phone(server: Standin, owner: Owner) -> Phone:
    return Phone(server.collect_url, token=owner.token)


@pytest.fixture(scope="module")
def filler(phone: Phone, uid: str) -> Filler:
    return phone.filler(uid)


TALK: dict[str, Answer] = {
    "consent": "yes",
    "service": "S02",
    "things": ["needles", "condoms"],
    "child": [{"age": 3}, {"age": 7}],
}


def test_a_deployed_form_is_on_the_list(phone: Phone, uid: str) -> None:
    """What was deployed is on the phone's list, with its title and a version."""
    form = next(form for form in phone.form_list() if form.form_id == uid)
    assert form.name == "Talk"
    assert form.version
    assert phone.download(uid)[1] == {"services.csv": SERVICES}


def test_answers_arrive(phone: Phone, filler: Filler, owner: Owner, uid: str) -> None:
    """An interview that was filled in and sent is in the server's data, with groups and rounds as paths."""
    assert phone.send(filler.fill(TALK).xml).status == 201
    row = owner.rows(uid)[-1]
    assert row["consent"] == "yes"
    assert row["talk/service"] == "S02"
    assert row["talk/things"] == "needles condoms"
    assert row["child"] == [{"child/age": "3"}, {"child/age": "7"}]


def test_a_refusal_arrives_with_nothing_in_it(phone: Phone, filler: Filler, owner: Owner, uid: str) -> None:
    """A refusal is stored without any of the answers that stand behind consent."""
    phone.send(filler.fill(TALK | {"consent": "no"}).xml)
    row = owner.rows(uid)[-1]
    assert row["consent"] == "no"
    assert not [key for key in row if key.startswith(("talk", "child"))]


def test_sending_twice_stores_once(phone: Phone, filler: Filler, owner: Owner, uid: str) -> None:
    """The same submission sent again is acknowledged as a duplicate, and stored once."""
    xml = filler.fill(TALK).xml
    assert phone.send(xml).status == 201
    before = len(owner.rows(uid))
    assert phone.send(xml).status == 202
    assert len(owner.rows(uid)) == before


def test_an_edit_replaces_what_was_sent(phone: Phone, filler: Filler, owner: Owner, uid: str) -> None:
    """An edit changes the stored answers, keeps the row and its root; the old version can no longer be edited."""
    xml = filler.fill(TALK).xml
    phone.send(xml)
    before = owner.rows(uid)[-1]
    assert phone.send(edited(xml, {"talk/service": "S01", "child[2]/age": "8"})).status == 201
    after = owner.rows(uid)[-1]
    assert after["_id"] == before["_id"]
    assert after["_uuid"] != before["_uuid"]
    assert after["meta/rootUuid"] == before["meta/rootUuid"]
    assert after["talk/service"] == "S01"
    assert after["child"][1] == {"child/age": "8"}
    with pytest.raises(Refused) as caught:
        phone.send(edited(xml, {"talk/service": "S02"}))
    assert caught.value.status == 410


def test_refusals_of_the_server_are_told(server: Standin, phone: Phone, filler: Filler, uid: str) -> None:
    """A wrong token, a form of somebody else and a submission that is none are refused in their own ways."""
    xml = filler.fill(TALK).xml
    with pytest.raises(BadToken):
        Phone(server.collect_url, token="wrong").form_list()
    with pytest.raises(NotFound):
        Phone(server.collect_url, token=server.add_user("stranger")).download(uid)
    with pytest.raises(Refused) as caught:
        phone.send("hello")
    assert caught.value.status == 400
    phone.send(xml)
    with pytest.raises(Refused) as caught:
        phone.send(xml.replace("S02", "S01"))
    assert caught.value.status == 409
