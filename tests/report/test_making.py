"""How a report is made: only what changed, on several cores, a page at a time, and safe wherever it is broken off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import report_samples as samples
from test_texts import SIX

from kobo_sync.errors import ConfigError
from kobo_sync.report import making
from kobo_sync.report.card_files import CardSite
from kobo_sync.report.folder import MANIFEST, PUBLIC, draft_of, publish_folder
from kobo_sync.report.making import Content, Job, Site, build, key_of
from kobo_sync.report.model import ReportData
from kobo_sync.report.site import TeamSite, site_parts, write_site

ROOT = Path(__file__).resolve().parents[2]


def files(out: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return each file but the list of all: when it was written, which it is, and its content."""
    return {
        path.relative_to(out).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes())
        for path in out.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def aged(out: Path) -> dict[str, tuple[int, int, bytes]]:
    """Make all files look a day old, and return them."""
    for path in out.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return files(out)


def data(level: float = 0.46, *codes: str) -> ReportData:
    """Return the sample round in English and other languages, with one service's figures as wanted."""
    made = samples.data()
    spoken = {code: {"name": code, "status": "source"} for code in ("en", *codes)}
    scores = tuple(samples.service("JKT-01", 18, level) if s.service == "JKT-01" else s for s in made.scores)
    return replace(made, framework=replace(made.framework, languages=spoken), scores=scores)


def no_making(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that will hold the names of the files that are made."""
    made: list[str] = []
    for kind in (TeamSite, CardSite):

        def noting(self: Site, job: Job, original: Callable[..., Any] = kind.make) -> Any:
            made.extend(job.names)
            return original(self, job)

        monkeypatch.setattr(kind, "make", noting)
    return made


# Only what changed


def test_nothing_is_made_again_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same round again: no page is made, and each file is the one that lay there, with its time."""
    out = tmp_path / "team"
    write_site(data(), out)
    before, made = aged(out), no_making(monkeypatch)
    write_site(data(), out)
    assert made == []
    assert files(out) == before


def test_one_service_changes_its_pages_alone(tmp_path: Path) -> None:
    """With one service's figures changed, its page and those of the round are new; all others keep their time."""
    out = tmp_path / "team"
    write_site(data(0.46, "fr"), out)
    before = aged(out)
    write_site(data(0.9, "fr"), out)
    now = files(out)
    changed = {name for name in now if now[name] != before.get(name)}
    services = {name.rpartition("/")[2] for name in changed if "/services/" in name}
    assert services == {"JKT-01.html"}
    assert {"en/index.html", "fr/index.html", "en/domains.html"} <= changed
    assert {"en/method.html", "index.html", "assets/report.css", "en/services/MKS-02.html"}.isdisjoint(changed)
    write_site(data(0.9, "fr"), tmp_path / "fresh")
    assert {name: one[2] for name, one in now.items()} == {
        name: one[2] for name, one in files(tmp_path / "fresh").items()
    }


def test_a_page_that_somebody_changed_is_made_again(tmp_path: Path) -> None:
    """A page that was edited in the folder, or cut off, is not taken over, though what it is made of is the same."""
    out = tmp_path / "team"
    write_site(data(), out)
    page = out / "en" / "services" / "MKS-02.html"
    right = page.read_bytes()
    page.write_bytes(right.replace(b"women", b"men"))
    (out / "en" / "index.html").unlink()
    write_site(data(), out)
    assert page.read_bytes() == right
    assert (out / "en" / "index.html").exists()


def test_an_old_page_is_never_changed_in_place(tmp_path: Path) -> None:
    """Who holds the old page open, or copied it by a link, keeps the old page: new bytes are always a new file."""
    out = tmp_path / "team"
    write_site(data(), out)
    kept = tmp_path / "kept.html"
    os.link(out / "en" / "services" / "JKT-01.html", kept)
    before = kept.read_bytes()
    write_site(data(0.9), out)
    assert kept.read_bytes() == before != (out / "en" / "services" / "JKT-01.html").read_bytes()


def test_a_disk_without_links_takes_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a USB stick, whose file system has no links, an unchanged page is copied and keeps its time."""
    out = tmp_path / "team"
    write_site(data(), out)
    before = aged(out)

    def no_links(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_site(data(0.9), out)
    now = files(out)["en/services/MKS-02.html"]
    assert (now[0], now[2]) == (before["en/services/MKS-02.html"][0], before["en/services/MKS-02.html"][2])


def test_another_program_makes_all_pages_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of the program, its sentences or its libraries takes nothing for granted; same bytes stay files."""
    out = tmp_path / "team"
    write_site(data(), out)
    before, made = aged(out), no_making(monkeypatch)
    for module in ("site", "card_files"):
        monkeypatch.setattr(f"kobo_sync.report.{module}.program_key", lambda: "another")
    write_site(data(), out)
    assert len(made) == len(before)
    assert files(out) == before


def test_the_team_s_keys_are_in_no_public_folder(tmp_path: Path) -> None:
    """The list of a public folder names its files and nothing else."""
    publish_folder({"index.html": "one", "a/b.csv": b"two"}, tmp_path / "public", PUBLIC)
    lines = (tmp_path / "public" / MANIFEST).read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["a/b.csv", "index.html"]


def test_keys_tell_values_apart() -> None:
    """Different values have different keys, the same have the same in any order; what cannot be told is refused."""
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of(["ab", "c"]), key_of(frozenset("ab"))}) == 5
    with pytest.raises(TypeError):
        key_of(object())


# On several cores


def test_other_processes_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages made by two other processes are those that this one makes, and progress tells of all of them."""
    told: list[tuple[int, int]] = []
    write_site(data(), tmp_path / "one")
    monkeypatch.setattr(making, "_WORTH", 0)
    write_site(data(), tmp_path / "two", processes=2, progress=lambda done, total: told.append((done, total)))
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert {name: made[2] for name, made in one.items()} == {name: made[2] for name, made in two.items()}
    assert (tmp_path / "one" / MANIFEST).read_bytes() == (tmp_path / "two" / MANIFEST).read_bytes()
    assert told[-1] == (len(two), len(two))
    assert told == sorted(told)


def test_without_other_processes_this_one_does_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another process dies half-way, or none can be started, the rest is made here: the same report."""

    def dying(
        sites: Sequence[making.Site], entries: Sequence[tuple[int, Job]], _processes: int
    ) -> Iterator[tuple[tuple[int, Job], Sequence[Content]]]:
        for number, job in entries[:5]:
            yield (number, job), sites[number].make(job)
        raise BrokenProcessPool

    monkeypatch.setattr(making, "_WORTH", 0)
    monkeypatch.setattr(making, "_in_processes", dying)
    write_site(data(), tmp_path / "two", processes=2)
    write_site(data(), tmp_path / "one")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert {name: made[2] for name, made in one.items()} == {name: made[2] for name, made in two.items()}


def test_a_fault_in_another_process_is_told_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong with a page is raised as if it had been made here, and the report from before stays."""
    publish_folder({"index.html": "before"}, tmp_path / "team")
    monkeypatch.setattr(making, "_WORTH", 0)
    with pytest.raises(ZeroDivisionError), draft_of(tmp_path / "team") as draft:
        build((Broken(),), draft, processes=2)
    assert (tmp_path / "team" / "index.html").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["team"]


class Broken:
    """A site whose second page cannot be made."""

    def jobs(self) -> Iterator[Job]:
        """Yield two pages."""
        yield from (Job((f"{number}.html",), (number,)) for number in (1, 0))

    def make(self, job: Job) -> Sequence[Content]:
        """Make a page, or fail."""
        return (str(1 / job.what[0]),)


# A page at a time, and safe


class Watching:
    """A site that looks, while it makes a page, how many of those before are on disk already."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seen = folder, list[int]()

    def jobs(self) -> Iterator[Job]:
        """Yield some pages."""
        yield from (Job((f"{number}.html",), (number,)) for number in range(6))

    def make(self, job: Job) -> Sequence[Content]:
        """Make a page."""
        self.seen.append(len(list(self.folder.glob("*.html"))))
        return (str(job.what[0]),)


def test_pages_are_written_as_they_are_made(tmp_path: Path) -> None:
    """Each page is on disk before the next is made: a report of any size needs the memory of one page."""
    site = Watching(tmp_path / ".team.new")
    with draft_of(tmp_path / "team") as draft:
        build((site,), draft, processes=1)
    assert site.seen == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError(28, "No space left on device"), ValueError])
def test_whatever_breaks_off_leaves_the_report_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException | type[BaseException]
) -> None:
    """Broken off between two pages, the report from before is there whole, with nothing beside it."""
    out = tmp_path / "team"
    write_site(data(), out)
    before = files(out)
    original, left = Path.write_bytes, [3]

    def failing(self: Path, content: bytes) -> int:
        left[0] -= 1
        if not left[0]:
            raise fault
        return original(self, content)

    monkeypatch.setattr(Path, "write_bytes", failing)
    expected = ConfigError if isinstance(fault, OSError) else fault
    with pytest.raises(expected):  # type: ignore[arg-type] # a class or an instance's class
        write_site(data(0.9), out)
    assert files(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["team"]


KILLED = """
import os, sys
sys.path[:0] = json.loads(sys.argv[2])
from pathlib import Path
import test_making
from kobo_sync.report.site import write_site
original, left = Path.rename if sys.argv[3] == "swap" else Path.write_bytes, [int(sys.argv[4])]
def killing(self, target):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
    return original(self, target)
setattr(Path, "rename" if sys.argv[3] == "swap" else "write_bytes", killing)
write_site(test_making.data(0.9), Path(sys.argv[1]))
"""


@pytest.mark.parametrize(("where", "after"), [("write", 4), ("swap", 2)])
def test_a_killed_run_leaves_no_mixture(tmp_path: Path, where: str, after: int) -> None:
    """Killed while pages are written or folders change names: nothing is mixed, and the next run puts it right."""
    out = tmp_path / "team"
    write_site(data(), out)
    before = files(out)
    done = subprocess.run(
        [sys.executable, "-c", f"import json{KILLED}", str(out), json.dumps(sys.path), where, str(after)],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 9
    if where == "write":
        assert files(out) == before
    else:
        assert not out.exists()
        assert files(tmp_path / ".team.old") == before
    write_site(data(0.9), out)
    write_site(data(0.9), tmp_path / "fresh")
    assert {name: one[2] for name, one in files(out).items()} == {
        name: one[2] for name, one in files(tmp_path / "fresh").items()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "team"]


def test_nothing_secret_goes_to_another_process() -> None:
    """What is handed to other processes holds no figure that may not be shown: two rounds that differ in it are one."""
    import pickle

    one = samples.with_scores(samples.service("SBY-01", 20, 0.6), samples.service("SBY-03", 4, 0.7391))
    two = samples.with_scores(samples.service("SBY-01", 20, 0.6), samples.service("SBY-03", 2, 0.1234))
    one, two = (replace(made, fieldwork=replace(made.fieldwork, interviews=24)) for made in (one, two))
    assert pickle.dumps(site_parts(one, SIX)) == pickle.dumps(site_parts(two, SIX))
