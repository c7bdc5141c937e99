"""`kobo-sync demo`: the whole job, start to end, on a stand-in server on this machine, with made-up interviews.

Everything between the phone and the scorecard is the program that coordinators use; only the server and the women
are made up.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from kobo_sync.csv_files import write_table
from kobo_sync.demo.people import interviews
from kobo_sync.demo.services import LOCALES, Service, services
from kobo_sync.engine import Phone, edited
from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.kobo.deploying import Deployer
from kobo_sync.kobo.session import KoboSession, Secret
from kobo_sync.kobo.submissions import new_pages
from kobo_sync.report.gather import DEMO_MARK, write_report
from kobo_sync.setup import make_workspace
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of, sync_workspace
from kobo_sync.workspace import Workspace, open_workspace

SEED = 2026
_MANY = "100_or_more"  # women whom each service sees, so that a release of the demo has something to publish
_FEW = 12  # services with so few women are there to show what little evidence looks like; they are not made larger
_EDITED_EVERY = 25
_SPOILED = 3

Say = Callable[[str], None]
Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


def tell(out: Path, *, say: Say, bar: Bar, wanted: int = 370) -> Path:
    """Play the whole story in the folder `out`, made anew, and return the report's first page.

    `wanted` is about how many interviews to make up. Raises ConfigError when `out` is something else than an earlier
    demonstration, EngineMissing without the extra `engine`, and whatever the program itself may raise.
    """
    _clear(out)
    with _server() as (url, token):
        say(f"1. A stand-in for KoboToolbox is running on this machine ({url}); nothing leaves it.")
        workspace = _workspace(out, url, wanted)
        session = KoboSession(url, Secret(token))
        say(f"2. Made a workspace with forms and a list of made-up services: {out}")
        workspace = _deploy(workspace, session, say)
        for name, uid in workspace.forms.items():
            form = read_form(workspace.xlsform / f"{name}.xlsx", name)
            _collect(workspace, form, uid, Phone(url, token=token), say=say, bar=bar, wanted=wanted)
            if form.source in {"C", ""}:
                _spoil(session, form, uid, say)
        with bar("Reading") as progress:
            result = sync_workspace(workspace, session=KoboSession(url, Secret(token)), progress=progress)
        session.close()
    for outcome in result.outcomes:
        counts = outcome.counts
        say(
            f"5. {outcome.form}: synced {counts.read} submissions: {counts.accepted} accepted, {counts.refused} "
            f"without consent, {counts.quarantined} quarantined."
        )
    say("   What is quarantined is kept out of the scores, and says why. For example:")
    _show_quarantine(workspace, say)
    say(f"6. Scored {result.scored} services and wrote the team's report.")
    index = write_report(workspace)
    say("")
    say(f"Open it in a browser: {index.resolve()}")
    return index


def _clear(out: Path) -> None:
    """Make way for a new demonstration; a folder that holds anything else is left alone."""
    if not out.exists():
        return
    if any(out.iterdir()) and not (out / DEMO_MARK).exists():
        raise ConfigError(f"{out} is there already and is no demonstration. Choose another folder with --out.")
    shutil.rmtree(out)


@contextmanager
def _server() -> Iterator[tuple[str, str]]:
    """Run the stand-in; yields its address and the coordinator's token."""
    from kobo_sync.engine.errors import EngineMissing

    try:
        from kobo_sync.standin import Standin
    except ModuleNotFoundError as error:
        raise EngineMissing(error.name or "werkzeug") from error
    with Standin() as server:
        yield server.url, server.add_user("coordinator")


def _workspace(out: Path, url: str, wanted: int) -> Workspace:
    make_workspace(out, url)
    (out / DEMO_MARK).write_text("Made by kobo-sync demo; all interviews are made up.\n", encoding="utf-8")
    workspace = open_workspace(out)
    made = _services(workspace, wanted)
    lists: dict[Path, tuple[Sequence[str], list[tuple[str, ...]]]] = {
        workspace.services_file: (
            ("code", "label", "locale", "type", "women_band"),
            [(one.code, one.label, one.locale, one.type, _MANY) for one in made],
        ),
        workspace.locales_file: (("code", "label"), [*LOCALES.items()]),
    }
    for path, (header, rows) in lists.items():
        path.write_bytes(write_table(header, rows))
    if workspace.referrals_file.exists():  # the example's rows name places that are not there
        header = ("locale", "label", "phone", "hours", "accepts_women_who_use_drugs", "checked_on")
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        rows = [(code, "Helpers (made up)", "000 000", "day and night", "yes", today) for code in LOCALES]
        workspace.referrals_file.write_bytes(write_table(header, rows))
    return workspace


def _services(workspace: Workspace, wanted: int) -> tuple[Service, ...]:
    """Return the made-up services, sized so that there are about as many interviews as wanted."""
    made = services(framework_of(workspace), SEED)
    many = sum(service.women for service in made if service.women > _FEW)
    factor = max(wanted * 0.93 - sum(s.women for s in made if s.women <= _FEW), 0) / many
    return tuple(
        service if service.women <= _FEW else replace(service, women=max(1, round(service.women * factor)))
        for service in made
    )


def _deploy(workspace: Workspace, session: KoboSession, say: Say) -> Workspace:
    deployer = Deployer(workspace, session=session)
    for plan in deployer.plans():
        say(f"3. {plan.in_words()}")
        deployer.carry_out(plan)
    return open_workspace(workspace.root)


def _collect(workspace: Workspace, form: Form, uid: str, phone: Phone, *, say: Say, bar: Bar, wanted: int) -> None:
    """Fill in every interview by JavaRosa on the form that the server deployed, and send it; some are edited after."""
    people = list(interviews(form, framework_of(workspace), _services(workspace, wanted), SEED))
    filler = phone.filler(uid)
    changed = 0
    with bar("Interviewing") as progress:
        for number, answers in enumerate(people, 1):
            xml = filler.fill(answers).xml
            phone.send(xml)
            change = _other_answer(form, answers) if number % _EDITED_EVERY == 0 else None
            if change:
                phone.send(edited(xml, change))
                changed += 1
            progress(number, len(people))
    say(
        f"4. {form.name}: {len(people)} made-up submissions were filled in on the deployed form by JavaRosa, the "
        f"engine inside KoboCollect, and sent; {changed} of them were edited afterwards."
    )


def _other_answer(form: Form, answers: Mapping[str, object]) -> dict[str, str | None] | None:
    """Correct one answer, as an enumerator does who mistyped: another choice that scores."""
    for question in _plain(form):
        others = [c.name for c in question.choices if c.score is not None and c.name != answers.get(question.name)]
        if question.name in answers and others:
            return {question.path: others[0]}
    return None


def _plain(form: Form) -> Iterator[Question]:
    """Yield scored one-choice questions on which no other question depends."""
    conditions = " ".join(text for question in form.questions for text in question.relevant)
    for question in form.scored:
        if question.type == "select_one" and f"${{{question.name}}}" not in conditions:
            yield question


def _spoil(session: KoboSession, form: Form, uid: str, say: Say) -> None:
    """Do what happens in real life: somebody edits several submissions at once, and the server checks nothing."""
    question = next(_plain(form), None)
    if question is None:
        return
    page = next(new_pages(session, uid, 0), None)
    ids = [row["_id"] for row in page.rows if question.path in row][:_SPOILED] if page else []
    payload = {"submission_ids": ids, "data": {question.path: "see paper"}}
    session.send("PATCH", f"/api/v2/assets/{uid}/data/bulk/", body={"payload": payload})
    say(f"   Then somebody spoiled {len(ids)} of them by a bulk edit on the server, which checks nothing.")


def _show_quarantine(workspace: Workspace, say: Say) -> None:
    with Store(workspace.store) as store:
        for _, id_, problems in store.quarantined()[:1]:
            for problem in problems:
                say(f"     submission {id_}: {problem.what}")
                say(f"     → {problem.remedy}")
