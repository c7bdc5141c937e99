"""What the contract tests work with: a server (the stand-in or a real one), small forms, and submissions for them.

Plain `requests`, so that the tests say what the server does and not what the program makes of it. Every form made here
is deleted again.
"""

from __future__ import annotations

import io
import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import openpyxl
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Sheet = list[list[Any]]
POLL_EVERY = 0.5
POLLS = 120

SURVEY: Sheet = [
    ["type", "name", "label"],
    ["calculate", "tool", ""],
    ["text", "comment", "Comment"],
    ["begin_group", "visit", "Visit"],
    ["integer", "count", "How often?"],
    ["select_one yes_no", "ok", "All right?"],
    ["end_group", "", ""],
    ["begin_repeat", "person", "Person"],
    ["text", "role", "Role"],
    ["end_repeat", "", ""],
]
SURVEY = [[*row, "calculation" if row[0] == "type" else "'1'" if row[0] == "calculate" else ""] for row in SURVEY]
CHOICES: Sheet = [["list_name", "name", "label"], ["yes_no", "yes", "Yes"], ["yes_no", "no", "No"]]


def workbook(
    survey: Sheet, choices: Sheet | None = None, settings: Mapping[str, str] | None = None, **more: Sheet
) -> bytes:
    """Make an .xlsx; `settings` is the one row of that sheet, and every other keyword is a sheet of that name."""
    sheets = {"survey": survey, "choices": choices, **more}
    sheets["settings"] = [list(settings), list(settings.values())] if settings else None
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        if rows:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append([None if cell == "" else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def unique(text: str = "Contract test") -> str:
    """Make a title that no other form has."""
    return f"{text} {uuid.uuid4().hex[:12]}"


@dataclass
class Form:
    """A form on the server."""

    target: Target
    uid: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.target.url}/api/v2/assets/{self.uid}/"

    def get(self, rest: str = "", **arguments: Any) -> requests.Response:
        """Ask for it, or for something below it; arguments that are no text are sent as JSON."""
        return self.target.get(self.url + rest, **arguments)

    def send(self, method: str, rest: str, body: object = None) -> requests.Response:
        """Send JSON to an address below it."""
        return self.target.session.request(method, self.url + rest, json=body)

    def detail(self) -> dict[str, Any]:
        """Read the form as it is now."""
        found: dict[str, Any] = self.get().json()
        return found

    def deploy(self) -> requests.Response:
        """Deploy it for the first time."""
        return self.send("POST", "deployment/", {"active": True})

    def rows(self, **arguments: Any) -> list[dict[str, Any]]:
        """Read submissions."""
        answer = self.get("data/", **arguments)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def ids(self, query: object, **arguments: Any) -> list[int]:
        """Tell the numbers of the submissions that a query finds."""
        found = self.get("data/", query=query, sort={"_id": 1}, limit=1000, **arguments).json()
        assert found["count"] == len(found["results"])
        return [row["_id"] for row in found["results"]]

    def submit(self, answers: Mapping[str, Any], **how: Any) -> requests.Response:
        """Send a submission as a phone does."""
        return self.target.submit(self.xml(answers, **how))

    def add(self, answers: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        """Send a submission and read it back."""
        answer = self.submit(answers, **how)
        assert answer.status_code == 201, answer.text
        return self.rows(query={"_uuid": answer.json()["instanceID"].removeprefix("uuid:")})[0]

    def xml(
        self,
        answers: Mapping[str, Any],
        *,
        instance: str | None = None,
        edits: str | None = None,
        root: str | None = None,
    ) -> str:
        """Write a submission of the deployed version; `edits` is the instance id that it replaces."""
        now = self.detail()
        meta = {"instanceID": f"uuid:{instance or uuid.uuid4()}"}
        meta |= {"deprecatedID": f"uuid:{edits}"} if edits else {}
        meta |= {"rootUuid": f"uuid:{root}"} if root else {}
        tree = {
            "formhub": {"uuid": now["deployment__uuid"]},
            **answers,
            "__version__": now["deployed_version_id"],
            "meta": meta,
        }
        return f'<{self.uid} id="{self.uid}" version="1">{_elements(tree)}</{self.uid}>'

    def xform(self) -> ET.Element:
        """Fetch the form as a phone gets it."""
        return ET.fromstring(self.phone_entry("downloadUrl").text)

    def phone_entry(self, link: str) -> requests.Response:
        """Follow one of the links that the form list gives for this form."""
        listed = ET.fromstring(self.target.get(f"{self.target.collect_url}/formList", accept="text/xml").text)
        names = {"f": "http://openrosa.org/xforms/xformsList"}
        entry = next(item for item in listed if item.findtext("f:formID", None, names) == self.uid)
        return self.target.get(entry.findtext(f"f:{link}", "", names), accept="text/xml")


def _elements(tree: Mapping[str, Any]) -> str:
    parts = []
    for name, value in tree.items():
        for item in value if isinstance(value, list) else [value]:
            inside = _elements(item) if isinstance(item, dict) else escape(str(item))
            parts.append(f"<{name}>{inside}</{name}>")
    return "".join(parts)


@dataclass
class Target:
    """The server under test, an account on it, and a session that sends the account's token."""

    url: str
    collect_url: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.headers.update({"Authorization": f"Token {self.token}", "Accept": "application/json"})

    def get(self, url: str, *, accept: str = "application/json", **arguments: Any) -> requests.Response:
        """Ask the server; arguments that are no text are sent as JSON. Redirects are not followed."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
        return self.session.get(url, params=texts, headers={"Accept": accept}, allow_redirects=False)

    def submit(
        self, xml: str, *, accept: str = "application/json", files: Mapping[str, bytes] | None = None
    ) -> requests.Response:
        """Send a submission, with files beside it, by name."""
        parts: dict[str, Any] = {"xml_submission_file": ("submission.xml", xml.encode(), "text/xml")}
        parts |= {name: (name, content) for name, content in (files or {}).items()}
        return self.session.post(f"{self.collect_url}/submission", files=parts, headers={"Accept": accept})

    def start_import(self, data: bytes, **form: str) -> dict[str, Any]:
        """Upload a workbook; the answer is what the server says at once."""
        answer = self.session.post(
            f"{self.url}/api/v2/imports/", data={"library": "false"} | form, files={"file": ("form.xlsx", data)}
        )
        assert answer.status_code == 201, answer.text
        started: dict[str, Any] = answer.json()
        return started

    def finish_import(self, started: Mapping[str, Any]) -> dict[str, Any]:
        """Poll an import until it is done, or failed."""
        for _ in range(POLLS):
            state: dict[str, Any] = self.get(started["url"]).json()
            if state["status"] in ("complete", "error"):
                return state
            time.sleep(POLL_EVERY if "127.0.0.1" not in self.url else 0)
        raise AssertionError(f"The import is still {state['status']} after {POLLS} looks.")

    def run_import(self, data: bytes, **form: str) -> dict[str, Any]:
        """Import a workbook and return the last state."""
        return self.finish_import(self.start_import(data, **form))

    @contextmanager
    def form(self, data: bytes, *, deployed: bool = False) -> Iterator[Form]:
        """Import a form, and delete it in the end."""
        state = self.run_import(data)
        assert state["status"] == "complete", state
        form = Form(self, state["messages"]["created"][0]["uid"])
        try:
            if deployed:
                answer = form.deploy()
                assert answer.status_code == 200, answer.text
            yield form
        finally:
            self.session.delete(form.url)


def names(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Tell the names of the rows of a sheet, None where there is none."""
    return [row.get("name") for row in rows]
