"""Raw submission → typed, flat record, by an allow-list: the questions of the form version, and five fields beside.

What is not on the list is not looked at twice: of a field that the form does not have, only the name is kept, and of
metadata (who sent it, from where, when exactly) not even that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kobo_sync.instrument.form import NEVER_STORED, Form, Question

Raw = Mapping[str, Any]

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?")
_NAME_LENGTH = 60  # an unknown field's name is somebody's typing; long ones are cut


@dataclass(frozen=True, slots=True)
class Record:
    """A submission as the schema sees it.

    `document` holds the system keys and each answered question by name: str, int, float, list of str, or for a repeat
    a list of such objects. A value that cannot be given its type stays text, and so fails validation. `month` is
    "YYYY-MM"; `unknown` names fields that the form does not have.
    """

    id: int
    uuid: str
    root_uuid: str
    version: str
    status: str
    month: str
    document: dict[str, Any]
    unknown: tuple[str, ...]
    encrypted: bool


def system_fields(raw: Raw) -> dict[str, Any]:
    """Return the record's system keys, read before anything is known about the form version."""
    uuid = str(raw.get("_uuid") or "").removeprefix("uuid:")
    return {
        "_id": int(raw["_id"]),
        "_uuid": uuid,
        "_root_uuid": str(raw.get("meta/rootUuid") or uuid).removeprefix("uuid:"),
        "_version": str(raw.get("__version__") or ""),
    }


def status_of(raw: Raw) -> str:
    """Return the validation status ("validation_status_approved", …), "" for none."""
    status = raw.get("_validation_status")
    return str(status.get("uid") or "") if isinstance(status, Mapping) else ""


def make_record(raw: Raw, form: Form) -> Record:
    """Make the record of one submission, judged by the form version that it was filled in with."""
    system = system_fields(raw)
    unknown: list[str] = []
    answers = _answers(raw, form, "", unknown)
    month = form.with_role("month")
    return Record(
        id=system["_id"],
        uuid=system["_uuid"],
        root_uuid=system["_root_uuid"],
        version=system["_version"],
        status=status_of(raw),
        month=str(answers.get(month.name, "")) if month else str(raw.get("_submission_time") or "")[:7],
        document={**system, **answers},
        unknown=tuple(sorted(unknown)),
        encrypted="base64EncryptedKey" in raw,
    )


def _answers(raw: Raw, form: Form, repeat: str, unknown: list[str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for key, value in raw.items():
        question = form.by_path.get(key)
        if question is not None and question.repeat == repeat:
            if question.stored and not _blank(value):
                answers[question.name] = typed(question, value)
        elif key in form.repeats:
            name = key.rsplit("/", 1)[-1]
            if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
                answers[name] = [_answers(item, form, key, unknown) for item in value]
            elif not _blank(value):
                answers[name] = "?"  # not a list: the shape alone is wrong, and the value is not ours to keep
        elif not _system(key, form):
            unknown.append(key[:_NAME_LENGTH])
    return answers


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _system(key: str, form: Form) -> bool:
    """Whether the field is KoboToolbox's or the phone's own; those are dropped without a word."""
    return (
        key.startswith(("_", "meta/", "formhub/"))
        or key.rsplit("/", 1)[-1] in NEVER_STORED
        or key in {"base64EncryptedKey", "encryptedXmlFile", "meta", "formhub"}
        or key.removesuffix("_count") in form.repeats
    )


def typed(question: Question, value: Any) -> Any:  # noqa: ANN401 -- JSON in, JSON out
    """Give a value its type; what cannot be typed stays text. KoboToolbox sends every answer as text."""
    if not isinstance(value, str):
        # Never sent by KoboToolbox today; kept as text, so that the schema says what is wrong with it.
        return value if isinstance(value, bool | int) and question.type == "integer" else str(value)
    text = value if question.free_text else value.strip()
    if question.multiple:
        return text.split()
    if question.type == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    if question.type in {"decimal", "range"}:
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan
        return number if math.isfinite(number) else text
    if question.type == "date":
        return text[:10]  # Collect adds nothing, some clients add a time and zone
    return text
