"""The team's pages after a deletion: made again in the same run, or removed where nothing may be shown any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rights_world import NOW, ROUND, Rights, interview, rights_world

from kobo_sync.errors import ConfigError
from kobo_sync.report import folder, refresh
from kobo_sync.report.gather import write_report
from kobo_sync.report.public import publish
from kobo_sync.store.store import Store


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rights]:
    with rights_world(tmp_path) as made:
        yield made


def page(out: Path) -> str:
    return (out / "en" / "index.html").read_text(encoding="utf-8")


def known(world: Rights) -> str:
    with Store(world.space.store) as store:
        return store.note("reports")


def owed(world: Rights) -> bool:
    with Store(world.space.store) as store:
        return bool(store.note("reports due"))


@pytest.mark.parametrize("how", ["forget", "deleted on the server"])
def test_pages_are_made_again_in_the_same_run(world: Rights, tmp_path: Path, how: str) -> None:
    """After a withdrawal, or a deletion that a sync finds, every report that was written shows one woman fewer."""
    inside, outside = world.report(), world.report(tmp_path / "elsewhere" / "mine")
    assert "7 women" in page(inside)
    if how == "forget":
        world.forget(3)
    else:
        world.drop(3)
        world.sync()
    assert "6 women" in page(inside)
    assert page(inside) == page(outside)
    assert not owed(world)


def test_pages_hide_what_is_too_few(world: Rights) -> None:
    """When fewer than five women are left, the pages that are made again show nothing of the service."""
    out = world.report()
    for id_ in (1, 2, 3):
        world.forget(id_)
    assert "women" in page(out)
    assert "4 women" not in page(out)
    assert "7 women" not in page(out)


def test_a_report_goes_when_its_round_has_no_score_any_more(world: Rights, tmp_path: Path) -> None:
    """With the last interview of a round withdrawn, its report is removed and no longer remembered."""
    out = world.report()
    outside = world.report(tmp_path / "mine")
    for id_ in range(1, 9):
        world.forget(id_)
    assert not out.exists()
    assert not outside.exists()
    assert known(world) == "{}"
    assert not owed(world)


def test_a_report_of_another_round_stays_of_that_round(world: Rights) -> None:
    """A report is made again of the round that it shows, though there is a later one by now."""
    out = world.report()
    world.add(interview(20, month="2026-07"))
    world.sync()
    world.forget(3)
    assert "2026-H1" in page(out)
    assert "6 women" in page(out)


def test_a_folder_that_is_gone_is_forgotten(world: Rights, tmp_path: Path) -> None:
    """A report that somebody deleted is not written again, and no longer remembered."""
    outside = world.report(tmp_path / "mine")
    shutil.rmtree(outside)
    world.forget(3)
    assert not outside.exists()
    assert "mine" not in known(world)


def test_a_workspace_that_moved_finds_its_reports(world: Rights, tmp_path: Path) -> None:
    """Reports inside the workspace are found in it wherever it lies."""
    from kobo_sync.workspace import open_workspace

    world.report(world.space.root / "pages" / "north")
    moved = tmp_path / "moved"
    world.space.root.rename(moved)
    world.space = open_workspace(moved)
    world.forget(3)
    assert "6 women" in page(moved / "pages" / "north")
    assert not (tmp_path / "space").exists()


def test_a_report_that_a_new_store_does_not_know_is_made_again(world: Rights) -> None:
    """The report in its usual place is made again even when the store was made anew since."""
    out = world.report()
    with Store(world.space.store) as store:
        store.take_note("reports")
    world.forget(3)
    assert "6 women" in page(out)


def test_what_a_killed_replacement_left_goes_too(world: Rights) -> None:
    """Between two names of a folder a run was killed: the old pages beside it go, the new ones come."""
    out = world.report()
    out.rename(out.with_name(".report.old"))
    world.forget(3)
    assert "6 women" in page(out)
    assert not out.with_name(".report.old").exists()


def test_a_report_in_use_stays_due(world: Rights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that cannot be replaced (open in a program, on Windows) is one sentence; the others are made again."""
    out, outside = world.report(), world.report(tmp_path / "mine")

    def in_use(new: Path, there: Path, old: Path) -> None:
        if there == out.resolve():
            raise PermissionError(13, "in use")
        original(new, there, old)

    original = folder._swap
    with monkeypatch.context() as patch:
        patch.setattr(folder, "_swap", in_use)
        done = world.forget(3)
        assert "still shows figures" in str(done.trouble)
        assert done.owed == ("pages",)
    assert "6 women" in page(outside)
    assert "7 women" in page(out)
    assert owed(world)
    assert not world.on_disk("canary-7741-3-end")
    world.sync()
    assert "6 women" in page(out)
    assert not owed(world)


def test_a_report_that_cannot_be_removed_stays_due(world: Rights, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that may not be shown any more and cannot be deleted is one sentence, and the next run tries again."""
    out = world.report()
    for id_ in range(1, 8):
        world.forget(id_)

    def in_use(*_: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", in_use)
        assert "could not be deleted" in str(world.forget(8).trouble)
    assert out.exists()
    world.sync()
    assert not out.exists()


def test_pages_of_somebody_else_are_left_alone(world: Rights) -> None:
    """A folder with files of a person's own making is not replaced; she is told to move them."""
    out = world.report()
    (out / "my notes.docx").write_bytes(b"mine")
    assert "my notes" in str(world.forget(3).trouble)
    assert owed(world)
    (out / "my notes.docx").unlink()
    world.sync()
    assert "6 women" in page(out)


def test_without_a_deletion_no_page_is_touched(world: Rights, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync without a deletion writes no report."""
    world.report()
    monkeypatch.setattr(refresh, "_again", None)
    world.add(interview(20))
    world.sync()


def test_a_public_release_is_never_replaced_by_the_teams_pages(world: Rights, tmp_path: Path) -> None:
    """Where a release lies, neither a report nor a withdrawal writes the team's pages; what is said of it is clear."""
    world.close()
    out = world.report(tmp_path / "x")
    shutil.rmtree(out)
    publish(world.space, ROUND, out, NOW)
    files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert "x" not in known(world)
    with pytest.raises(ConfigError, match="public release, which is frozen"):
        world.report(out)
    with Store(world.space.store) as store:  # even if it were remembered as a report
        refresh.remember_report(world.space, store, out, ROUND)
    world.forget(3)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == files
    assert not owed(world)


def test_a_release_is_never_put_among_the_teams_pages(world: Rights, tmp_path: Path) -> None:
    """Where the team's pages lie, or what a killed run left of them, no release is written; they stay and are kept."""
    world.close()
    out = world.report(tmp_path / "x")
    with pytest.raises(ConfigError, match="not for the public"):
        publish(world.space, ROUND, out, NOW)
    out.rename(out.with_name(".x.old"))
    with pytest.raises(ConfigError, match="not for the public"):
        publish(world.space, ROUND, out, NOW)
    world.forget(3)
    assert "6 women" in page(out)


def test_the_languages_of_the_workspace_are_those_of_its_pages(tmp_path: Path) -> None:
    """With `languages` set, the report has these alone, also when it is made again after a withdrawal."""
    with rights_world(tmp_path, languages=("en", "sw")) as world:
        out = world.report()
        there = {path.parent.name for path in out.glob("*/index.html")}
        world.forget(3)
        assert "6 women" in page(out)
        assert there == {path.parent.name for path in out.glob("*/index.html")} == {"en", "sw"}


def test_a_language_asked_for_goes_before_the_workspace_s(tmp_path: Path) -> None:
    """`report --language` makes what it says, whatever the workspace's languages are."""
    with rights_world(tmp_path, languages=("sw",)) as world:
        write_report(world.space, languages=("id",))
        assert {path.parent.name for path in world.space.report.glob("*/index.html")} == {"id"}


def test_a_language_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """A slip in `languages` names the file, the slip and what there is; the report that was there stays."""
    with rights_world(tmp_path, languages=("en", "swh")) as world:
        with pytest.raises(ConfigError, match=r"kobo-sync.toml: languages: there is no 'swh'. There are: en,"):
            world.report()
        assert not world.space.report.exists()
