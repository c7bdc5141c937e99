"""What somebody marked "not approved" is in no score, unless the workspace says so; changing that scores anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ops_kit import FORM, Ops, row

from kobo_sync.store.scores import documents
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import rescore

pytest_plugins = ["ops_fixture"]

MONTHS = ("2026-07",)


def _counted(ops: Ops, **how: Any) -> int:
    with Store(ops.space.store) as store:
        return len(documents(store, "S01", MONTHS, **how))


def test_not_approved_is_out_and_in_by_setting_and_both_score_anew(ops: Ops) -> None:
    """By default it is out; the setting takes it in and scores all; taking the setting back scores all again."""
    ops.seed(row(1), row(2), row(3, place="S02"))
    ops.call("PATCH", "2/validation_status/", {"validation_status.uid": "validation_status_not_approved"})
    assert "2 service scores were computed" in ops.run("sync")[1]
    assert "0 service scores were computed" in ops.run("sync")[1]
    assert (_counted(ops), _counted(ops, not_approved=True)) == (1, 2)
    config = ops.space.root / "kobo-sync.toml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before + "\n[sync]\nnot_approved_counts = true\n", encoding="utf-8")
    assert "2 service scores were computed" in ops.run("sync")[1]
    assert "0 service scores were computed" in ops.run("score")[1]
    config.write_text(before, encoding="utf-8")
    assert "2 service scores were computed" in ops.run("score")[1]
    assert "0 service scores were computed" in ops.run("sync")[1]


def test_a_status_that_is_set_later_scores_its_service_anew(ops: Ops) -> None:
    """Marking an interview "not approved" after it was read takes it out of its service's score, and no other's."""
    ops.seed(row(1), row(2), row(3, place="S02"))
    ops.run("sync")
    ops.call("PATCH", "2/validation_status/", {"validation_status.uid": "validation_status_not_approved"})
    code, said = ops.run("sync")
    assert code == 0
    assert "1 with another validation status" in said
    assert "1 service score was computed" in said
    assert _counted(ops) == 1


def test_the_scores_are_made_from_what_the_setting_says(ops: Ops, framework: Any, monkeypatch: Any) -> None:
    """Scoring is given exactly the documents that count under the setting."""
    ops.seed(row(1, _validation_status={"uid": "validation_status_not_approved", "timestamp": 5, "by_whom": "x"}))
    ops.run("sync")
    seen: list[int] = []

    def note(found: Iterable[Any], *_: object) -> dict[str, Any]:
        seen.append(len(list(found)))
        return {}

    monkeypatch.setattr("kobo_sync.sync.scores.by_source", note)
    with Store(ops.space.store) as store:
        rescore(store, framework, {FORM: None}, not_approved=True)  # type: ignore[dict-item]  # nothing looks at it
        rescore(store, framework, {FORM: None})  # type: ignore[dict-item]
    assert seen == [1, 0]
