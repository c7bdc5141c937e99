"""What the store must hold, worked out from the server's memory alone and by other means than the program's.

The rules of the tiny form are written down here a second time, by hand: a mistake in the program's own way from a
submission to a row cannot hide in the test.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from elsewhere import look
from replica_form import FORM, V1, V2

from kobo_sync.standin.state import Asset
from kobo_sync.store.engines import Where

_QUESTIONS = {
    "tool_version": "text",
    "month": "text",
    "ending": "text",
    "interview/service": "text",
    "interview/needles": "text",
    "interview/kinds": "many",
    "interview/visits": "integer",
    "interview/words": "words",
}
_OF_VERSION = {V1: {"interview/hours": "decimal"}, V2: {"interview/extra": "integer"}}
_OF_STAY = {"interview/stay/bed": "text", "interview/stay/night": "words"}
_DROPPED = {"interview/place", "interview/code", "start", "deviceid"}
_ALLOWED = {"ending": {"agrees", "refuses"}, "needles": {"yes", "no"}, "bed": {"a", "b", "c"}}


@dataclass(frozen=True)
class Expected:
    """A row of the store, field by field; `texts` by question, `problems` whether there must be any."""

    uuid: str
    root_uuid: str
    version: str
    status: str
    status_at: int
    state: str
    month: str = ""
    service: str = ""
    code: str = ""
    document: dict[str, Any] | None = None
    texts: dict[str, str] = field(default_factory=dict)
    problems: bool = False


def expected(asset: Asset, versions: Collection[str], services: Collection[str], key: bytes) -> dict[int, Expected]:
    """Return what the store must hold of every submission of the form, by id.

    `versions`: those whose workbooks are in the workspace; `services`: the codes of services.csv; `key`: the bytes of
    the workspace's key file.
    """
    return {number: _row(item.row, versions, services, key) for number, item in asset.submissions.items()}


def _row(row: Mapping[str, Any], versions: Collection[str], services: Collection[str], key: bytes) -> Expected:
    status, version = row["_validation_status"], row.get("__version__", "")
    common = {
        "uuid": _name(row["_uuid"], key),
        "root_uuid": _name(row["meta/rootUuid"].removeprefix("uuid:"), key),
        "version": version if version in versions or re.fullmatch("v[A-Za-z0-9]{19,23}", version) else "",
        "status": status.get("uid", ""),
        "status_at": status.get("timestamp", 0),
        "code": _code(row, key) if versions else "",
    }
    if "base64EncryptedKey" in row or version not in versions:
        return Expected(**common, state="quarantined", problems=True)
    questions = _QUESTIONS | _OF_VERSION[version]
    month = row.get("month", "")
    month = month if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) else ""
    document, texts, fine = _typed(row, questions)
    if not fine or not _complete(document, row) or not _possible(month, row) or _elsewhere(document, services):
        return Expected(**common, state="quarantined", month=month, problems=True)
    if document["ending"] == "refuses":
        document = {name: value for name, value in document.items() if name in {"tool_version", "month", "ending"}}
        texts = {}
    own = {"_id": row["_id"], "_uuid": common["uuid"], "_root_uuid": common["root_uuid"], "_version": version}
    state = "refused" if document["ending"] == "refuses" else "accepted"
    service = document.get("service", "")
    return Expected(**common, state=state, month=month, service=service, document=own | document, texts=texts)


def _name(uuid: str, key: bytes) -> str:
    """Return a uuid as it is, and of what somebody typed in its place a keyed hash."""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid):
        return uuid
    return hmac.new(key, f"name:{uuid}".encode(), hashlib.sha256).hexdigest()


def _code(row: Mapping[str, Any], key: bytes) -> str:
    text = re.sub(r"[\s-]+", "", row.get("interview/code", "")).casefold()
    return hmac.new(key, f"code:{text}".encode(), hashlib.sha256).hexdigest() if text else ""


def tombstone(root: str, key: bytes) -> str:
    """Return the keyed hash that stays of a submission that was deleted on the server."""
    return hmac.new(key, f"deleted:{root}".encode(), hashlib.sha256).hexdigest()


def _typed(row: Mapping[str, Any], questions: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str], bool]:
    """Return the typed answers, the free texts, and whether everything has its type and its place."""
    document: dict[str, Any] = {}
    texts: dict[str, str] = {}
    fine = True
    for path, value in row.items():
        name = path.rsplit("/", 1)[-1]
        if path.startswith(("_", "meta/", "formhub/")) or path in _DROPPED:
            continue
        if path == "interview/stay":
            document["stay"] = []
            for number, item in enumerate(value, 1):
                inner, words, good = _typed(item, _OF_STAY)
                document["stay"].append(inner)
                texts |= {f"stay[{number}]/{question}": text for question, text in words.items()}
                fine = fine and good and inner.get("bed") in _ALLOWED["bed"]
        elif path not in questions:
            fine = False
        elif questions[path] == "words":
            texts[name] = value
        else:
            made, good = _value(value, questions[path])
            document[name] = made
            fine = fine and good and made in _ALLOWED.get(name, {made} if isinstance(made, str) else [made])
    return document, texts, fine


def _value(text: str, kind: str) -> tuple[Any, bool]:
    if kind == "many":
        chosen = text.split()
        return chosen, set(chosen) <= {"a", "b", "c"} and len(set(chosen)) == len(chosen)
    if kind == "integer":
        return (int(text), True) if re.fullmatch(r"-?\d+", text) else (text, False)
    if kind == "decimal":
        return (float(text), True) if re.fullmatch(r"-?\d+(\.\d+)?", text) else (text, False)
    return text, True


def _complete(document: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether everything was answered that had to be, and nothing that had not."""
    if document.get("tool_version") != ("2" if row["__version__"] == V2 else "1"):
        return False
    inside = [path for path in row if path.startswith("interview/") and path not in _DROPPED]
    if document.get("ending") == "refuses":
        return not inside
    return document.get("ending") == "agrees" and "service" in document and "needles" in document


def _possible(month: str, row: Mapping[str, Any]) -> bool:
    if not month:
        return False
    ahead = _months(month) - _months(row["_submission_time"])
    return -24 <= ahead <= 1


def _months(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7])


def _elsewhere(document: Mapping[str, Any], services: Collection[str]) -> bool:
    return "service" in document and document["service"] not in services


def stored(store: Where, form: str = FORM) -> dict[int, Expected]:
    """Read what the store holds of a form, without the program."""
    texts: dict[int, dict[str, str]] = {}
    for row in _of_the_form(store, form, "SELECT * FROM free_text"):
        texts.setdefault(row["id"], {})[row["question"]] = row["text"]
    reasons = {row["id"] for row in _of_the_form(store, form, "SELECT * FROM problem")}
    found = {
        row["id"]: Expected(
            row["uuid"],
            row["root_uuid"],
            row["version"],
            row["status"],
            row["status_at"],
            row["state"],
            row["month"],
            row["service"],
            row["code"],
            None if row["document"] is None else json.loads(row["document"]),
            texts.pop(row["id"], {}),
            row["id"] in reasons,
        )
        for row in _of_the_form(store, form, "SELECT * FROM submission")
    }
    assert not texts, f"free text of submissions that are gone: {sorted(texts)}"
    assert reasons <= found.keys(), f"problems of submissions that are gone: {sorted(reasons - found.keys())}"
    return found


def _of_the_form(store: Where, form: str, query: str) -> list[dict[str, Any]]:
    return [row for row in look(store, query) if row["form"] == form]


def column(store: Where, query: str) -> list[Any]:
    """Return the first column of what a query finds in the store."""
    return [next(iter(row.values())) for row in look(store, query)]


def differences(wanted: Mapping[int, Expected], found: Mapping[int, Expected]) -> list[str]:
    """Say in words where the two differ, field by field."""
    said = [f"{number} is missing" for number in sorted(wanted.keys() - found.keys())]
    said += [f"{number} should be gone" for number in sorted(found.keys() - wanted.keys())]
    for number in sorted(wanted.keys() & found.keys()):
        for name in Expected.__dataclass_fields__:
            here, there = getattr(found[number], name), getattr(wanted[number], name)
            if here != there:
                said.append(f"{number}: {name} is {here!r}, should be {there!r}")
    return said


def bytes_under(folder: Path) -> dict[str, bytes]:
    """Read every file under a folder, by its path within."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
