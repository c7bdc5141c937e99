"""Runs what a page tells people to type, at a terminal, and holds what comes against what the page shows.

A block ```console is run: lines with `$ ` are typed, the lines below are what comes, in this order; what lies between
them may be left out, `…` stands for anything. Where the program asks, the rest of the shown line is the answer. A round
in the page stands for the round of today, its number of a submission for the one that the program shows in that place.
A block ```toml is what she writes at the end of the settings of her workspace.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SHOWN_ROUND = "2026-H2"
SHOWN_NUMBER = "1279"
_BLOCK = re.compile(
    r"^ *```(?P<kind>console|toml)\n(?P<text>.*?)^ *```$|^<!-- (?P<mark>[a-z ]+) -->$", re.MULTILINE | re.DOTALL
)
_NUMBERED = re.compile(r"^ *(\d+): ", re.MULTILINE)
_ASKS = re.compile(r".*(\]|\?|\)|[a-z]): $")


class PageIsWrong(AssertionError):
    """The page says something else than the program."""


@dataclass(frozen=True)
class Step:
    """A line to type with what the page shows below it; or `settings` for kobo-sync.toml; or a `mark` of ours."""

    typed: str = ""
    shown: tuple[str, ...] = ()
    mark: str = ""
    settings: str = ""


def steps(page: str) -> Iterator[Step]:
    """Yield what a page tells to type, in order."""
    for block in _BLOCK.finditer(page):
        if block["mark"]:
            yield Step(mark=block["mark"])
            continue
        if block["kind"] == "toml":
            yield Step(settings=textwrap.dedent(block["text"]))
            continue
        for part in re.split(r"^\$ ", textwrap.dedent(block["text"]), flags=re.MULTILINE)[1:]:
            typed, *shown = part.splitlines()
            yield Step(typed, tuple(line.rstrip() for line in shown if line.strip()))


@dataclass
class Desk:
    """A folder where somebody sits and types; `round_` is today's, `environment` what is set in her window."""

    folder: Path
    environment: Mapping[str, str]
    round_: str
    number: str = SHOWN_NUMBER

    def do(self, step: Step) -> str:
        """Type one line, answer what is asked as the page shows it, and return what came. Raises PageIsWrong."""
        program, *arguments = shlex.split(self._today(step.typed), comments=True)
        if program == "cd":
            (self.folder,) = ((self.folder / arguments[0]).resolve(strict=True),)
            return ""
        if program != "kobo-sync":
            raise PageIsWrong(f"{step.typed}: pages tell to type kobo-sync and cd alone")
        shown = [self._today(line) for line in step.shown]
        came, code = self._run(arguments, shown)
        if any(line.startswith(f"{SHOWN_NUMBER}:") for line in shown) and (told := _NUMBERED.search(came)):
            self.number = told[1]
            shown = [self._today(line) for line in step.shown]
        _compare(step.typed, came, shown)
        if code:
            raise PageIsWrong(f"{step.typed}: exit code {code}\n{came}")
        return came

    def _today(self, text: str) -> str:
        return text.replace(SHOWN_ROUND, self.round_).replace(SHOWN_NUMBER, self.number)

    def _run(self, arguments: list[str], shown: list[str]) -> tuple[str, int]:
        """Run the program with a terminal to type at; its log goes aside, as a person who is not verbose has none."""
        master, terminal = os.openpty()
        command = [sys.executable, "-m", "kobo_sync", *arguments]
        log = self.folder / ".page-runner.log"
        try:
            with (
                log.open("wb") as errors,
                subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env=dict(self.environment),
                    stdin=terminal,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                ) as process,
            ):
                assert process.stdout is not None
                came = self._talk(process.stdout.fileno(), master, list(shown))
                code = process.wait()
            said = [
                line for line in log.read_text(encoding="utf-8").splitlines() if not re.match(r"\d{4}-\d\d-\d\d ", line)
            ]
        finally:
            os.close(master)
            os.close(terminal)
            log.unlink(missing_ok=True)
        return came + "\n".join(said), code

    def _talk(self, output: int, keyboard: int, shown: list[str]) -> str:
        came = b""
        while piece := os.read(output, 65536):
            came += piece
            asked = came.rpartition(b"\n")[2].decode(errors="replace")
            if not _ASKS.match(asked):
                continue
            answered = next((line for line in shown if line.startswith(asked.rstrip())), None)
            if answered is None:
                os.write(keyboard, b"\x04")
                raise PageIsWrong(f"the program asks “{asked}”, and the page does not say what to answer")
            del shown[: shown.index(answered) + 1]
            typed = answered[len(asked.rstrip()) :].strip()
            os.write(keyboard, f"{typed}\n".encode())
            came += f"{typed}\n".encode()
        return came.decode()


def _compare(typed: str, came: str, shown: list[str]) -> None:
    """Hold what came against what the page shows. Raises PageIsWrong."""
    lines = iter([line.rstrip() for line in came.splitlines()])
    for wanted in shown:
        pattern = ".*".join(re.escape(part.strip()) for part in wanted.strip().split("…"))
        if not any(re.fullmatch(pattern, line.strip()) for line in lines):
            raise PageIsWrong(f"{typed}: the page shows\n  {wanted}\nwhich does not come (there). What comes:\n{came}")
