"""The operator's path in README: what it tells people to copy is well-formed and names commands that exist."""

from __future__ import annotations

import configparser
import re
import shlex
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest

from kobo_sync.cli import cli
from kobo_sync.config import CONFIG_SCHEMA, duration

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATOR = README.partition("## The operator's path")[2].partition("\n## ")[0]
TASK = ROOT / "docs" / "operator" / "kobo-sync-task.xml"
NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def _blocks(text: str) -> list[str]:
    """Return the indented blocks of a text, without their indentation."""
    found = re.findall(r"(?:^ {4}.*\n(?:\n(?= {4}))?)+", text, re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in found]


def _parses(arguments: list[str]) -> None:
    """Let click read a command line of this program without running anything."""
    with cli.make_context("kobo-sync", list(arguments)) as context:
        name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        while isinstance(command, click.Group):
            with command.make_context(name, rest, parent=context, resilient_parsing=False) as inner:
                name, command, rest = command.resolve_command(inner, [*inner._protected_args, *inner.args])
        assert command is not None
        command.make_context(name, rest, parent=context)


def _unit(section: str) -> configparser.ConfigParser:
    (block,) = [block for block in _blocks(OPERATOR) if f"[{section}]" in block]
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd knows capitals
    parser.read_string(block)
    return parser


def test_the_service_runs_a_command_that_exists_and_keeps_files_private() -> None:
    """The unit runs one sync in the person's own folder, with the token in a file and the right umask."""
    unit = _unit("Service")
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program.startswith("%h/")
    assert program.endswith("/kobo-sync")
    _parses(arguments)
    assert arguments[-1] == "sync"
    assert unit["Service"]["Type"] == "oneshot"
    assert unit["Service"]["UMask"] == "0077"
    assert unit["Service"]["Environment"].startswith("KOBO_API_TOKEN_FILE=")


def test_the_timer_comes_again_and_starts_with_the_computer() -> None:
    """The timer's lengths of time are some, it varies a little, and it is wanted by the timers."""
    unit = _unit("Timer")
    for key in ("OnBootSec", "OnUnitInactiveSec", "RandomizedDelaySec"):
        assert duration(unit["Timer"][key], key) > 0
    assert unit["Install"]["WantedBy"] == "timers.target"


def test_the_crontab_line_has_five_fields_and_a_command() -> None:
    """The line has minute, hour, day, month, weekday, then variables and a command by its whole path; no % in it."""
    (line,) = [block.strip() for block in _blocks(OPERATOR) if block.startswith("*/")]
    fields = line.split(maxsplit=5)
    assert re.fullmatch(r"\*/([1-9]|[1-5][0-9])", fields[0])
    assert fields[1:5] == ["*"] * 4
    assert "%" not in line
    words = shlex.split(fields[5])
    assert words[0].startswith("KOBO_API_TOKEN_FILE=")
    assert words[1].startswith("$HOME/")
    assert words[1].endswith("/kobo-sync")
    _parses(words[2:])


def test_the_scheduled_task_of_windows_names_a_command_that_exists() -> None:
    """The schtasks line has a schedule and a command of at most 261 signs, which is all that Windows takes."""
    (line,) = [row for block in _blocks(OPERATOR) for row in block.splitlines() if "/TR" in row]
    command = line.partition('/TR "')[2].rstrip('"')
    assert len(command) <= 261
    assert "/SC MINUTE /MO 15" in line
    program, *arguments = command.split()
    assert program.endswith("kobo-sync.exe")
    _parses(arguments)


def test_the_task_file_of_windows_is_well_formed() -> None:
    """The task comes again every 15 minutes, on battery too, never twice at once, and runs a command that exists."""
    task = ET.parse(TASK).getroot()

    def text(path: str) -> str:
        return task.findtext("/".join(f"t:{step}" for step in path.split("/")), "", NAMESPACE)

    assert text("Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text("Settings/DisallowStartIfOnBatteries") == "false"
    assert text("Triggers/TimeTrigger/Repetition/Interval") == "PT15M"
    assert text("Actions/Exec/Command").endswith("kobo-sync.exe")
    _parses(shlex.split(text("Actions/Exec/Arguments")))
    # The order in which Windows wants what stands in a trigger and in the settings.
    order = [child.tag.rpartition("}")[2] for child in task]
    assert order == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]


@pytest.mark.parametrize("line", re.findall(r"^ {4,}kobo-sync (.+)$", README, re.MULTILINE))
def test_every_command_line_in_the_readme_is_one(line: str) -> None:
    """Whatever README shows as a command of this program is read as one."""
    _parses(shlex.split(line))


def test_every_setting_is_in_the_readme() -> None:
    """README shows every setting of kobo-sync.toml."""
    settings = README.partition("### Settings: ")[2].partition("\n## ")[0]
    for name, schema in CONFIG_SCHEMA["properties"].items():
        assert name in settings, name
        for inner in schema.get("properties", {}):
            assert inner in settings, inner
