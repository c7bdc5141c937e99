"""README and docs/coordinators.md, typed word for word: from an account to a scorecard, on a stand-in server."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_lines import parses
from page_runner import Desk, PageIsWrong, Step, steps

from kobo_sync.demo.people import interviews
from kobo_sync.demo.services import Service
from kobo_sync.engine import Phone
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.scoring.rounds import round_of
from kobo_sync.setup import README_TEXT
from kobo_sync.standin import Standin
from kobo_sync.store.scores import scores
from kobo_sync.store.store import Store
from kobo_sync.workspace import open_workspace, read_services

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "docs/coordinators.md")
WOMEN = 8  # a service; five are enough for a figure
SEED = 7
TEAM = ("user1", "user2", "user3", "user4")
PROPOSED = "Blue Door"


def _page(name: str) -> list[Step]:
    return list(steps((ROOT / name).read_text(encoding="utf-8")))


@pytest.fixture
def account(tmp_path: Path) -> Iterator[tuple[Standin, Desk, str]]:
    """Give a server, a desk at it with the token set, and the token: all that a coordinator begins with."""
    with Standin() as server:
        token = server.add_user("coordinator")
        for name in TEAM:
            server.add_user(name)
        kept = {name: text for name, text in os.environ.items() if not name.startswith("KOBO")}
        window = kept | {"KOBO_SERVER": server.url, "KOBO_API_TOKEN": token, "PYTHONPATH": str(ROOT)}
        window |= {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "COLUMNS": "200"}
        now = round_of(f"{dt.datetime.now().astimezone():%Y-%m}")
        yield server, Desk(tmp_path, window, now), token


def _interview(server: Standin, token: str, workspace: Path) -> None:
    """Let enumerators interview women about the services of the workspace, on phones that JavaRosa runs.

    One of them names a service that is not on the list.
    """
    space = open_workspace(workspace)
    framework = read_framework(space.xlsform / "framework.yaml")
    quality = {domain.code: 0.7 for domain in framework.domains}
    listed = read_services(space.services_file).values()
    asked = [Service(one.code, one.label, one.locale, one.type, quality, WOMEN) for one in listed]
    name = "client_interview"
    phone = Phone(server.url, token=token)
    filler = phone.filler(space.forms[name])
    form = read_form(space.xlsform / f"{name}.xlsx", name)
    for answers in interviews(form, framework, asked, SEED):
        phone.send(filler.fill(answers).xml)
    elsewhere = next(answers for answers in interviews(form, framework, asked, SEED) if "service" in answers)
    del elsewhere["service"]
    phone.send(filler.fill(elsewhere | {"service_listed": "no", "service_name": PROPOSED}).xml)


@pytest.mark.soak
@pytest.mark.parametrize("name", PAGES)
def test_a_page_leads_to_a_scorecard(name: str, account: tuple[Standin, Desk, str]) -> None:
    """Every block of the page runs, in order, and shows what the page shows; at the end there is a scorecard."""
    server, desk, token = account
    start = desk.folder
    asked = False
    for step in _page(name):
        if step.mark == "interviews":
            _interview(server, token, start / "my-network")
            asked = True
        elif step.settings:
            with (start / "my-network" / "kobo-sync.toml").open("a", encoding="utf-8") as settings:
                settings.write(f"\n{step.settings}")
        elif step.typed:
            came = desk.do(step)
            assert token not in came
    assert asked
    space = open_workspace(start / "my-network")
    with Store(space.store) as store:
        figures = scores(store, desk.round_)
    assert {one.service for one in figures} == {"S01", "S02", "S03", "S04"}
    assert PROPOSED.encode() not in Path(space.store).read_bytes()
    cards = sorted((space.report / "en" / "services").glob("*.html"))
    assert len(cards) == 4
    assert all("<h1" in card.read_text(encoding="utf-8") for card in cards)


@pytest.mark.parametrize(
    ("name", "typed"), [(name, step.typed) for name in PAGES for step in _page(name) if step.typed.startswith("kobo")]
)
def test_every_line_of_a_page_is_a_command(name: str, typed: str) -> None:
    """Whatever a page tells to type is read as a command of this program."""
    parses(shlex.split(typed, comments=True)[1:])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_the_whole_way(name: str) -> None:
    """Each page has the whole way in its order: make, check, deploy, interview, read, report."""
    told = [step for step in _page(name) if step.mark or step.typed]
    words = [step.mark or step.typed.split()[1:][-1 if "--workspace" in step.typed else 0] for step in told]
    way = iter(words)
    assert all(
        any(step in word for word in way) for step in ("init", "check", "deploy", "interviews", "sync", "report")
    )


def test_the_runner_sees_what_a_page_gets_wrong(tmp_path: Path) -> None:
    """A line that does not come, a failing command, another program and an unanswered question are found."""
    desk = Desk(tmp_path, dict(os.environ) | {"PYTHONPATH": str(ROOT)}, "2026-H2")
    assert "kobo-sync" in desk.do(Step("kobo-sync --version", ("kobo-sync, version …",)))
    for step in (
        Step("kobo-sync --version", ("kobo-sync, version none",)),
        Step("kobo-sync status"),
        Step("rm -rf somewhere"),
        Step("kobo-sync init net", ("Server [1]: 1",)),
    ):
        with pytest.raises(PageIsWrong):
            desk.do(step)
    assert not (tmp_path / "net").exists()


def test_the_pictures_are_there_small_and_described() -> None:
    """Each picture of the coordinator's page is a PNG of at most 250 kB, with words for whoever does not see it."""
    page = (ROOT / "docs" / "coordinators.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[(.*?)\]\((.*?)\)", page)
    assert len(pictures) >= 3
    for words, name in pictures:
        content = (ROOT / "docs" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 250_000
        assert len(words.split()) > 5
    shown = {name.removeprefix("images/") for _, name in pictures}
    assert shown == {path.name for path in (ROOT / "docs" / "images").iterdir()}


@pytest.mark.parametrize("name", ["docs/coordinators.md", "the workspace's README"])
def test_every_command_between_the_lines_is_one(name: str) -> None:
    """Commands in tables and sentences can be typed as well; those of the README that `init` writes, too."""
    if name.startswith("docs"):
        found = re.findall(r"`kobo-sync (.+?)`", (ROOT / name).read_text(encoding="utf-8"))
        found = [line for line in found if not line.startswith("--workspace my-network")]
    else:
        found = re.findall(r"kobo-sync (\S.*?)(?:;| {3,}|$)", README_TEXT, re.MULTILINE)
    assert len(found) > 5
    for line in found:
        needs = " 1279" if line == "texts review" else ""
        if line not in {"--help", "build"}:
            parses(shlex.split(line + needs))
