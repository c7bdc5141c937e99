"""Raw submission → the row that the store keeps: accepted, refused (no consent) or quarantined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.schema import SYSTEM_KEYS
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Problem, Row
from kobo_sync.store.words import SERVICE_NAME, Words
from kobo_sync.sync.record import Record, make_record, status_of, status_time, system_fields
from kobo_sync.sync.versions import Versions

Raw = Mapping[str, Any]
ENCRYPTED = "encrypted"  # the rule of a problem that nobody can mend, neither here nor in KoboToolbox


def judge(raw: Raw, versions: Versions, seal: Seal) -> Row:
    """Judge one submission by the version that it was filled in with.

    Raises FormError when that version's workbook cannot be read. What is quarantined keeps no answer here, yet the
    keyed hash of its withdrawal code: she can withdraw it all the same.
    """
    system = system_fields(raw)
    id_, uuid, root = system["_id"], seal.name(system["_uuid"]), seal.name(system["_root_uuid"])
    beside = _Beside(
        id=id_,
        uuid=uuid,
        root_uuid=root,
        version=system["_version"] if versions.is_one(system["_version"]) else "",
        status=status_of(raw),
        status_at=status_time(raw),
        code=_code(raw, system["_version"], versions, seal),
        mark=seal.counted(versions.form, id_, root) if root else "",
    )
    return _judged(raw, system, versions, seal, beside)


class _Beside(TypedDict):
    """What a row holds whatever becomes of the submission.

    What stands where a uuid or a version's name belongs, and is none, is taken out: anybody can send it.
    """

    id: int
    uuid: str
    root_uuid: str
    version: str
    status: str
    status_at: int
    code: str
    mark: str


def _code(raw: Raw, version: str, versions: Versions, seal: Seal) -> str:
    """Return the keyed hash of the withdrawal code that a submission holds, "" for none."""
    for path in versions.code_paths(version):
        code = raw.get(path)
        if isinstance(code, str) and code.strip():
            return seal.code(code)
    return ""


def _judged(raw: Raw, system: Mapping[str, Any], versions: Versions, seal: Seal, beside: _Beside) -> Row:
    version = system["_version"]
    if "base64EncryptedKey" in raw:
        return _quarantined(beside, (_encrypted(system["_id"]),))
    validator = versions.validator(version)
    if validator is None:
        return _quarantined(beside, (_unknown_version(version, versions),))
    record = validator.fine(raw, system)
    if record is None:
        record = make_record(raw, validator.form)
        problems = validator.problems(record)
        if problems:
            return _quarantined(beside, problems, record.month)
    return _kept(record, validator.form, versions.form, seal, beside)


def _kept(record: Record, form: Form, name: str, seal: Seal, beside: _Beside) -> Row:
    """Make the row of a record that is fine; of a refusal, nothing but the version, the month and the refusal."""
    agreed = consented(record.document, form)
    document = dict(record.document) if agreed else _refusal(record.document, form)
    document["_uuid"], document["_root_uuid"] = beside["uuid"], beside["root_uuid"]
    texts = tuple(_take_texts(document, form, "", ""))
    service = form.with_role("service")
    if service and service.name in document:  # on the list: what else it may be called is needed no more
        texts = tuple(words for words in texts if words.role != SERVICE_NAME)
    return Row(
        **beside,
        state=ACCEPTED if agreed else REFUSED,
        month=record.month,
        service=str(document.get(service.name, "")) if service else "",
        document=document,
        texts=tuple(words._replace(mark=seal.words(name, record.id, words.question, words.text)) for words in texts),
    )


def _refusal(document: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return what may be kept without consent, whatever a form asked before or beside it."""
    kept = {question.name for question in form.questions if question.role in {"consent", "month", "version"}}
    return {name: value for name, value in document.items() if name in kept or name in SYSTEM_KEYS}


def consented(document: Mapping[str, Any], form: Form) -> bool:
    """Whether she agreed: the choice made at the question with the role `consent` scores 1 (no such question: yes)."""
    question = form.with_role("consent")
    if question is None:
        return True
    chosen = document.get(question.name)
    return any(choice.name == chosen and choice.score == 1 for choice in question.choices)


def _take_texts(document: dict[str, Any], form: Form, repeat: str, prefix: str) -> Iterator[Words]:
    """Take free text out of the document, repeats included."""
    if not form.repeats:
        for name in [name for name in document if name in form.free_texts]:
            yield Words(name, str(document.pop(name)), role=form.by_name[name].role)
        return
    for name, value in list(document.items()):
        path = f"{repeat}/{name}" if repeat else name
        inner = next((p for p in form.repeats if p == path or p.endswith(f"/{name}")), None)
        if inner is not None and isinstance(value, list):
            items = [dict(item) for item in value]
            document[name] = items
            for number, item in enumerate(items, 1):
                yield from _take_texts(item, form, inner, f"{prefix}{name}[{number}]/")
            continue
        question: Question | None = form.by_name.get(name)
        if question is not None and question.free_text:
            yield Words(f"{prefix}{name}", str(document.pop(name)), role=question.role)


def _quarantined(beside: _Beside, problems: tuple[Problem, ...], month: str = "") -> Row:
    return Row(**beside, state=QUARANTINED, month=month, problems=problems)


def _encrypted(id_: int) -> Problem:
    return Problem(
        "",
        ENCRYPTED,
        "It was encrypted on the phone, and this release cannot open it.",
        f"Keep the private key safe. Submission {id_} stays unread here until a release can open it.",
    )


def _unknown_version(version: str, versions: Versions) -> Problem:
    if not versions.is_one(version):
        return Problem(
            "__version__",
            "unknown_version",
            "It does not say with which version of the form it was filled in, so it cannot be judged.",
            "It was not filled in with a form from KoboToolbox. Enter it again with the deployed form, delete it in "
            "KoboToolbox (Data → Table), then run: kobo-sync sync",
        )
    return Problem(
        "__version__",
        "unknown_version",
        f"It was filled in with form version {version}, whose workbook is not in this workspace.",
        f"Download that version's XLSForm from KoboToolbox (the form's page → Versions), save it as "
        f"versions/{versions.form}/{versions.path(version).name}, then run: kobo-sync sync",
    )
