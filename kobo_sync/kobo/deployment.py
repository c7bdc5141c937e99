"""Deploying a form: a plan first, then its steps, each of which can be done again after a break.

The workbook of a version is kept here before phones can get it, so that no answer ever comes in of a version that
this workspace does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from kobo_sync.kobo.assets import (
    Asset,
    deploy,
    drafts,
    import_form,
    md5,
    media,
    put_media,
    read_asset,
    stale,
)
from kobo_sync.kobo.session import KoboSession

CREATE, CHANGE, REDEPLOY, NOTHING = "create", "change", "redeploy", "nothing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the workspace wants on the server: the workbook and the files that travel with it, by name.

    `title` is what the form is called in KoboToolbox, "" if that is not known.
    """

    form: str
    xlsx: bytes
    media: Mapping[str, bytes]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: `action` is CREATE, CHANGE, REDEPLOY (files only) or NOTHING; `media` the files to send.

    `found` tells that the form is not in kobo-sync.toml yet: a draft of that title, left by a run that broke off.
    """

    wanted: Wanted
    asset: Asset | None
    action: str
    media: tuple[str, ...]
    found: bool = False

    def in_words(self) -> str:
        """Say the plan in a sentence."""
        files = f", with {', '.join(self.media)}" if self.media else ""
        where = f" ({self.asset.uid})" if self.asset else ""
        if self.found:
            return f"{self.wanted.form}{where}: send it into the draft of that title on the server and deploy it{files}"
        match self.action:
            case "create":
                return f"{self.wanted.form}: create it on the server and deploy it{files}"
            case "change":
                return f"{self.wanted.form}{where}: send the changed form and deploy it again{files}"
            case "redeploy":
                open_again = "" if self.asset and self.asset.active else ", which opens it for answers again"
                return f"{self.wanted.form}{where}: deploy it again{files or ' as it is there'}{open_again}"
            case _:
                return f"{self.wanted.form}{where}: nothing to do, the server has it"


def plan(
    session: KoboSession,
    wanted: Wanted,
    uid: str,
    same: Callable[[str], bool],
    *,
    taken: Collection[str] = (),
) -> Plan:
    """Compare with the server. `same(version)` tells whether exactly this workbook was sent as that version.

    Without `uid`, a draft of the form's title that is not among `taken` (other forms' uids) is used before another one
    is made: the answer to an import may have been lost. Raises KoboError.
    """
    if not uid:
        left = [one for one in drafts(session, wanted.title) if one.uid not in taken] if wanted.title else []
        if not left:
            return Plan(wanted, None, CREATE, tuple(wanted.media))
        return Plan(wanted, left[0], CHANGE, tuple(wanted.media), found=True)
    asset = read_asset(session, uid)
    there = {entry.filename: entry for entry in media(session, uid)}
    files = tuple(
        name for name, content in wanted.media.items() if name not in there or there[name].md5 != md5(content)
    )
    if not same(asset.version):
        return Plan(wanted, asset, CHANGE, files)
    # A run may have broken off between sending a file and deploying: phones still have the file of before.
    waiting = any(
        entry.sent and asset.deployed_at and entry.sent > asset.deployed_at
        for name, entry in there.items()
        if name in wanted.media
    )
    if files or waiting or asset.deployed_version != asset.version or not asset.active:
        return Plan(wanted, asset, REDEPLOY, files)
    return Plan(wanted, asset, NOTHING, ())


def carry_out(
    session: KoboSession,
    todo: Plan,
    *,
    created: Callable[[str], None],
    keep: Callable[[str], None],
) -> Asset:
    """Do what the plan says and return the form's state on the server.

    `created(uid)` is called as soon as a new form is on the server, `keep(version)` before that version is deployed.
    Raises StaleVersion when somebody changed the form since the plan was made (nothing is done then), FormRefused with
    the server's words, and KoboError; done again, it goes on where it stopped.
    """
    asset = todo.asset
    if todo.action == NOTHING and asset is not None:
        return asset
    if asset is not None:
        now = read_asset(session, asset.uid)
        if now.version != asset.version:
            raise stale(asset)
        asset = now
        if todo.found:
            created(asset.uid)
    if todo.action in {CREATE, CHANGE}:
        uid = import_form(session, f"{todo.wanted.form}.xlsx", todo.wanted.xlsx, replace=asset.uid if asset else None)
        if asset is None:
            created(uid)
        asset = read_asset(session, uid)
    if asset is None:
        raise ValueError("a plan without an asset creates one")
    keep(asset.version)
    for name in todo.media:
        put_media(session, asset.uid, name, todo.wanted.media[name])
    asset = deploy(session, asset)
    keep(asset.deployed_version)
    return asset
