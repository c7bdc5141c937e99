"""Forms on the server ("assets"): import, media, deployment.

An import or a deployment is never repeated blindly: whoever is unsure whether one arrived reads the asset first.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kobo_sync.kobo.errors import FormRefused, NotKobo, Refused, ServerBusy, StaleVersion
from kobo_sync.kobo.session import KoboSession

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_POLLS = 120


@dataclass(frozen=True, slots=True)
class Asset:
    """A form on the server. `version` is the newest, `deployed_version` what phones get ("" if never deployed)."""

    uid: str
    name: str
    version: str
    deployed_version: str
    active: bool
    submissions: int

    @property
    def deployed(self) -> bool:
        """Whether it was ever deployed."""
        return bool(self.deployed_version)


@dataclass(frozen=True, slots=True)
class Media:
    """A file that travels to the phones with a form; `md5` as 32 hex digits."""

    uid: str
    filename: str
    md5: str


def who_am_i(session: KoboSession) -> str:
    """Return the name of the account that the token belongs to. Raises KoboError."""
    return str(_field(session.get("/me/"), "username"))


def read_asset(session: KoboSession, uid: str) -> Asset:
    """Return the state of one form. Raises NotFound and the other KoboErrors."""
    return _asset(session.get(f"/api/v2/assets/{uid}/"))


def import_form(
    session: KoboSession,
    filename: str,
    xlsx: bytes,
    *,
    replace: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Upload a workbook as a new form, or in place of form `replace`, and return its uid.

    Raises FormRefused with the server's own words, and KoboError.
    """
    form = {"library": "false"}  # left out, it becomes an item of the library
    if replace:
        form["destination"] = f"{session.url}/api/v2/assets/{replace}/"
    answer = session.send("POST", "/api/v2/imports/", form=form, files={"file": (filename, xlsx, XLSX)})
    path = urlsplit(str(_field(answer, "url"))).path
    for poll in range(_POLLS):
        answer = session.get(path)
        status, messages = _field(answer, "status"), answer.get("messages") or {}
        if status == "complete":
            made = (messages.get("created") or []) + (messages.get("updated") or [])
            if not made:
                raise NotKobo("The server says that the form was imported, but not which one it is.")
            return str(_field(made[0], "uid"))
        if status == "error":
            words = " ".join(str(messages.get("error", "no reason given")).split())
            raise FormRefused(
                f"KoboToolbox refuses this form: {words}.",
                file=filename,
                remedy="Mend it in the workbook; nothing was changed on the server.",
            )
        sleep(min(0.2 * (poll + 1), 3.0))
    raise ServerBusy(
        f"{session.url} has not finished reading the form after minutes. It may still do so: look at the form in "
        "KoboToolbox before you run this again."
    )


def deploy(session: KoboSession, asset: Asset) -> Asset:
    """Deploy the newest version, first time or again, and return the new state.

    Raises FormRefused with the server's own words when it is no good form, StaleVersion when somebody else changed it
    meanwhile, and KoboError.
    """
    path = f"/api/v2/assets/{asset.uid}/deployment/"
    try:
        if asset.deployed:
            session.send("PATCH", path, body={"active": True, "version_id": asset.version})
        else:
            session.send("POST", path, body={"active": True})
    except Refused as error:
        if error.status == 400:  # noqa: PLR2004 -- HTTP
            raise FormRefused(
                f"KoboToolbox will not deploy this form: {error.words}.",
                file=asset.name,
                remedy="Mend it in the workbook and deploy again; phones keep the version that they have.",
            ) from error
        if error.status == 500 and read_asset(session, asset.uid).version != asset.version:  # noqa: PLR2004 -- HTTP
            raise StaleVersion(
                f"Somebody changed the form {asset.name!r} in KoboToolbox while it was being deployed, so nothing was "
                "deployed. Look at the form there, then run kobo-sync deploy again."
            ) from error
        raise
    return read_asset(session, asset.uid)


def media(session: KoboSession, uid: str) -> tuple[Media, ...]:
    """Return the media files of a form, all pages of the list. Raises KoboError."""
    return tuple(
        Media(
            uid=str(_field(row, "uid")),
            filename=str(row.get("metadata", {}).get("filename", "")),
            md5=str(row.get("metadata", {}).get("hash", "")).removeprefix("md5:"),
        )
        for row in _listed(session, f"/api/v2/assets/{uid}/files/")
        if row.get("file_type") == "form_media"
    )


def put_media(session: KoboSession, uid: str, filename: str, content: bytes, content_type: str = "text/csv") -> bool:
    """Make the form carry exactly this file; return whether that took a change (phones get it at the next deployment).

    Raises KoboError.
    """
    there = [entry for entry in media(session, uid) if entry.filename == filename]
    if len(there) == 1 and there[0].md5 == md5(content):
        return False
    for entry in there:
        session.send("DELETE", f"/api/v2/assets/{uid}/files/{entry.uid}/")
    session.send(
        "POST",
        f"/api/v2/assets/{uid}/files/",
        form={
            "file_type": "form_media",
            "description": filename,
            "metadata": json.dumps({"filename": filename}),
        },
        files={"content": (filename, content, content_type)},
    )
    return True


def delete_asset(session: KoboSession, uid: str) -> None:
    """Delete a form with all its submissions. Raises KoboError."""
    session.send("DELETE", f"/api/v2/assets/{uid}/")


def md5(content: bytes) -> str:
    """Return the checksum that KoboToolbox compares media by; no secret rests on it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _listed(session: KoboSession, path: str) -> Iterator[Mapping[str, Any]]:
    start = 0
    while True:
        answer = session.get(path, {"limit": 100, "start": start})
        rows = _field(answer, "results")
        yield from rows
        start += len(rows)
        if not rows or not answer.get("next"):
            return


def _asset(answer: Any) -> Asset:  # noqa: ANN401 -- JSON
    return Asset(
        uid=str(_field(answer, "uid")),
        name=str(answer.get("name", "")),
        version=str(_field(answer, "version_id")),
        deployed_version=str(answer.get("deployed_version_id") or ""),
        active=bool(answer.get("deployment__active")),
        submissions=int(answer.get("deployment__submission_count") or 0),
    )


def _field(answer: Any, key: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return answer[key]
    except (TypeError, KeyError) as error:
        raise NotKobo(f"The server's answer lacks {key!r}: is it KoboToolbox, and a current one?") from error
