"""What must not be kept is looked for byte by byte, in every file and every line of the log."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from replica_form import V1, V2, Sent, code, token
from replica_model import bytes_under
from replica_people import BULK, People
from replica_rig import STATUSES, Office, Server, serving
from small_forms import seeded

from kobo_sync import logs
from kobo_sync.__main__ import run

SIZE = 600
# Each stands for something that tells of a person. The unknown field's name may be told; what stands in it may not.
HIDDEN: dict[str, Callable[[int], str]] = {
    "device": lambda number: f"device-{number:07}",
    "name in an unknown field": lambda number: f"{token(number)}x",
    "where she was": lambda number: f"55.{number:06}",
    "where she was, east": lambda number: f"37.{number:06}",
    "who sent it": lambda _number: "owner-canary",
    "withdrawal code": code,
    "word in a number": lambda number: f"many{number}times",
    "typing for a version": lambda number: f"told-{number:07}-maria",
    "typing for a uuid": lambda number: f"her-name-{number:07}",
    "typing for a month": lambda number: f"moon{number:07}",
    "a choice that is none": lambda number: f"choice_{number:07}",
    "a choice of several that is none": lambda number: f"also_{number:07}",
    "a service that is none": lambda number: f"house{number:07}",
}
KINDS = (
    *("interview",) * 6,
    *("unknown field", "word in a number", "refusal", "encrypted"),
    *("typing for a version", "typing for a uuid", "typing for a month"),
    *("no such choice", "no such choices", "no such service"),
)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server whose phones belong to somebody with a name."""
    with serving() as running:
        phone = running.standin.add_user("owner-canary")
        for name in ("add_submissions", "change_submissions"):
            running.asset.grants["owner-canary", name] = "pCanary"
        running.phone_token = phone
        yield running


@pytest.fixture
def say(server: Server, office: Office, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run a command with every logger of every library at DEBUG; returns exit code and all that was printed."""
    monkeypatch.setenv("KOBO_API_TOKEN", server.token)
    configure = logs.configure

    def everything(style: str, *, verbose: bool) -> None:
        configure(style, verbose=verbose)
        logging.getLogger("kobo_sync").setLevel(logging.DEBUG)
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", [logging.StreamHandler(sys.stderr)])
        root.setLevel(logging.DEBUG)

    monkeypatch.setattr(logs, "configure", everything)
    level = logging.getLogger().level

    def call(*arguments: str) -> tuple[int, str]:
        capfd.readouterr()
        exit_code = run(["--workspace", str(office.folder), *arguments])
        logging.getLogger().setLevel(level)
        out, err = capfd.readouterr()
        return exit_code, out + err

    return call


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def office(server: Server, tmp_path: Path) -> Office:
    """Open a workspace that knows both versions."""
    made = Office(server, tmp_path / "space")
    made.keep_second_version()
    return made


def _found(text: bytes, number: int) -> list[str]:
    return [f"{what} of {number}" for what, make in HIDDEN.items() if make(number).encode() in text]


def _canaries(content: bytes) -> list[str]:
    """Say which of the planted strings are in these bytes."""
    patterns = {
        what: re.escape(make(0)).replace("0" * 7, r"\d{7}").replace("000000", r"\d{6}") for what, make in HIDDEN.items()
    }
    patterns["word in a number"] = r"many\d+times"
    return [what for what, pattern in patterns.items() if re.search(pattern.encode(), content)]


def _words(content: bytes) -> set[bytes]:
    """Return the free texts' own words and telephone numbers in these bytes."""
    return set(re.findall(rb"wrd\d{7}zq|\+62812\d{7}", content))


def test_the_search_finds_what_it_looks_for(server: Server, office: Office) -> None:
    """Every planted string is on the server, and the search would find it in a file."""
    people = People(office)
    for kind in KINDS:
        people.submit(Sent(kind, V1, people.next_number()))
    rows = str([item.row for item in server.asset.submissions.values()]).encode()
    assert set(_canaries(rows)) == HIDDEN.keys()
    assert _found(rows, 1)
    assert len(_words(rows)) >= 6


def test_nothing_but_free_text_is_kept_and_nothing_at_all_once_deleted(
    server: Server, office: Office, say: Say
) -> None:
    """Of 600 submissions with planted strings, only free text is in the store; once deleted, no file holds a trace."""
    people, chance, said = People(office), seeded(600), ""
    sent = 0
    while sent < SIZE:
        for _ in range(100):
            people.submit(Sent(chance.choice(KINDS), chance.choice((V1, V2)), people.next_number()))
            sent += 1
        for _ in range(20):
            there = sorted(server.asset.submissions)
            ids = chance.sample(there, 3)
            match chance.randrange(3):
                case 0:
                    people.edit(chance.choice(there), Sent(chance.choice(KINDS), V1, people.next_number()))
                case 1:
                    body = {"payload": {"submission_ids": ids, "data": BULK["visits"]}}
                    assert server.ask("PATCH", "bulk/", body) == 200
                case _:
                    body = {"payload": {"submission_ids": ids, "validation_status.uid": chance.choice(STATUSES)}}
                    assert server.ask("PATCH", "validation_statuses/", body) == 200
        arguments = ("-v", "--log-format", "json", "sync") if sent % 200 else ("-v", "sync")
        exit_code, lines = say(*arguments)
        assert exit_code == 0, lines
        said += lines
        _nothing_but_words(office)
        assert not office.faults()
    exit_code, lines = say("report")
    said += lines
    _nothing_but_words(office)
    ids = sorted(server.asset.submissions)
    assert server.ask("DELETE", "bulk/", {"payload": {"submission_ids": ids}}) == 200
    exit_code, lines = say("sync")
    said += lines
    assert exit_code == 5, lines
    assert "--force" in lines
    exit_code, lines = say("sync", "--force")
    said += lines
    assert exit_code == 0, lines
    for name, content in bytes_under(office.folder).items():
        assert not _canaries(content), name
        assert not _words(content), name
    assert not _canaries(said.encode())
    assert not _words(said.encode())
    assert server.token not in said


def _nothing_but_words(office: Office) -> None:
    """Hold every file against the planted strings; free text is in the store's own files alone, and only as due."""
    wanted = " ".join(text for row in office.wanted().values() for text in row.texts.values())
    for name, content in bytes_under(office.folder).items():
        assert not _canaries(content), name
        if not name.startswith(office.space.store_file.name):
            assert not _words(content), name
        left = [word for word in _words(content) if word.decode() not in wanted]
        assert not left, f"{name} still holds words that were replaced: {left[:3]}"
