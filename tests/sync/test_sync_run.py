"""One run against the stand-in: whole pages, breaks in between, quarantine that lets go, scores of what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sync_rig import ASSET, FORM, FORMS, ROOT, SERVICES, Running, quiet, raw, serving
from werkzeug.wrappers import Request, Response
from workspaces import session

from kobo_sync.errors import ConfigError, LockHeld
from kobo_sync.kobo.errors import ServerBusy
from kobo_sync.kobo.submissions import new_pages
from kobo_sync.store.scores import rounds, scores, stale_pairs
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import score_workspace
from kobo_sync.sync.lock import lock
from kobo_sync.sync.run import sync_form
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import open_workspace

SEAL = Seal(b"a key for tests")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Run a server with 25 refusals, and a workspace for it."""
    with serving(tmp_path) as made:
        yield made


def test_refusals_are_counted_and_hold_nothing(running: Running) -> None:
    """A refusal is kept as version, month and ending; it is no interview and scores nothing."""
    result = running.sync()
    counts = result.outcomes[0].counts
    assert (counts.read, counts.accepted, counts.refused, counts.quarantined) == (25, 0, 25, 0)
    assert result.scored == 0


def test_pages_follow_each_other_by_id(running: Running) -> None:
    """Each page asks for what lies above the last id, and only an empty page ends the run."""
    with Store(running.space.store) as store:
        versions = Versions(running.space.versions, FORM)
        outcome = sync_form(
            session(running.server.url, running.token), store, FORM, ASSET, versions, seal=SEAL, page_size=10
        )
        assert outcome.counts.read == 25
        assert store.ids(FORM) == list(range(1, 26))
    whole = [r for r in running.server.requests if r.path.endswith("/data/") and "fields" not in r.query]
    assert len(whole) == 4  # 10, 10, 5, none


def test_a_run_that_breaks_off_keeps_its_pages_and_the_next_goes_on(running: Running) -> None:
    """When the server fails after the second page, two pages are kept, and the next run reads only the rest."""
    pages = 0

    def fail_after_two(request: Request) -> Response | None:
        nonlocal pages
        pages += request.path.endswith("/data/")
        return Response("<html>Bad Gateway</html>", 502, mimetype="text/html") if pages > 2 else None

    versions = Versions(running.space.versions, FORM)
    with Store(running.space.store) as store:
        running.server.before = fail_after_two
        with pytest.raises(ServerBusy):
            sync_form(session(running.server.url, running.token), store, FORM, ASSET, versions, seal=SEAL, page_size=10)
        assert store.ids(FORM) == list(range(1, 21))
        running.server.before = None
        outcome = sync_form(
            session(running.server.url, running.token), store, FORM, ASSET, versions, seal=SEAL, page_size=10
        )
        assert outcome.counts.read == 5
        assert store.ids(FORM) == list(range(1, 26))


def test_what_arrives_while_pages_are_read_is_not_lost(running: Running) -> None:
    """A submission that is deleted between two pages shifts nothing: the rest is read all the same."""
    pages = new_pages(session(running.server.url, running.token), ASSET, 0, size=10)
    seen = [row["_id"] for row in next(pages).rows]
    running.call("DELETE", "bulk/", {"payload": {"submission_ids": [3, 12]}})
    seen += [row["_id"] for page in pages for row in page.rows]
    assert seen == [n for n in range(1, 26) if n != 12]


def test_quarantine_lets_go_once_the_submission_is_mended(running: Running) -> None:
    """A spoiled submission waits in quarantine, and the next sync after its repair releases it."""
    running.call("PATCH", "bulk/", {"payload": {"submission_ids": [7], "data": {"ending": "perhaps"}}})
    assert running.sync().quarantined == 1
    running.call("PATCH", "bulk/", {"payload": {"submission_ids": [7], "data": {"ending": "refuses"}}})
    result = running.sync()
    assert (result.outcomes[0].released, result.quarantined) == (1, 0)
    with Store(running.space.store) as store:
        assert store.states(FORM) == {"refused": 25}


def test_what_was_quarantined_and_is_deleted_on_the_server_goes(running: Running) -> None:
    """A submission in quarantine that somebody deletes on the server is forgotten here too."""
    running.call("PATCH", "bulk/", {"payload": {"submission_ids": [7], "data": {"ending": "perhaps"}}})
    running.sync()
    running.call("DELETE", "bulk/", {"payload": {"submission_ids": [7]}})
    assert running.sync().quarantined == 0
    with Store(running.space.store) as store:
        assert 7 not in store.ids(FORM)


def test_another_project_under_the_same_name_is_refused(running: Running) -> None:
    """A store that was filled from one project is not mixed with another."""
    running.sync()
    config = running.space.root / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8").replace(ASSET, "aSomethingElse0000000"), encoding="utf-8")
    running.space = open_workspace(running.space.root)
    with pytest.raises(ConfigError, match="Mixing two projects"):
        running.sync()


def test_two_runs_at_once_do_not_happen(running: Running) -> None:
    """While one run holds the lock, another says which one it is and does nothing."""
    with lock(running.space), pytest.raises(LockHeld, match=r"Process [0-9]+ is at work"):
        running.sync()
    assert running.sync().outcomes[0].counts.read == 25


def _interview(id_: int, service: str, choice: dict[str, str]) -> dict[str, Any]:
    return raw(id_, **({"ending": "agrees", "interview/service": service} | choice))


def test_only_services_that_a_sync_touched_are_scored(running: Running, complete: dict[str, str]) -> None:
    """A second sync scores the services that it brought answers for, and no other."""
    running.add(_interview(100, "S01", complete), _interview(101, "S02", complete))
    assert running.sync().scored == 2
    running.add(_interview(110, "S02", complete))
    assert running.sync().scored == 1
    assert running.sync().scored == 0


def test_a_changed_framework_scores_everything_anew(running: Running, complete: dict[str, str]) -> None:
    """When a weight changes, the next run computes every score anew."""
    running.add(_interview(100, "S01", complete))
    running.sync()
    path = running.space.xlsform / "framework.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("core: 2", "core: 3", 1), encoding="utf-8")
    assert score_workspace(running.space, everything=False, progress=quiet) == 1


def test_a_service_that_the_list_lacks_is_quarantined(running: Running, complete: dict[str, str]) -> None:
    """An answer about a service that services.csv does not name waits until the list is mended."""
    running.add(_interview(100, "S77", complete))
    assert running.sync().quarantined == 1
    running.space.services_file.write_text(SERVICES + "S77,Seven,North\n", encoding="utf-8")
    assert running.sync().quarantined == 0
    with Store(running.space.store) as store:
        assert [s.service for s in scores(store, rounds(store)[-1])] == ["S77"]
        assert stale_pairs(store) == []


@pytest.fixture
def complete() -> dict[str, str]:
    """Answer every question of the committed form that is asked after consent with its first choice."""
    from kobo_sync.demo.people import interviews
    from kobo_sync.demo.services import services
    from kobo_sync.instrument.framework import read_framework
    from kobo_sync.instrument.xlsform import read_form

    framework = read_framework(ROOT / "xlsform" / "framework.yaml")
    form = read_form(FORMS / f"{FORM}.xlsx", FORM)
    service, consent = form.with_role("service"), form.with_role("consent")
    assert service is not None
    assert consent is not None
    people = interviews(form, framework, services(framework, 1), 1)
    answers = next(answers for answers in people if service.name in answers)
    return {
        form.by_name[name].path: " ".join(value) if isinstance(value, list) else str(value)
        for name, value in answers.items()
        if name not in {service.name, consent.name}
    }
