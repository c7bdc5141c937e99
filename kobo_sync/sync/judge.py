"""Raw submission → the row that the store keeps: accepted, refused (no consent) or quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Problem, Row
from kobo_sync.sync.first_look import Fine
from kobo_sync.sync.record import make_record, status_of, status_time, system_fields
from kobo_sync.sync.validate import RecordValidator
from kobo_sync.sync.versions import Versions

Raw = Mapping[str, Any]
_KEY = "base64EncryptedKey"  # with which the phone encrypted it
ENCRYPTED = "encrypted"  # the rule of a problem that nobody can mend, neither here nor in KoboToolbox


def judge(raw: Raw, versions: Versions, seal: Seal) -> Row:
    """Judge one submission by the version that it was filled in with.

    Raises FormError when that version's workbook cannot be read. What is quarantined keeps no answer here, yet the
    keyed hash of its withdrawal code: she can withdraw it all the same.
    """
    system = system_fields(raw)
    id_, version, root = system["_id"], system["_version"], seal.name(system["_root_uuid"])
    uuid = root if system["_uuid"] == system["_root_uuid"] else seal.name(system["_uuid"])
    status, status_at, code = status_of(raw), status_time(raw), _code(raw, version, versions, seal)
    validator = None if _KEY in raw else versions.validator(version)
    fine = validator.fine(raw, system) if validator else None
    if validator is None or fine is None:
        named = version if versions.is_one(version) else ""  # what is no version's name can be somebody's typing
        fine, problems, month = _thoroughly(raw, system, versions, validator)
        if validator is None or fine is None:
            return Row(id_, uuid, root, named, status, QUARANTINED, month, "", None, (), problems, status_at, code)
    document, words, agreed, service = validator.keeping.take(fine.document)
    document["_uuid"], document["_root_uuid"] = uuid, root
    state, form = ACCEPTED if agreed else REFUSED, versions.form
    texts = words and tuple(one._replace(mark=seal.words(form, id_, one.question, one.text)) for one in words)
    # Every submission comes by here, and a row is made four times as fast by the places of its values as by names.
    return Row(id_, uuid, root, version, status, state, fine.month, service, document, texts, (), status_at, code)


def _thoroughly(
    raw: Raw, system: Mapping[str, Any], versions: Versions, validator: RecordValidator | None
) -> tuple[Fine | None, tuple[Problem, ...], str]:
    """Judge what is not fine at first look: return what it becomes or what is wrong with it, and its month."""
    if _KEY in raw:
        return None, (_encrypted(system["_id"]),), ""
    if validator is None:
        return None, (_unknown_version(system["_version"], versions),), ""
    record = make_record(raw, validator.form)
    problems = validator.problems(record)
    return None if problems else Fine(record.document, record.month), problems, record.month


def _code(raw: Raw, version: str, versions: Versions, seal: Seal) -> str:
    """Return the keyed hash of the withdrawal code that a submission holds, "" for none."""
    for path in versions.code_paths(version):
        code = raw.get(path)
        if isinstance(code, str) and code.strip():
            return seal.code(code)
    return ""


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
