"""A public release from the store to its files: closed rounds only, kept for ever, the same figure in every file."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import insert
from workspaces import ROOT, workspace

from kobo_sync.__main__ import run
from kobo_sync.errors import ConfigError, RefusedForSafety
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.report.public import preview, publish
from kobo_sync.report.refresh import refresh_reports
from kobo_sync.store import tables
from kobo_sync.store.releases import releases
from kobo_sync.store.rights import REPORTS_DUE, erase
from kobo_sync.store.store import ACCEPTED, Row, Store
from kobo_sync.sync.all_forms import score_workspace
from kobo_sync.workspace import Workspace

ROUND, MONTH, VERSION = "2026-H1", "2026-03", "v1"
CLIENT, LOCALE = "client_interview", "locale_gap"
NOW = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
SERVICES = """\
code,label,locale,type,women_band,real_name
S01,One,D1,clinic,100_or_more,Secret House
S02,Two,D1,clinic,100_or_more,Secret Home
S03,Three,D2,clinic,,Secret Place
"""
LOCALES = "code,label\nD1,North\nD2,South\n"


def answers(form: Form, number: int, *, low: int = 0) -> dict[str, Any]:
    """Return an interview: the best answer to everything, every fifth a step less, the first `low` more; no harm."""
    made: dict[str, Any] = {}
    for question in form.scored:
        scored = [choice for choice in question.choices if choice.score is not None]
        if question.multiple:
            most = [choice.name for choice in scored if choice.score]
            made[question.name] = most[:1] if number <= low else most
        elif scored:
            best = sorted(scored, key=lambda choice: -(choice.score or 0))
            less = number % 5 == 0 and len(best) > 2 and bool(best[1].score)
            made[question.name] = best[less].name
            if number <= low:  # as little as is no harm: at "sometimes" or less there is a flag
                made[question.name] = [one for one in best if one.score and one.score != 0.33][-1].name
    for question in form.questions:
        if question.role == "identity":
            names = [choice.name for choice in question.choices if choice.missing is None]
            made[question.name] = [names[0]] if question.multiple else names[number % 2]
    return made


def save(space: Workspace, women: Mapping[str, int], *, low: int = 0) -> None:
    """Put interviews into the store: so many of each service, and forms about the areas."""
    client = read_form(ROOT / "xlsform" / f"{CLIENT}.xlsx", CLIENT)
    places = [code for code, n in women.items() for _ in range(n)]
    rows = [
        Row(i, f"u{i}", f"r{i}", VERSION, "", ACCEPTED, MONTH, code, answers(client, i, low=low))
        for i, code in enumerate(places, 1)
    ]
    locale = read_form(ROOT / "xlsform" / f"{LOCALE}.xlsx", LOCALE)
    roles = {question.role: question.name for question in locale.questions}
    gap = next(question.name for question in locale.questions if question.role == "gap")
    forms = [
        Row(
            i,
            f"l{i}",
            f"l{i}",
            VERSION,
            "",
            ACCEPTED,
            MONTH,
            "",
            {
                roles["team"]: f"T{i}",
                roles["locale"]: "D2",
                roles["reporters"]: "r1_4",
                gap: "not_reachable",
                roles["barrier"]: ["police"],
            },
        )
        for i in (1, 2)
    ]
    with Store(space.store) as store:
        store.save_page(CLIENT, "aset", rows, len(rows))
        store.save_page(LOCALE, "aset", forms, len(forms))


def close(space: Workspace, **details: Any) -> None:
    """Score everything and close the round."""
    score_workspace(space, everything=True, progress=lambda _done, _total: None)
    with Store(space.store) as store, store.write() as connection:
        text = orjson.dumps({"months": [f"2026-{month:02}" for month in range(1, 7)], **details}).decode()
        connection.execute(insert(tables.closed_round).values(name=ROUND, closed_at=0.0, details=text))


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """Make a workspace with the committed forms and three services, before any interview."""
    return three_services(tmp_path)


def three_services(tmp_path: Path) -> Workspace:
    """Return such a workspace in a folder."""
    xlsx = (ROOT / "xlsform" / f"{CLIENT}.xlsx").read_bytes()
    made = workspace(tmp_path / "space", "http://127.0.0.1:1", CLIENT, "aset1", {VERSION: xlsx}, services=SERVICES)
    kept = made.versions / LOCALE
    kept.mkdir(parents=True)
    shutil.copyfile(ROOT / "xlsform" / f"{LOCALE}.xlsx", kept / f"{VERSION}.xlsx")
    config = made.root / "kobo-sync.toml"
    config.write_text(config.read_text("utf-8") + f'\n[forms.{LOCALE}]\nasset = "aset2"\n', encoding="utf-8")
    (made.root / "locales.csv").write_text(LOCALES, encoding="utf-8")
    from kobo_sync.workspace import open_workspace

    return open_workspace(made.root)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a file."""
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


def test_an_open_round_is_refused(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """A round that is not closed is not published: exit code 5, and the remedy."""
    save(space, {"S01": 12})
    score_workspace(space, everything=True, progress=lambda _done, _total: None)
    for words in (("--round", ROUND), ()):
        assert run(["--workspace", str(space.root), "report", "--audience", "public", *words]) == 5
        assert "Close the round first" in capsys.readouterr().err
    assert not (space.root / "public").exists()


def test_a_closed_round_is_released_as_files(space: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes JSON, tables and the note on method, keeps the release, and says what it means."""
    save(space, {"S01": 12, "S02": 14, "S03": 3})
    close(space)
    assert run(["--workspace", str(space.root), "report", "--audience", "public", "--round", ROUND]) == 0
    said = capsys.readouterr().out
    assert "2 of 3 services have figures" in said
    assert "frozen" in said
    folder = space.root / "public" / ROUND
    status = {row["service"]: row["status"] for row in rows(folder, "services.csv")}
    assert status == {"S01": "published", "S02": "published", "S03": "not_published"}
    with Store(space.store) as store:
        kept = releases(store)
    assert [one.release.data for one in kept] == [(folder / "release.json").read_bytes()]
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    assert "Secret" not in text
    assert "numpy" in (folder / "method.txt").read_text(encoding="utf-8")


def test_scorecards_come_as_files_where_they_are_asked_for(
    space: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --pdf the team's report and a release hold a PDF file a service and one of all; without it none."""
    save(space, {"S01": 12, "S03": 3})
    close(space)
    command = ["--workspace", str(space.root), "report", "--round", ROUND]
    names = {"sw/cards/S01.pdf", "sw/cards/S02.pdf", "sw/cards/S03.pdf", "sw/cards.pdf"}
    for more, folder in (
        (("--language", "sw"), space.report),
        (("--audience", "public"), space.root / "public" / ROUND),
    ):
        assert run([*command, *more, "--pdf"]) == 0
        assert "all in one in cards.pdf" in capsys.readouterr().out
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pdf")}
        assert {name for name in found if name.startswith("sw/")} == names
        assert run([*command, *more]) == 0
        assert not [*folder.rglob("*.pdf")]


def test_identities_and_areas_come_from_the_forms(space: Workspace) -> None:
    """Who was asked is told of the district with two services; two teams' gap and barrier of the other one."""
    save(space, {"S01": 12, "S02": 14, "S03": 3})
    close(space)
    folder = publish(space, ROUND, now=NOW).folder
    found = {(row["areas"], row["variable"]) for row in rows(folder, "who_was_asked.csv")}
    assert found == {("D1", "age_band"), ("D1", "identities")}
    words = {
        row["category"]: row["women"] for row in rows(folder, "who_was_asked.csv") if row["variable"] == "age_band"
    }
    assert sorted(words.values()) == ["few_or_none", "few_or_none", "five_or_more", "five_or_more"]
    gaps = {row["state"] for row in rows(folder, "gaps.csv") if row["area"] == "D2"}
    assert gaps == {"reported", "no_data"}  # S03, which is there, is not published
    barriers = {row["area"]: row["barriers"] for row in rows(folder, "areas.csv")}
    assert barriers == {"D1": "", "D2": "police"}


def test_released_again_it_is_the_same_to_the_byte(space: Workspace) -> None:
    """Asked for again, also after a withdrawal, the frozen release is written again, to the byte; none is added."""
    save(space, {"S01": 12, "S02": 14})
    close(space)
    first = publish(space, ROUND, now=NOW)
    before = {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}
    with Store(space.store) as store:
        store.forget(CLIENT, [1])
    score_workspace(space, everything=True, progress=lambda _done, _total: None)
    second = publish(space, ROUND, now=NOW + dt.timedelta(days=30))
    assert (first.new, second.new) == (True, False)
    assert {path: path.read_bytes() for path in second.folder.rglob("*") if path.is_file()} == before
    assert "would show what single women said" in "".join(second.lines())
    with Store(space.store) as store:
        assert len(releases(store)) == 1


def test_after_five_withdrawals_it_is_released_anew(space: Workspace) -> None:
    """Five interviews of a service are gone, the least content: a second release; both are remembered."""
    save(space, {"S01": 22, "S02": 14}, low=5)
    close(space)
    publish(space, ROUND, now=NOW)
    with Store(space.store) as store, store.write() as connection:
        erase(connection, CLIENT, [1, 2, 3, 4, 5])
    score_workspace(space, everything=True, progress=lambda _done, _total: None)
    again = publish(space, ROUND, now=NOW)
    assert (again.new, again.release.number) == (True, 2)
    with Store(space.store) as store:
        assert [one.release.number for one in releases(store)] == [1, 2]


def test_when_the_answers_are_gone_the_release_stays(space: Workspace) -> None:
    """Once the answers of a round were deleted because their time was over, nothing is made of it anew."""
    save(space, {"S01": 12, "S02": 14})
    close(space, retired=True)
    with Store(space.store) as store:
        assert releases(store) == ()
    first = publish(space, ROUND, now=NOW)
    with Store(space.store) as store:
        store.forget(CLIENT, list(range(1, 27)))
    assert publish(space, ROUND, now=NOW).release.data == first.release.data


def test_scores_that_are_not_up_to_date_are_not_published(space: Workspace) -> None:
    """Where answers changed since the scores were made, nothing is published, and the remedy is told."""
    save(space, {"S01": 12})
    close(space)
    with Store(space.store) as store:
        store.forget(CLIENT, [1])
    with pytest.raises(ConfigError, match="kobo-sync score"):
        publish(space, ROUND, now=NOW)


def test_lowered_thresholds_publish_nothing(space: Workspace) -> None:
    """A framework that asks for fewer than ten women is refused, and nothing is written or remembered."""
    save(space, {"S01": 12})
    path = space.xlsform / "framework.yaml"
    path.write_text(path.read_text("utf-8").replace("public_from: 10     #", "public_from: 7     #"), encoding="utf-8")
    close(space)
    with pytest.raises(RefusedForSafety, match="would expose women"):
        publish(space, ROUND, now=NOW)
    assert not (space.root / "public").exists()
    with Store(space.store) as store:
        assert releases(store) == ()


def test_a_folder_of_somebody_else_is_not_replaced(space: Workspace, tmp_path: Path) -> None:
    """Files of somebody else's making stay; the release is kept, and is written once a free folder is named."""
    save(space, {"S01": 12})
    close(space)
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.txt"):
        publish(space, ROUND, taken, now=NOW)
    written = publish(space, ROUND, tmp_path / "free", now=NOW)
    assert (written.new, written.release.number) == (False, 1)
    assert (tmp_path / "free" / "release.json").read_bytes() == written.release.data


def test_a_release_has_pages_in_six_languages(space: Workspace) -> None:
    """Beside the data files stand pages for people, in each language, with places and services by public names."""
    save(space, {"S01": 12, "S02": 14, "S03": 3})
    close(space)
    folder = publish(space, ROUND, now=NOW).folder
    for code in ("en", "es", "fr", "id", "ru", "sw"):
        assert (folder / code / "services" / "S01.html").is_file()
    page = (folder / "en" / "places" / "D2.html").read_text(encoding="utf-8")
    assert "Confirmed gap" in page
    assert "Who was hardly reached" in (folder / "en" / "places" / "D1.html").read_text(encoding="utf-8")
    assert "Not published this round" in (folder / "en" / "services" / "S03.html").read_text(encoding="utf-8")


def test_a_preview_shows_a_service_its_own_page_and_keeps_nothing(
    space: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is published a service sees its page under public rules; no release is kept, none other named."""
    save(space, {"S01": 12, "S02": 14, "S03": 3})
    close(space)
    words = ["--workspace", str(space.root), "report", "--round", ROUND, "--preview"]
    assert run([*words, "S01"]) == 0
    assert "ten working days" in capsys.readouterr().out
    folder = space.root / "preview" / "S01"
    page = (folder / "en" / "index.html").read_text(encoding="utf-8")
    assert "Preview for the service, not published" in page
    assert re.search(r"10\D+19", page)
    assert "12 women" not in page
    assert "S02" not in page
    assert not (folder / "release.json").exists()
    with Store(space.store) as store:
        assert releases(store) == ()
    assert run([*words, "S99"]) == 2
    assert "S99 is not in services.csv" in capsys.readouterr().err
    assert run([*words, "S01", "--out", str(space.root / "x")]) == 2


def test_a_preview_goes_when_an_answer_is_deleted(space: Workspace) -> None:
    """After a deletion the previews are removed with the next run: they rest on what is gone."""
    save(space, {"S01": 12, "S02": 14})
    close(space)
    page = preview(space, ROUND, "S01", now=NOW)
    with Store(space.store) as store:
        store.forget(CLIENT, [1])
        store.leave_note(REPORTS_DUE, "1")
    score_workspace(space, everything=True, progress=lambda _done, _total: None)
    with Store(space.store) as store:
        refresh_reports(space, store)
    assert not page.exists()
