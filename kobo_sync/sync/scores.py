"""Scoring what a run touched, and everything on demand: documents from the store in, scores back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.items import answer_sheet
from kobo_sync.scoring.model import AnswerSheet
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.scoring.service import score_service
from kobo_sync.store.scores import Stored, documents, forget_scores, save_score, service_months, stale_pairs
from kobo_sync.store.store import Store
from kobo_sync.sync.versions import Versions

SCORED = ("C", "P", "O")


def rescore(
    store: Store,
    framework: Framework,
    versions: Mapping[str, Versions],
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Compute and keep the scores of what changed since the last time; of `everything` also when the framework changed.

    Returns how many service-rounds were scored. Raises FormError when a kept version cannot be read, ConfigError when
    one is gone, StoreError.
    """
    months = framework.round_months
    everything = everything or store.note("framework") != framework.fingerprint
    changed = stale_pairs(store)
    pairs = service_months(store) + changed if everything else changed
    todo = sorted({(service, round_of(month, months)) for service, month in pairs})
    if everything:
        forget_scores(store, todo)
    for done, (service, round_) in enumerate(todo, 1):
        span = months_of(round_, months)
        sheets = answer_sheets(documents(store, service, span), framework, versions)
        score = score_service(service, round_, framework, sheets) if sheets else None
        save_score(store, service, round_, score, span)
        progress(done, len(todo))
    if everything:
        store.leave_note("framework", framework.fingerprint)
    return len(todo)


def answer_sheets(found: list[Stored], framework: Framework, versions: Mapping[str, Versions]) -> list[AnswerSheet]:
    """Lay out documents as the scoring takes them, one sheet a source. Raises ConfigError when a version is gone."""
    codes = [indicator.code for indicator in framework.indicators]
    by_source: dict[str, list[tuple[Form, dict[str, object]]]] = {}
    for stored in found:
        kept = versions.get(stored.form)
        if kept is None:  # the form was taken out of the workspace: its answers stay, and count no more
            continue
        validator = kept.validator(stored.version)
        if validator is None:
            raise ConfigError(
                f"{kept.path(stored.version)} is gone. Accepted answers were filled in with that version and cannot be "
                "scored without it. Put the workbook back (from a backup, or from the form's page in KoboToolbox)."
            )
        if validator.form.source in SCORED:
            by_source.setdefault(validator.form.source, []).append((validator.form, stored.document))
    return [answer_sheet(source, codes, answers) for source, answers in by_source.items()]
