"""Deploying a workspace's forms: reads the workspace, checks the workbooks, and keeps what was deployed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.xform import convert_form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.kobo.assets import Asset, who_am_i
from kobo_sync.kobo.deployment import Plan, Wanted, carry_out, plan
from kobo_sync.kobo.session import KoboSession
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace, read_services, read_token, services_for_phones, write_asset


class Deployer:
    """Plans and carries out the deployment of some forms of a workspace; a context manager around its session."""

    def __init__(self, workspace: Workspace, forms: tuple[str, ...] = (), session: KoboSession | None = None) -> None:
        self.workspace = workspace
        self.server = workspace.need_server()
        self._paths = _chosen(workspace, forms)
        self._session = session or KoboSession(self.server, read_token(os.environ))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def account(self) -> str:
        """The account that the token belongs to. Raises KoboError."""
        return who_am_i(self._session)

    def plans(self) -> tuple[Plan, ...]:
        """Check every workbook as the phone would, then say what each would need. Raises FormError and KoboError."""
        wanted = [self._wanted(path) for path in self._paths]
        return tuple(
            plan(
                self._session,
                one,
                self.workspace.forms.get(one.form, ""),
                lambda version, one=one: self._versions(one.form).holds(version, one.xlsx),  # type: ignore[misc]  # mypy cannot type a default in a lambda
            )
            for one in wanted
        )

    def carry_out(self, todo: Plan) -> Asset:
        """Do what a plan says; what was deployed is kept here, and a new form's id written into kobo-sync.toml."""
        form = todo.wanted.form
        return carry_out(
            self._session,
            todo,
            created=lambda uid: write_asset(self.workspace, form, uid),
            keep=lambda version: self._versions(form).keep(version, todo.wanted.xlsx),
        )

    def _versions(self, form: str) -> Versions:
        return Versions(self.workspace.versions, form)

    def _wanted(self, path: Path) -> Wanted:
        convert_form(path)
        form = read_form(path, path.stem)
        files = {q.list_name for q in form.questions if q.type.endswith("_from_file")}
        return Wanted(path.stem, path.read_bytes(), {name: self._media(name) for name in sorted(files)})

    def _media(self, name: str) -> bytes:
        """Return a file that travels with a form; of the services, only what may leave this machine."""
        if name == self.workspace.services_file.name:
            return services_for_phones(read_services(self.workspace.services_file))
        path = self.workspace.xlsform / name
        if Path(name).name != name or not path.is_file():
            raise ConfigError(
                f"A form asks for the file {name!r}. Put it beside the form, in {self.workspace.xlsform}."
            )
        return path.read_bytes()


def _chosen(workspace: Workspace, forms: tuple[str, ...]) -> tuple[Path, ...]:
    paths = {path.stem: path for path in form_files(workspace.xlsform)}
    unknown = [form for form in forms if form not in paths]
    if unknown or not paths:
        raise ConfigError(
            f"There is no {unknown[0] if unknown else 'form'}.xlsx in {workspace.xlsform}. It has: "
            f"{', '.join(paths) or 'no form'}."
        )
    return tuple(path for stem, path in paths.items() if not forms or stem in forms)
