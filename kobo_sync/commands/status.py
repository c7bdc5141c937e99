"""`kobo-sync status`: how the replica is, and whether somebody has to look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kobo_sync.sync.status import FormStatus, Owed, Status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option(
    "--stale-after",
    metavar="TIME",
    default="",
    help="Late from so long after the last success, such as 2h; twice the usual pause if left out.",
)
@click.pass_obj
def status(root: Path, stale_after: str, *, as_json: bool) -> int:
    """Say when each form was last read whole, what is kept, and what waits for a person. Exit code 1: it is late.

    Or something is still owed, such as a withdrawal that the server did not carry out.
    """
    import json
    import time

    from kobo_sync.config import duration
    from kobo_sync.store.store import Store
    from kobo_sync.sync.retention import due
    from kobo_sync.sync.rounds import today
    from kobo_sync.sync.status import status as look
    from kobo_sync.workspace import open_workspace

    workspace = open_workspace(root)
    deployed = [form for form, asset in workspace.forms.items() if asset]
    allowed = float(duration(stale_after, "--stale-after")) if stale_after else None
    with Store(workspace.store) as store:
        old = sum(one.total for one in due(store, workspace.raw_retention_months, today()))
        found = look(store, deployed, time.time(), stale_after=allowed, retention_due=old)
    if as_json:
        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
    return 1 if found.stale or found.owed else 0


def _document(found: Status) -> dict[str, Any]:
    return {
        "stale": found.stale,
        "stale_after_seconds": round(found.allowed),
        "quarantined": found.quarantined,
        "texts_waiting": found.texts_waiting,
        "services_named": found.services_named,
        "retention_due": found.retention_due,
        "owed": {
            "withdrawals_open_on_server": found.owed.withdrawals,
            "old_on_server": found.owed.old,
            "purge": found.owed.bytes_left,
            "reports": found.owed.reports,
            "scores": found.owed.scores,
            "last_scoring_error": found.owed.error or None,
        },
        "forms": {
            form.form: {
                "last_success": None if form.last_success is None else _utc(form.last_success),
                "lag_seconds": None if form.lag is None else round(form.lag),
                "stale": form.late,
                "last_error": form.error,
                "counts": form.states,
                "texts_waiting": form.texts_waiting,
            }
            for form in found.forms
        },
    }


def _lines(found: Status) -> list[str]:
    if not found.forms:
        return ["No form of this workspace is on the server yet. Next: kobo-sync deploy"]
    lines = [_line(form) for form in found.forms]
    if found.quarantined:
        lines.append(f"{found.quarantined} in quarantine. See: kobo-sync quarantine list")
    if texts := found.texts_waiting - found.services_named:
        lines.append(f"{texts} text{'' if texts == 1 else 's'} to be redacted. See: kobo-sync texts list")
    if found.services_named:
        interviews = "1 interview names" if found.services_named == 1 else f"{found.services_named} interviews name"
        lines.append(f"{interviews} a service that is not on your list. See: kobo-sync services proposed")
    if found.retention_due:
        lines.append(f"{found.retention_due} submissions have been kept long enough. See: kobo-sync retention")
    lines += _owed(found.owed)
    if found.stale:
        lines.append(
            f"Late: there should have been a success within {_time(found.allowed)}. Run kobo-sync sync and see what it "
            "says; if a schedule or a watch should do that, look whether it still runs."
        )
    return lines


def _owed(owed: Owed) -> list[str]:
    lines = []
    if owed.withdrawals:
        lines.append(
            f"{owed.withdrawals} withdrawn submissions are still on the server. Their numbers: kobo-sync retention. "
            "Each kobo-sync sync tries to delete them; it needs an account that may."
        )
    if owed.old:
        lines.append(f"{owed.old} submissions whose time is over are still on the server. See: kobo-sync retention")
    if owed.bytes_left:
        lines.append("What was deleted may still have left bytes on this disk. Run: kobo-sync sync")
    if owed.reports:
        lines.append("The team's pages still hold figures of what is gone. Run: kobo-sync sync")
    if owed.scores:
        lines.append("The scores are older than the answers. Run: kobo-sync score")
    if owed.error:
        lines.append(f"The last scoring ended with {owed.error}. Run kobo-sync score and see what it says.")
    return lines


def _line(form: FormStatus) -> str:
    when = "never read whole" if form.lag is None else f"read whole {_time(form.lag)} ago"
    counts = ", ".join(f"{number} {state}" for state, number in form.states.items()) or "nothing kept"
    error = f"; the last run ended with {form.error}" if form.error else ""
    return f"{form.form}: {when}{' (late)' if form.late else ''}; {counts}{error}."


def _time(seconds: float) -> str:
    """Say a length of time as a person would."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _utc(moment: float) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
