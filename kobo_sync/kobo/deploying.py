"""Deploying a workspace's forms: reads the workspace, checks the workbooks, and keeps what was deployed."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from kobo_sync.errors import ConfigError, FormError
from kobo_sync.instrument.build import elsewhere, form_files, may_take_in, take_in
from kobo_sync.instrument.checks.gate import stop_unsafe
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.kobo.assets import Asset, exported, who_am_i
from kobo_sync.kobo.deployment import TAKE, Plan, Wanted, carry_out, plan
from kobo_sync.kobo.meaning import of_workbook
from kobo_sync.kobo.memory import Memory
from kobo_sync.kobo.remedies import in_place
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.team import Wish
from kobo_sync.places import (
    list_for_phones,
    locales_for_phones,
    read_locales,
    read_referrals,
    referrals_for_phones,
)
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import (
    CONFIG,
    FORM_NAME,
    Workspace,
    read_services,
    read_token,
    services_for_phones,
    write_asset,
)

BESIDE = "from-server"


class Deployer:
    """Plans and carries out the deployment of some forms of a workspace; a context manager around its session."""

    def __init__(
        self,
        workspace: Workspace,
        forms: tuple[str, ...] = (),
        session: KoboSession | None = None,
        *,
        take: str = "",
        only_team: bool = False,
    ) -> None:
        """`take` and `only_team` as `kobo-sync deploy` has them. Raises ConfigError."""
        if only_team and workspace.team is None:
            raise ConfigError(
                f"{workspace.root / CONFIG} has no table [team], so --only-team would shut everybody out. Write the "
                "accounts of your team into it first; README shows how."
            )
        self.workspace, self._take, self._only_team = workspace, take, only_team
        self.server = workspace.need_server()
        self._paths = _chosen(workspace, forms)
        self._session = session or KoboSession(self.server, read_token(os.environ))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @cached_property
    def account(self) -> str:
        """The account that the token belongs to. Raises KoboError."""
        return who_am_i(self._session)

    @property
    def drafts(self) -> tuple[str, ...]:
        """The languages of these forms that the framework calls drafts. Raises FormError."""
        path = self.workspace.xlsform / "framework.yaml"
        if not path.is_file():
            return ()
        spoken = {language for form in self._paths for language in read_form(form, form.stem).languages}
        return tuple(name for name in read_framework(path).drafts if name in spoken)

    def plans(self) -> tuple[Plan, ...]:
        """Check every workbook, also as the phone would, then say what each would need.

        Raises FormError for what the checks call an error (`checks.gate`) and for what phones could not open, and
        KoboError.
        """
        today = datetime.now().astimezone().date()
        stop_unsafe(
            self.workspace.root, self.workspace.xlsform, [_named(self.workspace, one) for one in self._paths], today
        )
        plans: list[Plan] = []
        taken = set(self.workspace.forms.values())
        wanted = [self._wanted(path) for path in self._paths]
        wish = Wish(self.workspace.team, self.account, self._only_team)
        for one in wanted:
            uid = self.workspace.forms.get(one.form, "")
            made = plan(self._session, one, uid, self._memory(one.form), wish, take=self._take, taken=taken)
            plans.append(made)
            taken |= {made.asset.uid} if made.asset else set()
        return tuple(plans)

    def carry_out(self, todo: Plan) -> Asset:
        """Do what a plan says; what was deployed is kept here, and a new form's id written into kobo-sync.toml.

        Raises as `deployment.carry_out` does; RefusedForSafety for a form that somebody else changed.
        """
        form = todo.wanted.form
        for path in self._paths:
            if path.stem == form:
                take_in(self.workspace.xlsform, path)
        asset = carry_out(self._session, todo, self._memory(form), created=lambda uid: self._created(form, uid))
        if todo.action == TAKE:
            self._write_beside(form, asset)
        return asset

    def beside(self, form: str, version: str) -> Path:
        """Where the server's form is written for comparison: in a folder of its own, so that it is never deployed."""
        return self.workspace.xlsform / BESIDE / f"{form}-{version}.xlsx"

    def _write_beside(self, form: str, asset: Asset) -> None:
        """Write the server's form down. A file that is there stays: the same version is the same form."""
        path = self.beside(form, asset.version)
        if path.exists():
            return
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(exported(self._session, asset.uid))
            part.replace(path)
        except OSError as error:
            raise ConfigError(
                f"{path} could not be written ({error.strerror}). Make room on the disk, then run this again."
            ) from error

    def _created(self, form: str, uid: str) -> None:
        write_asset(self.workspace, form, uid)
        self.workspace = replace(self.workspace, forms={**self.workspace.forms, form: uid})

    def _memory(self, form: str) -> Memory:
        return Memory(Versions(self.workspace.versions, form))

    def _wanted(self, path: Path) -> Wanted:
        form = read_form(path, path.stem)  # first, since it has the plainer words for what is no workbook at all
        self._converted(path)
        files = {q.list_name for q in form.questions if q.type.endswith("_from_file")}
        files |= {f"{q.name}.{q.type[:3]}" for q in form.questions if q.type in {"csv-external", "xml-external"}}
        media = {name: self._media(name) for name in sorted(files)}
        return Wanted(path.stem, path.read_bytes(), media, form.title)

    def _converted(self, path: Path) -> None:
        """Make sure that phones could open a form. Raises FormError, with the row where that can be told."""
        try:
            convert_form(path)
        except FormError as error:
            if error.row or "[row" in error.what:
                raise
            raise in_place(error, of_workbook(path.read_bytes(), path.stem), path.name) from error

    def _media(self, name: str) -> bytes:
        """Return a file that travels with a form: of any list, only what may leave this machine."""
        listed = self.workspace.services_file
        if name.casefold() == listed.name.casefold():  # on Windows, Services.csv is the same file
            services = read_services(listed)
            if not services:
                raise ConfigError(f"{listed} lists no service, so nobody could choose one. Add a row for each.")
            return services_for_phones(services)
        if name.casefold() == self.workspace.locales_file.name.casefold():
            return locales_for_phones(read_locales(self.workspace.locales_file))
        if name.casefold() == self.workspace.referrals_file.name.casefold():
            listed = self.workspace.locales_file
            locales = read_locales(listed) if listed.exists() else {}
            return referrals_for_phones(read_referrals(self.workspace.referrals_file), locales)
        path = self.workspace.xlsform / name
        if Path(name).name != name or not path.is_file():
            raise ConfigError(
                f"A form asks for the file {name!r}. Put it beside the form, in {self.workspace.xlsform}."
            )
        return list_for_phones(path)


def _named(workspace: Workspace, path: Path) -> str:
    """Return what the checks know a form by: its name, or the path of one from elsewhere."""
    return str(path) if elsewhere(workspace.xlsform, str(path)) else path.stem


def _chosen(workspace: Workspace, forms: tuple[str, ...]) -> tuple[Path, ...]:
    paths = {path.stem: path for path in form_files(workspace.xlsform)}
    for form in forms:
        if path := elsewhere(workspace.xlsform, form):
            may_take_in(workspace.xlsform, path)
            paths[path.stem] = path
    forms = tuple(Path(form).stem if form.lower().endswith(".xlsx") else form for form in forms)
    unknown = [form for form in forms if form not in paths]
    if unknown or not paths:
        raise ConfigError(
            f"There is no {unknown[0] if unknown else 'form'}.xlsx in {workspace.xlsform}. It has: "
            f"{', '.join(paths) or 'no form'}."
        )
    chosen = tuple(path for stem, path in paths.items() if not forms or stem in forms)
    odd = [path.name for path in chosen if not re.fullmatch(FORM_NAME, path.stem)]
    if odd:
        raise ConfigError(
            f"The workbook {odd[0]!r} in {workspace.xlsform} cannot be deployed under that name. Give it a name of "
            "letters, digits, - and _; if it is a copy of another form, move it elsewhere."
        )
    return chosen
