"""Deploying a form: a plan first, then its steps, each of which can be done again after a break.

The workbook of a version is kept here before phones can get it, so that no answer ever comes in of a version that
this workspace does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kobo_sync.kobo.assets import Asset, deploy, import_form, md5, media, put_media, read_asset
from kobo_sync.kobo.session import KoboSession

CREATE, CHANGE, REDEPLOY, NOTHING = "create", "change", "redeploy", "nothing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the workspace wants on the server: the workbook and the files that travel with it, by name."""

    form: str
    xlsx: bytes
    media: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done: `action` is CREATE, CHANGE, REDEPLOY (files only) or NOTHING; `media` the files to send."""

    wanted: Wanted
    asset: Asset | None
    action: str
    media: tuple[str, ...]

    def in_words(self) -> str:
        """Say the plan in a sentence."""
        files = f", with {', '.join(self.media)}" if self.media else ""
        where = f" ({self.asset.uid})" if self.asset else ""
        match self.action:
            case "create":
                return f"{self.wanted.form}: create it on the server and deploy it{files}"
            case "change":
                return f"{self.wanted.form}{where}: send the changed form and deploy it again{files}"
            case "redeploy":
                return f"{self.wanted.form}{where}: send {', '.join(self.media) or 'nothing new'} and deploy it again"
            case _:
                return f"{self.wanted.form}{where}: nothing to do, the server has it"


def plan(session: KoboSession, wanted: Wanted, uid: str, same: Callable[[str], bool]) -> Plan:
    """Compare with the server. `same(version)` tells whether exactly this workbook was sent as that version.

    Raises KoboError.
    """
    if not uid:
        return Plan(wanted, None, CREATE, tuple(wanted.media))
    asset = read_asset(session, uid)
    there = {entry.filename: entry.md5 for entry in media(session, uid)}
    files = tuple(name for name, content in wanted.media.items() if there.get(name) != md5(content))
    if not same(asset.version):
        return Plan(wanted, asset, CHANGE, files)
    if files or asset.deployed_version != asset.version or not asset.active:
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
    Raises FormRefused with the server's words, StaleVersion, KoboError; done again, it goes on where it stopped.
    """
    asset = todo.asset
    if todo.action in {CREATE, CHANGE}:
        uid = import_form(session, f"{todo.wanted.form}.xlsx", todo.wanted.xlsx, replace=asset.uid if asset else None)
        if asset is None:
            created(uid)
        asset = read_asset(session, uid)
    if asset is None:
        raise ValueError("a plan without an asset creates one")
    if todo.action == NOTHING:
        return asset
    keep(asset.version)
    for name in todo.media:
        put_media(session, asset.uid, name, todo.wanted.media[name])
    asset = deploy(session, asset)
    keep(asset.deployed_version)
    return asset
