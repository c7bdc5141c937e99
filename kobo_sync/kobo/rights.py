"""What an account may do with the forms on the server: read from the forms themselves, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kobo_sync.kobo.assets import who_am_i
from kobo_sync.kobo.errors import NotAllowed, NotFound
from kobo_sync.kobo.session import KoboSession

ANONYMOUS = "AnonymousUser"  # KoboToolbox's name for everybody; what everybody may, each account may


@dataclass(frozen=True, slots=True)
class FormRights:
    """What the account may do with one form; `asset` is its id, `title` and `owner` as the server has them.

    `seen` is False where the server shows no such form to this account: then nothing else is known. `may` holds
    KoboToolbox's names of permissions.
    """

    form: str
    asset: str
    seen: bool
    title: str = ""
    owner: str = ""
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose token it is, how many projects that account sees, and what it may do with each form."""

    account: str
    projects: int
    forms: tuple[FormRights, ...]


def rights_of(session: KoboSession, forms: Mapping[str, str]) -> Rights:
    """Ask the server; `forms` maps names to asset ids, "" (left out) for one never deployed. Raises KoboError."""
    account = who_am_i(session)
    listed = session.get("/api/v2/assets/", {"q": "asset_type:survey", "limit": 1})
    count = listed.get("count") if isinstance(listed, dict) else None
    return Rights(
        account,
        count if isinstance(count, int) else 0,
        tuple(_of_form(session, account, form, uid) for form, uid in forms.items() if uid),
    )


def _of_form(session: KoboSession, account: str, form: str, uid: str) -> FormRights:
    try:
        answer = session.get(f"/api/v2/assets/{uid}/")
    except (NotFound, NotAllowed):
        return FormRights(form, uid, seen=False)
    told = answer if isinstance(answer, dict) else {}
    return FormRights(
        form,
        uid,
        seen=True,
        title=str(told.get("name") or ""),
        owner=str(told.get("owner__username") or ""),
        may=_may(told, account),
    )


def _may(asset: Mapping[str, Any], account: str) -> frozenset[str]:
    """Return the permissions: as the server sums them up or, on one that does not, from its list of assignments."""
    summed = asset.get("effective_permissions")
    if isinstance(summed, list):
        return frozenset(str(one.get("codename")) for one in summed if isinstance(one, dict))
    rows = [row for row in asset.get("permissions") or [] if isinstance(row, dict)]
    return frozenset(_last(row.get("permission")) for row in rows if _last(row.get("user")) in {account, ANONYMOUS})


def _last(url: object) -> str:
    """Return the last step of an address: of an account its name, of a permission its code."""
    return urlsplit(str(url or "")).path.rstrip("/").rpartition("/")[2]
