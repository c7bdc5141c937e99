"""Raw submission → the row that the store keeps: accepted, refused (no consent) or quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, QUARANTINED, REFUSED, Problem, Row
from kobo_sync.sync.first_look import Fine
from kobo_sync.sync.record import make_record, status_of, status_time, system_fields
from kobo_sync.sync.versions import Versions

Raw = Mapping[str, Any]
ENCRYPTED = "encrypted"  # the rule of a problem that nobody can mend, neither here nor in KoboToolbox


def judge(raw: Raw, versions: Versions, seal: Seal) -> Row:
    """Judge one submission by the version that it was filled in with.

    Raises FormError when that version's workbook cannot be read. What is quarantined keeps no answer here, yet the
    keyed hash of its withdrawal code: she can withdraw it all the same.
    """
    system = system_fields(raw)
    version, root = system["_version"], seal.name(system["_root_uuid"])
    uuid = root if system["_uuid"] == system["_root_uuid"] else seal.name(system["_uuid"])
    named = version if versions.is_one(version) else ""
    return _judged(
        raw,
        system,
        versions,
        seal,
        Row(
            system["_id"],
            uuid,
            root,
            named,
            status_of(raw),
            QUARANTINED,
            status_at=status_time(raw),
            code=_code(raw, version, versions, seal),
        ),
    )


def _code(raw: Raw, version: str, versions: Versions, seal: Seal) -> str:
    """Return the keyed hash of the withdrawal code that a submission holds, "" for none."""
    for path in versions.code_paths(version):
        code = raw.get(path)
        if isinstance(code, str) and code.strip():
            return seal.code(code)
    return ""


def _judged(raw: Raw, system: Mapping[str, Any], versions: Versions, seal: Seal, row: Row) -> Row:
    """Judge what holds, in `row`, nothing yet but what is kept whatever becomes of it."""
    version = system["_version"]
    if "base64EncryptedKey" in raw:
        return row._replace(problems=(_encrypted(row.id),))
    validator = versions.validator(version)
    if validator is None:
        return row._replace(problems=(_unknown_version(version, versions),))
    fine = validator.fine(raw, system)
    if fine is None:
        record = make_record(raw, validator.form)
        problems = validator.problems(record)
        if problems:
            return row._replace(month=record.month, problems=problems)
        fine = Fine(record.document, record.month)
    kept = validator.keeping.take(fine.document)
    kept.document["_uuid"], kept.document["_root_uuid"] = row.uuid, row.root_uuid
    return row._replace(
        state=ACCEPTED if kept.agreed else REFUSED,
        month=fine.month,
        service=kept.service,
        document=kept.document,
        texts=tuple(one._replace(mark=seal.words(versions.form, row.id, *one[:2])) for one in kept.texts),
    )


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
