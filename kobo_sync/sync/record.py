"""Raw submission → typed, flat record, by an allow-list: the questions of the form version, and five fields beside.

What is not on the list is not looked at twice: of a field that the form does not have, only the name is kept, and of
metadata (who sent it, from where, when exactly) not even that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from kobo_sync.instrument.form import NEVER_STORED, Form, Question
from kobo_sync.instrument.schema import MONTH

Raw = Mapping[str, Any]

_MONTH = re.compile(MONTH)
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?([0-9]{1,15}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")
_DAY_AND_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]+(Z|[+-][0-9:]+)?")
_NO_ANSWER: dict[
    str, Any
] = {}  # stands for a value of a shape that no answer has: the schema refuses it for every type
_NEVER = 2**53  # seconds; no clock shows it
_AHEAD = timedelta(hours=14 + 24)  # how far a phone may be ahead of UTC: the first zone of the earth, a clock a day off
_NAME_LENGTH = 60  # an unknown field's name is somebody's typing; long ones are cut


@dataclass(frozen=True, slots=True)
class Record:
    """A submission as the schema sees it.

    `document` holds the system keys and each answered question by name: str, int, float, list of str, or for a repeat
    a list of such objects. A value that cannot be given its type stays text, and so fails validation. `month` is
    "YYYY-MM", "" where it is not known; `unknown` names fields that the form does not have. `received` is the month in
    which the server got it, `latest` the month that it was on the phone by then at most, "" where the server does not
    say; `month` is held against them, and neither is stored.
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
    received: str = ""
    latest: str = ""

    @property
    def dates(self) -> Dates:
        """When it was filled in and sent."""
        return Dates(self.month, self.received, self.latest)


class Dates(NamedTuple):
    """When a submission was filled in and sent: `month`, `received` and `latest` as in a record."""

    month: str
    received: str
    latest: str


def system_fields(raw: Raw) -> dict[str, Any]:
    """Return the record's system keys, read before anything is known about the form version.

    Raises KeyError, TypeError or ValueError without a number under `_id`; `kobo_sync.kobo.submissions` lets none pass.
    """
    uuid = _word(raw.get("_uuid")).removeprefix("uuid:")
    return {
        "_id": int(raw["_id"]),
        "_uuid": uuid,
        "_root_uuid": _word(raw.get("meta/rootUuid")).removeprefix("uuid:") or uuid,
        "_version": _word(raw.get("__version__")),
    }


def status_of(raw: Raw) -> str:
    """Return the validation status ("validation_status_approved", …), "" for none."""
    status = raw.get("_validation_status")
    return _word(status.get("uid")) if isinstance(status, dict) else ""


def status_time(raw: Raw) -> int:
    """Return when the validation status was set, in seconds since 1970 by the server's clock; 0 for no status."""
    status = raw.get("_validation_status")
    stamp = status.get("timestamp") if isinstance(status, dict) else 0
    return stamp if type(stamp) is int and 0 < stamp < _NEVER else 0


def _word(value: object) -> str:
    """Return a field that is a text; of any other shape it is none."""
    return _storable(value) if isinstance(value, str) else ""


def _storable(text: str) -> str:
    """Replace halves of characters, which JSON can carry and neither UTF-8 nor the store can."""
    return text if text.isascii() else text.encode("utf-8", errors="replace").decode("utf-8")


def make_record(raw: Raw, form: Form) -> Record:
    """Make the record of one submission, judged by the form version that it was filled in with."""
    system = system_fields(raw)
    unknown: set[str] = set()
    answers = _answers(raw, form, "", unknown)
    month = form.with_role("month")
    received, latest = latest_month(raw)
    return Record(
        id=system["_id"],
        uuid=system["_uuid"],
        root_uuid=system["_root_uuid"],
        version=system["_version"],
        status=status_of(raw),
        month=month_of(answers.get(month.name)) if month else month_of(received),
        document={**system, **answers},
        unknown=tuple(sorted(unknown)),
        encrypted="base64EncryptedKey" in raw,
        received=received,
        latest=latest,
    )


def month_of(told: object) -> str:
    """Return a month as it is, "" of anything else."""
    return told if isinstance(told, str) and _MONTH.fullmatch(told) else ""


def latest_month(raw: Raw) -> tuple[str, str]:
    """Return the month in which the server got it, and which it was on the phone by then at most, "" for none."""
    came = _word(raw.get("_submission_time"))
    try:
        latest = (datetime.fromisoformat(came).replace(tzinfo=None) + _AHEAD).strftime("%Y-%m")
    except (ValueError, OverflowError):
        latest = ""
    return came[:7], latest


def _answers(raw: Raw, form: Form, repeat: str, unknown: set[str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for key, value in raw.items():
        question = form.by_path.get(key)
        if question is not None and question.repeat == repeat:
            if question.stored and not _blank(value):
                answers[question.name] = typed(question, value)
        elif key in form.repeats and form.parent_repeat(key) == repeat:
            name = key.rsplit("/", 1)[-1]
            if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
                answers[name] = [_answers(item, form, key, unknown) for item in value]
            elif not _blank(value):
                answers[name] = dict(_NO_ANSWER)
        elif not is_system(key, form):
            unknown.add(_storable(key)[:_NAME_LENGTH])
    return answers


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def is_system(key: str, form: Form) -> bool:
    """Whether the field is KoboToolbox's or the phone's own; those are dropped without a word."""
    return (
        key.startswith(("_", "meta/", "formhub/"))
        or key.rsplit("/", 1)[-1] in NEVER_STORED
        or key in {"base64EncryptedKey", "encryptedXmlFile", "meta", "formhub"}
        or (key.endswith("_count") and key.removesuffix("_count") in form.repeats)
    )


def typed(question: Question, value: object) -> Any:  # noqa: ANN401 -- the types of JSON
    """Give a value its type: str, int, float or list of str. KoboToolbox sends every answer as text.

    What cannot be typed stays text, and what is neither text nor number becomes an empty object: the schema refuses
    both, and nothing of an object that somebody put in place of an answer is kept.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return dict(_NO_ANSWER)
    text = _storable(value) if isinstance(value, str) else repr(value)
    if not question.free_text or question.role == "month":
        text = text.strip()
    if question.multiple:
        return text.split()
    if question.type == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    if question.type in {"decimal", "range"}:
        return float(text) if _DECIMAL.fullmatch(text) else text
    if question.type == "date":
        found = _DAY_AND_TIME.fullmatch(text)
        return found[1] if found else text  # Collect adds nothing, some clients add a time and zone
    return text
