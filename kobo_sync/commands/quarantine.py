"""`kobo-sync quarantine`: what the forms do not allow, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kobo_sync.errors import UserError

if TYPE_CHECKING:
    from kobo_sync.store.store import Problem

_SHOWN = 8  # numbers that one line of the list names


@click.group()
def quarantine() -> None:
    """Submissions that the forms do not allow, and what to do about them. They are in no score, and none is lost."""


@quarantine.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.pass_obj
def quarantine_list(root: Path, *, as_json: bool) -> None:
    """List what waits, form by form: what is wrong, with which submissions, and the remedy."""
    import json

    from kobo_sync.store.store import Store
    from kobo_sync.workspace import open_workspace

    with Store(open_workspace(root).store) as store:
        found = store.quarantined()
    if as_json:
        waiting = [
            {"form": form, "id": id_, "problems": [_document(problem) for problem in problems]}
            for form, id_, problems in found
        ]
        click.echo(json.dumps(waiting, ensure_ascii=False, indent=2))
        return
    for form in dict.fromkeys(form for form, _, _ in found):
        here = [(id_, problems) for name, id_, problems in found if name == form]
        click.echo(f"{form}: {len(here)} in quarantine")
        for reason, ids in _by_reason(here):
            click.echo(f"  {_submissions(form, ids)}:")
            for problem in reason:
                click.echo(f"    - {problem.what}")
            for remedy in dict.fromkeys(_for_all(problem.remedy, ids) for problem in reason):
                click.echo(f"      → {remedy}")
    click.echo(
        f"{len(found)} in quarantine. More about one: kobo-sync quarantine show ID"
        if found
        else "Nothing is in quarantine."
    )


@quarantine.command("show")
@click.argument("id_", metavar="ID", type=click.IntRange(min=1))
@click.pass_obj
def quarantine_show(root: Path, id_: int) -> None:
    """Show all that is wrong with submission ID: field, rule and remedy; never what was answered."""
    from kobo_sync.store.store import Store
    from kobo_sync.sync.judge import ENCRYPTED
    from kobo_sync.workspace import open_workspace

    with Store(open_workspace(root).store) as store:
        found = [(form, problems) for form, number, problems in store.quarantined() if number == id_]
    if not found:
        raise UserError(f"Submission {id_} is not in quarantine. What is: kobo-sync quarantine list")
    for form, problems in found:
        click.echo(f"{form}, submission {id_}, kept out of the scores:")
        for number, problem in enumerate(problems, 1):
            click.echo(f"  {number}. {problem.what}")
            click.echo(f"     field: {problem.field or '(the whole submission)'}; rule: {problem.rule}")
            click.echo(f"     → {problem.remedy}")
    if any(problem.rule != ENCRYPTED for _, problems in found for problem in problems):
        click.echo(f"Once it is mended: kobo-sync quarantine retry {id_} (the next sync does it by itself)")


@quarantine.command("retry")
@click.argument("ids", metavar="[ID]…", nargs=-1, type=click.IntRange(min=1))
@click.pass_obj
def quarantine_retry(root: Path, ids: tuple[int, ...]) -> None:
    """Read the submissions with these numbers (all that wait, without any) anew and judge them again, now."""
    from kobo_sync.sync.retry import retry
    from kobo_sync.workspace import open_workspace

    done = retry(open_workspace(root), ids)
    for form, (looked_at, released) in done.items():
        click.echo(f"{form}: {looked_at} looked at again, {released} released.")
    if not done:
        click.echo("Nothing is in quarantine.")
    elif any(looked_at > released for looked_at, released in done.values()):
        click.echo("What still waits, and why: kobo-sync quarantine list")


def _by_reason(
    found: Iterable[tuple[int, tuple[Problem, ...]]],
) -> list[tuple[tuple[Problem, ...], list[int]]]:
    """Put together the submissions that wait for the same reasons, the most frequent first."""
    reasons: dict[tuple[tuple[str, str, str], ...], tuple[tuple[Problem, ...], list[int]]] = {}
    for id_, problems in found:
        key = tuple((problem.field, problem.rule, problem.what) for problem in problems)
        reasons.setdefault(key, (problems, []))[1].append(id_)
    return sorted(reasons.values(), key=lambda one: (-len(one[1]), one[1]))


def _submissions(form: str, ids: list[int]) -> str:
    if len(ids) == 1:
        return f"{form}, submission {ids[0]}"
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"{form}, submissions {', '.join(map(str, ids[:_SHOWN]))}{more}"


def _for_all(remedy: str, ids: list[int]) -> str:
    """Say a remedy, which names the first of them, for all of them."""
    if len(ids) == 1:
        return remedy
    return remedy.replace(f"submission {ids[0]}", "each of these submissions").replace(
        f"Submission {ids[0]}", "Each of these submissions"
    )


def _document(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "rule": problem.rule, "what": problem.what, "remedy": problem.remedy}
