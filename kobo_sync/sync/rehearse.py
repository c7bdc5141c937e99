"""A rehearsal: made-up interviews go the whole way through the deployed forms, and leave nothing behind.

Each is filled in by the phones' own engine on what the server hands to phones, sent as a phone sends, read back, judged
and scored as a sync does it; but in memory alone. The store is not even opened: what a rehearsal sends cannot enter a
score, an export or a report. The mark in its id (kobo_sync.sync.rehearsed) sees to the rest, also after a kill.
"""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kobo_sync.errors import ConfigError, KoboSyncError
from kobo_sync.instrument.form import Form
from kobo_sync.kobo.assets import Asset, read_asset
from kobo_sync.kobo.errors import NotAllowed
from kobo_sync.kobo.session import KoboSession
from kobo_sync.kobo.submissions import by_ids
from kobo_sync.scoring.items import answer_sheet, area_answers, lay_out
from kobo_sync.scoring.model import VALUE
from kobo_sync.scoring.rounds import round_of
from kobo_sync.scoring.service import score_service
from kobo_sync.store.scores import Stored
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, REFUSED, Row
from kobo_sync.sync.all_forms import framework_of, wanted_forms
from kobo_sync.sync.judge import judge
from kobo_sync.sync.rehearsed import MarkedLeft, delete_marked, marked_identity, marked_on_server
from kobo_sync.sync.scores import SCORED, by_source
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace, read_services, read_token

if TYPE_CHECKING:
    from kobo_sync.engine import Filler, Phone
    from kobo_sync.instrument.framework import Framework

INTERVIEWS = 3
_NEEDED = {
    "add_submissions": "Add submissions",
    "view_submissions": "View submissions",
    "delete_submissions": "Delete submissions",
}
_WORDS = "REHEARSAL: not an interview"  # for whoever looks at the data meanwhile; nothing is known by it
_LOOKS, _PAUSE = 6, 2.0  # how often, and seconds between, the server is asked for what it has just received


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be rehearsed: a form, where it lies on the server, and the workbook of its deployed version."""

    form: Form
    asset: Asset
    versions: Versions


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of the test submissions of one form.

    `accepted` were judged fine, `refused` said no at consent and would be kept as a no; `problems` says of the others
    what is wrong, each thing once. `scored` are the codes of the indicators that got a value, of those `asked` by the
    form. `deleted` of them are gone on the server; `trouble`: what broke it off.
    """

    form: str
    sent: int = 0
    arrived: int = 0
    accepted: int = 0
    refused: int = 0
    problems: tuple[str, ...] = ()
    scored: tuple[str, ...] = ()
    asked: int = 0
    deleted: int = 0
    trouble: KoboSyncError | None = None

    @property
    def fine(self) -> bool:
        """Whether everything arrived, was accepted (or refused, as it said), scored where it can, and is gone."""
        whole = self.sent == self.arrived == self.deleted == self.accepted + self.refused
        return self.sent > 0 and whole and (bool(self.scored) or not self.asked) and self.trouble is None


def plan(workspace: Workspace, session: KoboSession, forms: tuple[str, ...] = ()) -> tuple[Planned, ...]:
    """Return what would be rehearsed: the named forms, or all that are deployed.

    Nothing is sent before it is certain that it can be deleted: raises NotAllowed where the account may not delete,
    look at or add submissions, and ConfigError for a form that is not open, or was deployed from elsewhere.
    """
    found: list[Planned] = []
    for form, uid in wanted_forms(workspace, forms).items():
        asset = read_asset(session, uid)
        _may(session, form, uid)
        versions = _versions(workspace, form)
        validator = versions.validator(asset.deployed_version) if asset.deployed else None
        if not asset.active or validator is None:
            raise ConfigError(
                f"{form} is not open for answers on the server, or was deployed from elsewhere than this workspace, so "
                "it cannot be rehearsed. First: kobo-sync deploy"
            )
        found.append(Planned(validator.form, asset, versions))
    return tuple(found)


def open_phone(workspace: Workspace) -> Phone:
    """Return a phone that sends where the workspace's phones send, with the coordinator's account.

    Raises EngineMissing without the extra `engine`, and ConfigError.
    """
    from kobo_sync.engine import Phone, start

    start()  # before anything is asked: without the engine nothing can be filled in
    return Phone(workspace.collect or workspace.need_server(), token=read_token(os.environ).reveal())


def rehearse(
    workspace: Workspace, session: KoboSession, phone: Phone, planned: Sequence[Planned], interviews: int = INTERVIEWS
) -> Iterator[Rehearsed]:
    """Rehearse one form after the other, and tell what became of it; what an earlier rehearsal left is deleted first.

    What the server or a form does not do is told in `Rehearsed.trouble`, and the next form goes on; test submissions
    are deleted whatever happens, by the next sync at the latest. Raises ConfigError and FormError when the workspace's
    own lists cannot be read. Only to be called under the workspace's lock.
    """
    framework = framework_of(workspace)
    for one in planned:
        yield _Rehearsal(workspace, session, phone, framework, one).run(interviews)


@dataclass
class _Rehearsal:
    """One form's."""

    workspace: Workspace
    session: KoboSession
    phone: Phone
    framework: Framework
    planned: Planned
    _told: dict[str, Any] = field(default_factory=dict)

    def run(self, interviews: int) -> Rehearsed:
        uid = self.planned.asset.uid
        trouble: KoboSyncError | None = None
        try:
            delete_marked(self.session, uid)
            self._go_through(interviews)
        except KoboSyncError as error:
            trouble = error
        finally:  # a person's Ctrl-C as well
            try:
                self._told["deleted"] = delete_marked(self.session, uid)
            except KoboSyncError as error:
                trouble = _left(error)
        return Rehearsed(self.planned.form.name, trouble=trouble, **self._told)

    def _go_through(self, interviews: int) -> None:
        xmls = list(self._filled_in(interviews))  # all of them, before one is sent
        for number, xml in enumerate(xmls, 1):
            self.phone.send(xml)
            self._told["sent"] = number
        rows = [judge(raw, self.planned.versions, Seal(secrets.token_bytes(32))) for raw in self._arrived(len(xmls))]
        self._told["arrived"] = len(rows)
        self._told["accepted"] = sum(row.state == ACCEPTED for row in rows)
        self._told["refused"] = sum(row.state == REFUSED for row in rows)
        problems = (f"{problem.field}: {problem.what}" for row in rows for problem in row.problems)
        self._told["problems"] = tuple(dict.fromkeys(problems))
        self._score(rows)

    def _filled_in(self, interviews: int) -> Iterator[str]:
        from kobo_sync.demo.draw import text_fits
        from kobo_sync.demo.people import some_interviews
        from kobo_sync.engine import Filler, changed

        form = self.planned.form
        xform, media = self.phone.download(self.planned.asset.uid)
        filler: Filler = Filler(xform, media)
        service = self._service(media)
        own_words = [q for q in form.questions if q.free_text and q.role in {"", "free_text"} and not q.repeat]
        words = {q.name: _WORDS for q in own_words if text_fits(q.constraint, _WORDS)}
        for drawn in some_interviews(form, self.framework, service, secrets.randbits(32), interviews):
            yield changed(filler.fill({**drawn, **words}).xml, {"meta/instanceID": marked_identity()})

    def _service(self, media: Mapping[str, bytes]) -> tuple[str, str]:
        """Return code and locale of a service that phones have on their list, "" where the form asks for none."""
        question = self.planned.form.with_role("service")
        if question is None:
            return "", _first(media, self.planned.form, "locale")
        if not question.list_name.endswith(".csv"):
            return (question.choices[0].name if question.choices else ""), _first(media, self.planned.form, "locale")
        there = _names(media.get(question.list_name, b""))
        listed = read_services(self.workspace.services_file)
        for code, service in listed.items():
            if code in there:
                return code, service.locale
        raise ConfigError(
            f"Phones do not have a single service of {self.workspace.services_file.name} on their list yet. First: "
            "kobo-sync deploy"
        )

    def _arrived(self, number: int) -> list[dict[str, Any]]:
        """Read back what the server has of the tests; a slow one is asked some times."""
        uid = self.planned.asset.uid
        ids = marked_on_server(self.session, uid)
        for _ in range(_LOOKS):
            if len(ids) >= number:
                break
            self.session.pause(_PAUSE)
            ids = marked_on_server(self.session, uid)
        return [row for page in by_ids(self.session, uid, ids) for row in page.rows]

    def _score(self, rows: Sequence[Row]) -> None:
        """Score what was accepted, as a sync does, and keep which indicators got a value; no figure leaves here."""
        form = self.planned.form
        codes = [indicator.code for indicator in self.framework.indicators]
        gaps = {q.indicator for q in form.questions if q.role == "gap"}
        self._told["asked"] = len(gaps or {q.indicator for q in form.scored} & set(codes))
        stored = [
            Stored(form.name, row.version, row.document, row.id)
            for row in rows
            if row.state == ACCEPTED and row.document is not None
        ]
        found: set[str] = set()
        answers = by_source(stored, {form.name: self.planned.versions}, SCORED)
        for source, some in answers.items():
            sheet = answer_sheet(source, codes, [(version, document) for version, document, _ in some])
            found |= {code for column, code in enumerate(codes) if (sheet.reason[:, column] == VALUE).any()}
        if answers:
            sheets, flags = lay_out(self.framework, answers)
            month = next((row.month for row in rows if row.month), "")
            name = round_of(month, self.framework.round_months) if month else ""
            score_service("rehearsal", name, self.framework, sheets, flag_sheets=flags)  # that it can be made
        for one in stored if gaps else ():
            found |= {code for code, answer in area_answers(form, one.document).gaps.items() if answer}
        self._told["scored"] = tuple(sorted(found))


def _left(error: KoboSyncError) -> KoboSyncError:
    return MarkedLeft(
        f"Test submissions may still be on the server: {error} They count nowhere. The next kobo-sync sync deletes "
        "them, or do it in KoboToolbox (Data → Table): their _uuid begins with 7e577e57."
    )


def _may(session: KoboSession, form: str, uid: str) -> None:
    """Make sure that the account may do all that a rehearsal needs. Raises NotAllowed."""
    told = session.get(f"/api/v2/assets/{uid}/").get("effective_permissions")
    rows = told if isinstance(told, list) else []
    has = {row.get("codename") for row in rows if isinstance(row, dict)}
    missing = [words for codename, words in _NEEDED.items() if codename not in has]
    if missing:
        raise NotAllowed(
            f"{form}: this account may not do all that a rehearsal needs, so nothing was sent: test submissions could "
            "stay there. Ask the owner of the form to give it in KoboToolbox (Settings → Sharing): "
            f"{', '.join(f'“{words}”' for words in missing)}; or run it with the owner's token."
        )


def _versions(workspace: Workspace, form: str) -> Versions:
    """Return the kept versions of a form. Before the first round a rehearsal is no mistake."""
    listed = workspace.services_file
    return Versions(workspace.versions, form, read_services(listed).keys() if listed.exists() else None)


def _first(media: Mapping[str, bytes], form: Form, role: str) -> str:
    """Return the first name on the list of the question with that role, "" where there is none."""
    question = form.with_role(role)
    names = _names(media.get(question.list_name, b"")) if question else ()
    return names[0] if names else ""


def _names(content: bytes) -> tuple[str, ...]:
    return tuple(row.get("name") or "" for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
