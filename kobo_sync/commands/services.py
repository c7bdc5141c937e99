"""`kobo-sync services`: services that people named because they are not on the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.commands.shared import scores_computed

if TYPE_CHECKING:
    from kobo_sync.store.links import Named
    from kobo_sync.store.seal import Seal
    from kobo_sync.store.store import Store
    from kobo_sync.sync.links import Proposed
    from kobo_sync.sync.versions import Versions
    from kobo_sync.workspace import Workspace

_WARNING = (
    "What follows was typed in interviews. It can tell who was there: nobody else should see this screen, and it is "
    "written down nowhere."
)
_IDS = click.argument("ids", metavar="ID…", nargs=-1, required=True, type=click.IntRange(min=1))
_YES = click.option("--yes", is_flag=True, help="Do it without asking.")
_DEPLOY = click.option("--deploy", "then_deploy", is_flag=True, help="Send the list to the phones at once.")

Decide = Callable[["Workspace", "Store", "Seal", "tuple[Named, ...]"], str]


@click.group()
def services() -> None:
    """Services that people named because they are not on your list: add, match or dismiss them.

    ID is the number of a submission that names it; all that typed the same go with it.
    """


@services.command("proposed")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs; without what was typed.")
@click.pass_obj
def services_proposed(root: Path, *, as_json: bool) -> None:
    """List what waits: how often a service was named, where, what was typed, and what on your list is called so.

    What holds a phone number, an address or an account is not shown here.
    """
    import json

    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import versions_of
    from kobo_sync.sync.links import proposed
    from kobo_sync.workspace import open_workspace, read_services

    workspace = open_workspace(root)
    with Store(workspace.store) as store:
        found = proposed(store, versions_of(workspace), read_services(workspace.services_file))
    if as_json:
        rows = [
            {"id": one.id, "submissions": [named.id for named in one.named], "locale": one.locale,
             "listed": one.listed.code if one.listed else ""}
            for one in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No service waits: all that were named are on your list, or were dealt with.")
        return
    click.echo(_WARNING, err=True)
    for one in found:
        where = f", {one.locale}" if one.locale else ""
        click.echo(f"  {one.id}: {_typed(one)} — {_submissions(len(one.named))}{where}")
        if one.listed:
            click.echo(
                f"     on your list: {one.listed.label} ({one.listed.code}). The same? kobo-sync services match "
                f"{one.id} --to {one.listed.code}"
            )
    click.echo(f"Add one to your list: kobo-sync services accept {found[0].id}")
    click.echo("Not a service, or not to be told: kobo-sync services dismiss ID")


@services.command("accept")
@_IDS
@click.option("--code", default="", help="Its code in services.csv: letters, digits, - and _.")
@click.option("--label", default="", help="Its public label: what phones and reports show.")
@click.option("--locale", default="", help="The code of its place in locales.csv.")
@click.option("--type", "type_", default="", help="What kind of service it is.")
@_DEPLOY
@_YES
@click.pass_context
def services_accept(
    context: click.Context,
    ids: tuple[int, ...],
    *,
    code: str,
    label: str,
    locale: str,
    type_: str,
    then_deploy: bool,
    yes: bool,
) -> int:
    """Add a service to services.csv, and let the submissions that named it be about it; what was typed is removed.

    What is not given is asked for. Your other columns (real name, address, contact) stay empty: fill them in later.
    """
    from kobo_sync.errors import ConfigError, UserError
    from kobo_sync.places import read_locales
    from kobo_sync.services import Service, add_service
    from kobo_sync.sync.links import link_to
    from kobo_sync.sync.screen import screen
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(context.obj)
    wanted = Service(
        code=(code or click.prompt("Code")).strip(),
        label=" ".join((label or click.prompt("Public label (phones and reports show it)")).split()),
        locale=(locale or click.prompt("Place (a code of locales.csv)")).strip(),
        type=" ".join(type_.split()),
    )
    places = read_locales(workspace.locales_file) if workspace.locales_file.exists() else None
    if places is not None and wanted.locale not in places:
        raise ConfigError(
            f"{wanted.locale[:40]!r} is no place of {workspace.locales_file}. It has: {', '.join(places)}."
        )
    if flags := screen(wanted.label):
        raise UserError(f"The public label holds {' and '.join(flags)}: it would stand on phones and in reports.")

    def decide(workspace: Workspace, store: Store, seal: Seal, named: tuple[Named, ...]) -> str:
        new = add_service(workspace.services_file, wanted)
        done = _linked(*link_to(store, seal, _versions(workspace), named, wanted.code))
        return f"{wanted.label} ({wanted.code}) {'is on your list' if new else 'was on your list'}. {done}"

    what = f"Add {wanted.label!r} as {wanted.code} to {workspace.services_file.name}"
    return _decided(context, ids, what, decide, yes=yes, then_deploy=then_deploy)


@services.command("match")
@_IDS
@click.option("--to", "code", required=True, metavar="CODE", help="The code of the service in services.csv.")
@_YES
@click.pass_context
def services_match(context: click.Context, ids: tuple[int, ...], *, code: str, yes: bool) -> int:
    """Let the submissions be about a service that is on your list already; what was typed is removed."""
    from kobo_sync.errors import UserError
    from kobo_sync.sync.links import link_to
    from kobo_sync.workspace import open_workspace, read_services

    workspace = open_workspace(context.obj)
    listed = read_services(workspace.services_file)
    if code not in listed:
        raise UserError(f"There is no service {code[:40]!r} in {workspace.services_file}. It has: {', '.join(listed)}.")

    def decide(workspace: Workspace, store: Store, seal: Seal, named: tuple[Named, ...]) -> str:
        return _linked(*link_to(store, seal, _versions(workspace), named, code))

    return _decided(context, ids, f"Take it for {listed[code].label!r} ({code})", decide, yes=yes)


@services.command("dismiss")
@_IDS
@_YES
@click.pass_context
def services_dismiss(context: click.Context, ids: tuple[int, ...], *, yes: bool) -> int:
    """Remove what was typed for good; the submissions stay, and count for no service."""
    from kobo_sync.store.links import dismiss

    def decide(_workspace: Workspace, store: Store, _seal: Seal, named: tuple[Named, ...]) -> str:
        return f"Removed in {_submissions(dismiss(store, named))}. KoboToolbox still holds what was typed."

    return _decided(context, ids, "Remove what was typed for good", decide, yes=yes)


def _decided(
    context: click.Context, ids: tuple[int, ...], what: str, decide: Decide, *, yes: bool, then_deploy: bool = False
) -> int:
    """Ask, do it under the lock, score anew and remove the bytes in the same run."""
    from kobo_sync.store.seal import open_seal
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import score_now
    from kobo_sync.sync.links import chosen, proposed
    from kobo_sync.sync.lock import lock
    from kobo_sync.sync.tidy import tidy
    from kobo_sync.workspace import open_workspace, read_services

    workspace = open_workspace(context.obj)

    def look(store: Store) -> tuple[Named, ...]:
        listed = read_services(workspace.services_file)
        return chosen(proposed(store, _versions(workspace), listed), ids)

    with Store(workspace.store) as store:
        number = len(look(store))
    if not yes:
        click.confirm(f"{what}, in {_submissions(number)}?", abort=True)
    with lock(workspace), Store(workspace.store) as store:
        named = look(store)
        said = decide(workspace, store, open_seal(workspace.key_file, store), named)
        scored = tidy(workspace, store, lambda: score_now(workspace, store))
    click.echo(said)
    click.echo(f"What was typed is removed from this computer. {scores_computed(scored)}")
    if then_deploy:
        from kobo_sync.commands.deploy import deploy

        return int(context.invoke(deploy, yes=yes) or 0)
    if what.startswith("Add"):
        click.echo("Phones get the new list with: kobo-sync deploy")
    return 0


def _versions(workspace: Workspace) -> dict[str, Versions]:
    from kobo_sync.sync.all_forms import versions_of

    return dict(versions_of(workspace))


def _linked(linked: int, stayed: int) -> str:
    said = f"{_submissions(linked)} {'counts' if linked == 1 else 'count'} for it now."
    if stayed:
        said += f" {_submissions(stayed)} of a closed round {'stays' if stayed == 1 else 'stay'} without a service."
    return said


def _typed(one: Proposed) -> str:
    """Show what was typed, as it was typed most often; not where it holds what could be somebody's."""
    from kobo_sync.sync.screen import screen

    said = Counter(named.words for named in one.named).most_common(1)[0][0]
    if flags := screen(said):
        return f"not shown, for it holds {' and '.join(flags)}: kobo-sync texts show {one.id}"
    return f"“{' '.join(''.join(c if c.isprintable() else ' ' for c in said).split())}”"


def _submissions(number: int) -> str:
    return f"{number} submission" if number == 1 else f"{number} submissions"
