"""What `kobo-sync init` does with the API token: keeping it in the keyring, and saying what it may do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.errors import ConfigError

if TYPE_CHECKING:
    from kobo_sync.kobo.rights import FormRights
    from kobo_sync.kobo.session import KoboSession, Secret
    from kobo_sync.workspace import Workspace

# KoboToolbox's name of a permission, ours, what its sharing page calls it, and what does not work without it; True
# where the program needs it in its everyday work.
_PERMISSIONS = (
    ("view_submissions", "view", "View submissions", "kobo-sync sync reads no interview", True),
    ("add_submissions", "add", "Add submissions", "this account can send no interview", False),
    ("validate_submissions", "validate", "Validate submissions", "mark_on_hold = true marks nothing", False),
    ("delete_submissions", "delete", "Delete submissions", "when a woman withdraws, forget cannot delete there", True),
    ("change_asset", "change", "Edit form", "kobo-sync deploy cannot change the form", True),
    ("manage_asset", "manage", "Manage project", "this account can let nobody else in", False),
)
_ASKED = 3


def check_token(root: Path, server: str) -> int:
    """Say whose token it is and what it may do; returns 3 where something is lacking that the work needs, else 0."""
    from kobo_sync.kobo.rights import rights_of
    from kobo_sync.workspace import find_token

    workspace = _workspace(root, server)
    url = workspace.need_server()
    token, where = find_token(os.environ)
    session = _session(url, token)
    try:
        rights = rights_of(session, workspace.forms)
    finally:
        session.close()
    click.echo(f"The token:    from {where}")
    click.echo(f"Server:       {url}")
    click.echo(f"Account:      {rights.account}")
    click.echo(f"Projects:     sees {rights.projects}; every account may make projects of its own")
    lacking = False
    for form in rights.forms:
        lacking = _tell(form, rights.account, on_hold=workspace.mark_on_hold) or lacking
    if not rights.forms:
        click.echo("No form of this workspace is on the server yet. Next: kobo-sync deploy")
        return 0
    missing = [form for form, uid in workspace.forms.items() if not uid]
    if missing:
        click.echo(f"Not on the server yet: {', '.join(missing)}. Next: kobo-sync deploy")
    if lacking:
        click.echo("Something is lacking; what to do stands above. Then look again: kobo-sync init --check-token")
    else:
        click.echo("That is all that the program needs. Next: kobo-sync sync")
    return 3 if lacking else 0


def _tell(form: FormRights, account: str, *, on_hold: bool) -> bool:
    """Print what the account may do with a form; returns whether something is lacking that the work needs."""
    click.echo("")
    if not form.seen:
        click.echo(f"{form.form} ({form.asset}): this account does not see it, or it is gone.")
        click.echo(f"  What to do: ask its owner to share it with {account}, in KoboToolbox: the project → Settings →")
        click.echo(
            "  Sharing. Is it another account's token, set the right one. Was the project deleted, take its id out"
        )
        click.echo("  of kobo-sync.toml, then: kobo-sync deploy")
        return True
    owned = "its own project" if form.owner == account else f"the project of {form.owner or 'somebody else'}"
    click.echo(f"{form.form} (“{form.title}”, {form.asset}): {owned}")
    lacking: list[str] = []
    needed_lacks = False
    for code, name, label, without, everyday in _PERMISSIONS:
        needed = everyday or (code == "validate_submissions" and on_hold)
        if code in form.may:
            click.echo(f"  {name:<9} yes")
            continue
        click.echo(f"  {name:<9} no{'' if needed else ', not needed'}: {without}")
        needed_lacks = needed_lacks or needed
        lacking += [label] if needed else []
    if lacking:
        ticks = ", ".join(f"“{label}”" for label in lacking)
        click.echo(
            f"  What to do: ask {form.owner or 'its owner'} to open the project in KoboToolbox → Settings → Sharing,"
        )
        click.echo(f"  and to give {account}: {ticks}.")
    return needed_lacks


def keep_token(root: Path, server: str) -> int:
    """Ask for the token, say whose it is, ask, and put it into the keyring. Raises ConfigError where that cannot be."""
    from kobo_sync.commands.asking import somebody_there
    from kobo_sync.keyring_token import HOW_TO_SET, why_no_keyring

    if why := why_no_keyring():
        raise ConfigError(f"The token cannot be kept in a keyring. {why}\n{HOW_TO_SET}")
    if not somebody_there():
        raise ConfigError(
            f"Nobody is here to be asked for the token: type this command yourself, in a window.\n{HOW_TO_SET}"
        )
    workspace = _workspace(root, server)
    token = ask_token(workspace.need_server())
    if token is None or not _keep(token):
        click.echo("Nothing was kept.")
        return 1
    return 0


def offer_token(folder: Path) -> None:
    """After a workspace was made: ask for the token where none is set, and offer to keep it. Never fails."""
    from kobo_sync.keyring_token import HOW_TO_SET, why_no_keyring
    from kobo_sync.setup import typed
    from kobo_sync.workspace import find_token, open_workspace

    try:
        _, where = find_token(os.environ)
    except ConfigError:
        pass
    else:
        click.echo(f"The API token: there is one, from {where}.")
        return
    why = why_no_keyring()
    if why:
        click.echo(f"The API token stands in KoboToolbox, under Account settings → Security. {why}")
        click.echo(HOW_TO_SET)
        return
    token = ask_token(open_workspace(folder).need_server())
    try:
        kept = token is not None and _keep(token)
    except ConfigError as error:
        click.echo(str(error))
        return
    if not kept:
        click.echo(f"No token was kept. Whenever you like: kobo-sync init {typed(folder)} --keep-token\n{HOW_TO_SET}")


def ask_token(url: str) -> Secret | None:
    """Ask for the token, hidden, and the server whose it is; None when nobody gave one that the server knows."""
    from kobo_sync.kobo.assets import who_am_i
    from kobo_sync.kobo.errors import BadToken, KoboError
    from kobo_sync.workspace import parse_token

    click.echo("The API token stands in KoboToolbox, under Account settings → Security. Copy it there.")
    for _ in range(_ASKED):
        typed = click.prompt(
            "API token (nothing is shown; Enter: later)", default="", hide_input=True, show_default=False
        )
        if not str(typed).strip():
            return None
        try:
            token = parse_token(str(typed), "this prompt")
        except ConfigError as error:
            click.echo(str(error))
            continue
        session = _session(url, token)
        try:
            click.echo(f"It belongs to the account {who_am_i(session)} on {url}.")
        except BadToken as error:
            click.echo(str(error))
            continue
        except KoboError as error:
            click.echo(f"Whose it is could not be seen: {error}")
        finally:
            session.close()
        return token
    return None


def _keep(token: Secret) -> bool:
    from kobo_sync.keyring_token import keep_token as keep
    from kobo_sync.workspace import KEYRING

    if not click.confirm("Keep it in this computer's keyring, where only your login opens it?", default=False):
        return False
    keep(token)
    click.echo(f"Kept in the keyring, under {KEYRING[0]}. Next: kobo-sync init --check-token")
    return True


def _session(url: str, token: Secret) -> KoboSession:
    """Open a session that soon says when there is no internet: somebody waits at a prompt."""
    from kobo_sync.kobo.session import KoboSession, Patience

    return KoboSession(url, token, patience=Patience(attempts=2, total=30, read=60))


def _workspace(root: Path, server: str) -> Workspace:
    """Open the workspace; with --server, a folder that is none will do. Raises ConfigError."""
    from dataclasses import replace

    from kobo_sync.workspace import open_workspace, server_address

    address = server_address(server, "--server")
    workspace = open_workspace(root, need_config=not address)
    return replace(workspace, server=address) if address else workspace
