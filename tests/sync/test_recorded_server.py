"""The main job on real input: a server that holds what a recorded KoboToolbox held at the end, and its own form."""

from __future__ import annotations

from pathlib import Path

from recorded import ASSET, VERSIONS, final_rows, recorded_server, workbook
from workspaces import session, workspace

from kobo_sync.instrument.xlsform import read_form
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import sync_workspace
from kobo_sync.sync.record import make_record


def quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def test_the_store_ends_with_exactly_the_ids_of_the_recorded_final_state(tmp_path: Path) -> None:
    """After a sync the store holds the recorded ids, no other and none twice; a second sync changes nothing."""
    with recorded_server() as recorded:
        kept = {version: workbook(name) for version, name in VERSIONS.items()}
        space = workspace(tmp_path, recorded.server.url, "recorded", ASSET, kept)
        first = sync_workspace(space, progress=quiet, session=session(recorded.server.url, recorded.tokens["owner1"]))
        again = sync_workspace(space, progress=quiet, session=session(recorded.server.url, recorded.tokens["owner1"]))
    with Store(space.store) as store:
        assert store.ids("recorded") == [row["_id"] for row in final_rows()]
        assert store.states("recorded") == {"accepted": 79, "quarantined": 1}
    assert first.outcomes[0].counts.read == 80
    assert again.outcomes[0].counts.read == 0


def test_exactly_the_spoiled_submission_is_quarantined_with_field_reason_and_remedy(tmp_path: Path) -> None:
    """Nothing that JavaRosa filled in is rejected; what a bulk edit spoiled is, and says where, why and what to do."""
    with recorded_server() as recorded:
        kept = {version: workbook(name) for version, name in VERSIONS.items()}
        space = workspace(tmp_path, recorded.server.url, "recorded", ASSET, kept)
        sync_workspace(space, progress=quiet, session=session(recorded.server.url, recorded.tokens["owner1"]))
    with Store(space.store) as store:
        found = store.quarantined()
    assert [(form, id_) for form, id_, _ in found] == [("recorded", 1279)]
    problems = {problem.field: problem for problem in found[0][2]}
    assert set(problems) == {"made_up", "visits"}
    assert "whole number" in problems["visits"].what
    assert "1279" in problems["visits"].remedy
    assert "kobo-sync sync" in problems["visits"].remedy
    assert "not a number" not in str(found)  # the value itself is nowhere


def test_each_submission_is_judged_by_the_version_it_was_filled_in_with(tmp_path: Path) -> None:
    """Late submissions of an old version are fine by that version; without its workbook they wait in quarantine."""
    newest = {"v7qzvLAKJpfVsq8hGk7UnR": workbook("v2.xlsx")}
    old = sum(row["__version__"] not in newest for row in final_rows())
    with recorded_server() as recorded:
        space = workspace(tmp_path, recorded.server.url, "recorded", ASSET, newest)
        token = recorded.tokens["owner1"]
        sync_workspace(space, progress=quiet, session=session(recorded.server.url, token))
        with Store(space.store) as store:
            assert store.states("recorded") == {"accepted": 80 - old, "quarantined": old}
            remedies = {p.remedy for _, _, problems in store.quarantined() for p in problems}
        assert all("versions/recorded/vFj259LBjekLvrrZWDqLtD.xlsx" in remedy for remedy in remedies)
        (space.versions / "recorded" / "vFj259LBjekLvrrZWDqLtD.xlsx").write_bytes(workbook("v1.xlsx"))
        result = sync_workspace(space, progress=quiet, session=session(recorded.server.url, token))
    assert result.outcomes[0].released == old - 1
    assert result.quarantined == 1


def test_nothing_but_the_allow_list_is_stored(tmp_path: Path) -> None:
    """Who sent it, where it was sent from and the exact time are in no file of the workspace."""
    with recorded_server() as recorded:
        kept = {version: workbook(name) for version, name in VERSIONS.items()}
        space = workspace(tmp_path, recorded.server.url, "recorded", ASSET, kept)
        sync_workspace(space, progress=quiet, session=session(recorded.server.url, recorded.tokens["owner1"]))
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"collector1" not in everything
    assert b"2026-11-22T11:1" not in everything
    assert b"_geolocation" not in everything
    assert recorded.tokens["owner1"].encode() not in everything


def test_records_hold_what_was_sent_with_its_type() -> None:
    """Numbers become numbers, several choices a list, text stays text, absent stays absent."""
    form = read_form(workbook("v1.xlsx"), "recorded")
    row = final_rows()[0]
    document = make_record(row, form).document
    assert document["visits"] == int(row["interview/visits"])
    assert document["pkg_condoms_c"] == row["interview/pkg/pkg_condoms_c"].split()
    assert document["service"] == row["interview/service"]
    assert "_submitted_by" not in document
