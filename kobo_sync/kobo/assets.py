"""Forms on the server ("assets"): import, media, deployment.

An import or a deployment is never repeated blindly: whoever is unsure whether one arrived reads the asset first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kobo_sync.kobo.errors import (
    FormRefused,
    NotFound,
    NotKobo,
    Refused,
    ServerBusy,
    StaleVersion,
    Unreachable,
)
from kobo_sync.kobo.session import KoboSession

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_POLLS = 120
_WORDS = 600  # of the server's reason why a form is refused; ODK Validate's can be long


@dataclass(frozen=True, slots=True)
class Asset:
    """A form on the server. `version` is the newest, `deployed_version` what phones get ("" if never deployed).

    `deployed_at` is when it was last deployed, None if never; `owner` the account that it belongs to.
    """

    uid: str
    name: str
    version: str
    deployed_version: str
    active: bool
    submissions: int
    deployed_at: datetime | None = None
    owner: str = ""

    @property
    def deployed(self) -> bool:
        """Whether it was ever deployed."""
        return bool(self.deployed_version)


@dataclass(frozen=True, slots=True)
class Media:
    """A file that travels to the phones with a form; `md5` as 32 hex digits, `sent` when it was uploaded."""

    uid: str
    filename: str
    md5: str
    sent: datetime | None = None


def who_am_i(session: KoboSession) -> str:
    """Return the name of the account that the token belongs to. Raises KoboError."""
    try:
        return str(_field(session.get("/me/"), "username"))
    except NotFound as error:
        raise NotKobo(
            f"There is no KoboToolbox at {session.url}. Put the address that you see in the browser after logging in "
            "to KoboToolbox into kobo-sync.toml as server.url."
        ) from error


def read_asset(session: KoboSession, uid: str) -> Asset:
    """Return the state of one form. Raises NotFound and the other KoboErrors."""
    return _asset(session.get(f"/api/v2/assets/{uid}/"))


def read_content(session: KoboSession, uid: str) -> tuple[Asset, Mapping[str, Any]]:
    """Return the state of one form, and the form itself as KoboToolbox keeps it. Raises KoboError."""
    answer = session.get(f"/api/v2/assets/{uid}/")
    return _asset(answer), _content(answer)


def version_content(session: KoboSession, uid: str, version: str) -> Mapping[str, Any]:
    """Return an earlier version of a form as KoboToolbox keeps it. Raises KoboError."""
    return _content(session.get(f"/api/v2/assets/{uid}/versions/{version}/"))


def _content(answer: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- JSON
    content = _field(answer, "content")
    if not isinstance(content, dict):
        raise NotKobo("The server's answer does not hold the form: is it KoboToolbox, and a current one?")
    return content


def exported(session: KoboSession, uid: str) -> bytes:
    """Return the newest version of a form as the workbook that KoboToolbox writes of it. Raises KoboError."""
    return session.get_bytes(f"/api/v2/assets/{uid}.xls")


def titled(session: KoboSession, title: str) -> tuple[Asset, ...]:
    """Return this account's own forms of that title, drafts and deployed ones. Raises KoboError."""
    mine = who_am_i(session)
    found = (_asset(row) for row in _listed(session, "/api/v2/assets/", {"q": "asset_type:survey"}))
    return tuple(one for one in found if one.name == title and one.owner == mine)


def import_form(
    session: KoboSession,
    filename: str,
    xlsx: bytes,
    *,
    replace: str | None = None,
    sleep: Callable[[float], None] | None = None,
) -> str:
    """Upload a workbook as a new form, or in place of form `replace`, and return its uid.

    `sleep` waits between two looks at how far the server is; the session's own if left out. Raises FormRefused with
    the server's own words, and KoboError.
    """
    form = {"library": "false"}  # left out, it becomes an item of the library
    if replace:
        form["destination"] = f"{session.url}/api/v2/assets/{replace}/"
    answer = session.send("POST", "/api/v2/imports/", form=form, files={"file": (filename, xlsx, XLSX)})
    path = urlsplit(str(_field(answer, "url"))).path
    if not path.startswith("/api/v2/imports/"):
        raise NotKobo("The server does not say where to see how far it is with the form.")
    for poll in range(_POLLS):
        answer = session.get(path)
        status, messages = _field(answer, "status"), answer.get("messages")
        messages = messages if isinstance(messages, dict) else {}
        if status == "complete":
            made = (messages.get("created") or []) + (messages.get("updated") or [])
            if not made:
                raise NotKobo("The server says that the form was imported, but not which one it is.")
            return str(_field(made[0], "uid"))
        if status == "error":
            raise FormRefused(
                f"KoboToolbox refuses this form: {_sentence(messages.get('error'))}",
                file=filename,
                remedy="Mend it in the workbook; nothing was changed on the server.",
            )
        (sleep or session.pause)(min(0.2 * (poll + 1), 3.0))
    raise ServerBusy(
        f"{session.url} has not finished reading the form after minutes. It may still do so: look at the form in "
        "KoboToolbox before you run this again."
    )


def deploy(session: KoboSession, asset: Asset) -> Asset:
    """Deploy the newest version, first time or again, and return the new state.

    When the server's answer is lost, the form is looked at: it may be deployed all the same. Raises FormRefused with
    the server's own words when it is no good form, StaleVersion when somebody else changed it meanwhile, and KoboError.
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
                f"KoboToolbox will not deploy this form: {_sentence(error.words)}",
                file=asset.name,
                remedy="Mend it in the workbook and deploy again; phones keep the version that they have.",
            ) from error
        if error.status == 500 and read_asset(session, asset.uid).version != asset.version:  # noqa: PLR2004 -- HTTP
            raise stale(asset) from error
        raise
    except (Unreachable, ServerBusy):
        now = read_asset(session, asset.uid)
        if not (now.active and now.deployed_version == asset.version and now.deployed_at != asset.deployed_at):
            raise
        return now
    return read_asset(session, asset.uid)


def stale(asset: Asset) -> StaleVersion:
    """Say that somebody else changed a form meanwhile."""
    return StaleVersion(
        f"Somebody changed the form {asset.name!r} in KoboToolbox while it was being deployed, so nothing was "
        "deployed. Look at the form there, then run kobo-sync deploy again."
    )


def media(session: KoboSession, uid: str) -> tuple[Media, ...]:
    """Return the media files of a form, all pages of the list. Raises KoboError."""
    return tuple(
        _media(row) for row in _listed(session, f"/api/v2/assets/{uid}/files/") if row.get("file_type") == "form_media"
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
    try:
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
    except Refused as error:
        if "already exists" not in error.words:
            raise
        # Somebody else uploads it at the same time.
        if [entry.md5 for entry in media(session, uid) if entry.filename == filename] != [md5(content)]:
            raise StaleVersion(
                f"Somebody else put another file {filename!r} to the form in KoboToolbox just now, so it was left as "
                "it is. Agree who deploys, then run kobo-sync deploy again."
            ) from error
    return True


def delete_asset(session: KoboSession, uid: str) -> None:
    """Delete a form with all its submissions. Raises KoboError."""
    session.send("DELETE", f"/api/v2/assets/{uid}/")


def md5(content: bytes) -> str:
    """Return the checksum that KoboToolbox compares media by; no secret rests on it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _listed(session: KoboSession, path: str, params: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a list, all its pages."""
    seen: set[str] = set()
    start = 0
    while True:
        answer = session.get(path, {**(params or {}), "limit": 100, "start": start})
        rows = _field(answer, "results")
        fresh = [row for row in rows if str(_field(row, "uid")) not in seen]
        yield from fresh
        seen |= {str(row["uid"]) for row in fresh}
        start += len(rows)
        if not rows or not answer.get("next"):
            return
        if not fresh:
            raise NotKobo("The server gives the same page of a list again and again. Run the command again later.")


def _asset(answer: Any) -> Asset:  # noqa: ANN401 -- JSON
    return Asset(
        uid=str(_field(answer, "uid")),
        name=str(answer.get("name", "")),
        version=str(_field(answer, "version_id")),
        deployed_version=str(answer.get("deployed_version_id") or ""),
        active=bool(answer.get("deployment__active")),
        submissions=int(answer.get("deployment__submission_count") or 0),
        deployed_at=_moment(answer.get("date_deployed")),
        owner=str(answer.get("owner__username") or ""),
    )


def _media(row: Mapping[str, Any]) -> Media:
    about = row.get("metadata") or {}
    return Media(
        uid=str(row["uid"]),
        filename=str(about.get("filename", "")),
        md5=str(about.get("hash", "")).removeprefix("md5:"),
        sent=_moment(row.get("date_created")),
    )


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _sentence(words: object) -> str:
    """Return the server's reason as one sentence with one full stop."""
    text = " ".join(str(words or "it gives no reason").split())[:_WORDS]
    return f"{text.rstrip('.')}."


def _field(answer: Any, key: str) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(answer, dict) and key in answer:
        return answer[key]
    raise NotKobo(f"The server's answer lacks {key!r}: is it KoboToolbox, and a current one?")
