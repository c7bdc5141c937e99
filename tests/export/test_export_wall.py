"""What leaves the workspace: every byte of every export, held against what may never be in it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from export_world import (
    FIRST,
    MONTH,
    ROUND,
    SECRET,
    as_text,
    client,
    close,
    copied,
    everything,
    fill,
    make,
    read_csv,
    read_parquet,
    read_xlsx,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kobo_sync.__main__ import run
from kobo_sync.export.files import Made
from kobo_sync.export.run import export
from kobo_sync.export.writers import FORMATS
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.report.gather import gather
from kobo_sync.report.pages import overview
from kobo_sync.report.public import publish
from kobo_sync.scoring.item_level import is_sensitive
from kobo_sync.store.store import Store
from kobo_sync.store.texts import settle, waiting_texts
from kobo_sync.workspace import Workspace

TEAM, PUBLIC = Made("", "team", "csv", ""), Made("", "public", "csv", "")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make(tmp_path_factory.mktemp("filled") / "space")
    fill(made, {"S01": 12, "S02": 14, "S03": 3}, content=True)
    return made


@pytest.fixture
def space(filled: Workspace, tmp_path: Path) -> Workspace:
    return copied(filled, tmp_path / "space")


def forbidden(framework: Framework, *, restricted: bool) -> set[bytes]:
    """Return the bytes that no export may hold: marks, numbers, months, and the names of what may not be told."""
    form = client()
    never = {question.name for question in form.questions if question.role in {"identity", "quote_consent"}}
    if not restricted:
        never |= {question.name for question in form.questions if is_sensitive(question, "C", framework)}
    assert len(never) > 2
    return {name.encode() for name in never} | {SECRET.encode(), MONTH.encode(), str(FIRST)[:6].encode()}


@settings(max_examples=4)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(0, 13), min_size=3, max_size=3),
    kind=st.sampled_from(FORMATS),
    labels=st.sampled_from(["", "id", "ru"]),
    restricted=st.booleans(),
)
def test_no_byte_of_an_export_is_forbidden(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int], kind: str, labels: str, *, restricted: bool
) -> None:
    """Whatever women answer, in any format and language: no id, code, team, month, identity or word of hers leaves."""
    space = make(tmp_path_factory.mktemp("wall") / "space")
    women = dict(zip(("S01", "S02", "S03"), sizes, strict=True))
    if not any(sizes):
        return
    fill(space, women, seed=seed)
    export(space, Made("", "team", kind, "", labels, restricted), force=restricted)
    out = space.root / "export"
    bytes_of_it = everything(out)
    framework = read_framework(space.xlsform / "framework.yaml")
    for mark in forbidden(framework, restricted=restricted):
        assert mark not in bytes_of_it
    if kind == "csv":
        for path in out.glob("*_answers_*.csv"):
            size = Counter(row["service"] for row in read_csv(path))
            assert all(women[service] >= 5 and n >= 5 for service, n in size.items())


def test_restricted_wants_force_and_says_what_it_means(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """More than the wall lets through is refused with exit code 5 and its meaning, and nothing is written."""
    words = ["--workspace", str(space.root), "export", "--restricted"]
    assert run(words) == 5
    assert "by area and never by service" in capsys.readouterr().err
    assert not (space.root / "export").exists()
    assert run([*words, "--force"]) == 0
    said = capsys.readouterr()
    assert "can find out what she said" in said.err
    assert "encrypted disk" in said.out
    assert run([*words, "--force", "--audience", "public"]) == 5


def test_harms_are_told_by_area_alone(space: Workspace) -> None:
    """Restricted: harms stand in a table of their own, by area, and that of one service's area is left out."""
    export(space, Made("", "team", "csv", "", restricted=True), force=True)
    harms = read_csv(space.root / "export" / "restricted_harms_client_interview.csv")
    assert {row["area"] for row in harms} == {"D1"}
    assert "service" not in harms[0]
    assert len(harms) == 26


def test_own_words_leave_reviewed_and_alone(space: Workspace) -> None:
    """Restricted: only the wording of a reviewer is exported, with nothing that says whose or which service's."""
    with Store(space.store) as store:
        first, *_ = waiting_texts(store)
        settle(store, first, "They close early.")
    export(space, TEAM)
    export(space, Made("", "team", "csv", "", restricted=True), force=True)
    out = space.root / "export"
    assert read_csv(out / "restricted_texts.csv") == [
        {"form": "client_interview", "question": first.question, "words": "They close early."}
    ]
    assert b"They close early" not in b"".join(path.read_bytes() for path in out.glob("team_*"))
    assert SECRET.encode() not in everything(out)


def test_few_women_are_no_table(tmp_path: Path) -> None:
    """Where no service has five women no answers are written, and the coordinator is told."""
    space = make(tmp_path / "space")
    fill(space, {"S01": 4, "S02": 3})
    done = export(space, TEAM)
    assert not any("answers" in name for name in done.made.files)
    assert "no service of the round has five women" in " ".join(done.lines())


def test_the_figures_are_those_of_the_page(space: Workspace) -> None:
    """A figure in CSV, workbook and Parquet is the figure on the team's page, a whole number or nothing."""
    for kind in FORMATS:
        export(space, Made("", "team", kind, ""))
    out, view = space.root / "export", overview(gather(space, ROUND))
    page = {row.team.service: row.team for row in view.rows}
    sheets = read_xlsx(out / "team.xlsx")
    for name in ("services", "domains", "items"):
        rows = read_csv(out / f"team_{name}.csv")
        assert as_text(sheets[name]) == rows
        packed = as_text(read_parquet(out / f"team_{name}.parquet"))
        assert [{key: cell.lstrip("'") for key, cell in row.items()} for row in rows] == packed
    for row in sheets["services"]:
        assert (row["percent"], row["women"]) == (page[row["service"]].percent, page[row["service"]].n)
    assert {row["service"] for row in sheets["services"]} == set(page)
    for row in sheets["domains"]:
        (domain,) = (one for one in page[row["service"]].domains if one.code == row["domain"])
        assert (row["percent"], row["women"], row["unknown"]) == (domain.percent, domain.n, domain.unknown)
    shown = [(s.service, i.code, i.percent, i.n) for s in page.values() for d in s.domains for i in d.items]
    found = [(row["service"], row["indicator"], row["percent"], row["women"]) for row in sheets["items"]]
    assert sorted(found, key=str) == sorted(shown, key=str)
    assert any(percent is not None for _, _, percent, _ in shown)


def test_the_figures_are_those_of_the_release(space: Workspace, tmp_path: Path) -> None:
    """An export for the public holds the cells of the frozen release, whatever has changed since, in each format."""
    close(space)
    folder = publish(space, ROUND).folder
    for kind in FORMATS:
        done = export(space, Made("", "public", kind, ""))
        assert done.made.round == ROUND
    out = space.root / "export"
    sheets = read_xlsx(out / "public.xlsx")
    for path in folder.glob("*.csv"):
        released = read_csv(path)
        exported = read_csv(out / f"public_{path.name}")
        assert [{key: cell.replace("'=", "=") for key, cell in row.items()} for row in exported] == released
        assert as_text(sheets[path.stem]) == exported
    assert any(isinstance(row["percent"], int) for row in sheets["scores"])
    assert "bootstrap" in " ".join(row["method"] or "" for row in sheets["method"])
    assert not list(out.glob("public_answers*"))


def test_nothing_released_is_nothing_for_the_public(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a release there is no file for the public: exit code 5, and the remedy."""
    assert run(["--workspace", str(space.root), "export", "--audience", "public"]) == 5
    assert "report --audience public" in capsys.readouterr().err
    assert not (space.root / "export").exists()


@pytest.mark.parametrize("language", ["en", "id", "ru", "es", "fr", "sw"])
def test_labels_are_in_the_language_asked_for(space: Workspace, language: str) -> None:
    """With --labels columns and answers are in that language: each cell is the label of a choice of the form."""
    export(space, Made("", "team", "xlsx", "", language))
    sheets = read_xlsx(space.root / "export" / "team.xlsx")
    form = client()
    spoken = next(name for name in form.languages if name.endswith(f"({language})"))
    asked = {question.labels[spoken]: question for question in form.scored}
    rows = sheets["answers_client_interview"]
    columns = [name for name in rows[0] if name not in {"round", "service"}]
    assert set(columns) <= set(asked)
    for row in rows:
        for name in columns:
            labels = {choice.labels[spoken] for choice in asked[name].choices}
            assert set(str(row[name]).split("|")) <= labels if row[name] else True
    framework = read_framework(space.xlsform / "framework.yaml")
    said = {domain.code: domain.label[language] for domain in framework.domains}
    assert all(row["domain_label"] == said[row["domain"]] for row in sheets["domains"])


def test_labels_and_names_are_the_same_answers(space: Workspace) -> None:
    """Labels change words only: by them there are as many answers of each kind as by names."""
    export(space, TEAM)
    named = read_csv(space.root / "export" / "team_answers_client_interview.csv")
    export(space, Made("", "team", "csv", "", "es"))
    spoken = read_csv(space.root / "export" / "team_answers_client_interview.csv")
    form = client()
    for question in form.scored:
        if question.name in named[0]:
            label = question.labels["Español (es)"]
            words = {choice.name: choice.labels["Español (es)"] for choice in question.choices}
            by_name = Counter("|".join(words[one] for one in row[question.name].split("|") if one) for row in named)
            assert by_name == Counter(row[label] for row in spoken)


def test_a_language_that_is_not_there_is_told(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown language is one sentence with those that there are, exit code 2, and no file."""
    assert run(["--workspace", str(space.root), "export", "--labels", "xx"]) == 2
    assert re.search(r"There are: en, id, ru, es, fr, sw", capsys.readouterr().err)
    assert not (space.root / "export").exists()
