"""Help where it is needed: every command and option documented, examples that can be typed, tab completion."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class
from command_lines import commands, parses

from kobo_sync.__main__ import run
from kobo_sync.cli import cli
from kobo_sync.commands.examples import EXAMPLES
from kobo_sync.setup import make_workspace

ROOT = Path(__file__).resolve().parent.parent.parent
SHELLS = ("bash", "zsh", "fish", "powershell")


def _help(path: str) -> str:
    """Return what `--help` of a command prints."""
    context = click.Context(cli, info_name="kobo-sync")
    command: click.Command = cli
    for name in path.split():
        assert isinstance(command, click.Group)
        command = command.commands[name]
        context = click.Context(command, info_name=name, parent=context)
    return command.get_help(context)


@pytest.mark.parametrize("path", [path for path, _ in commands(cli, groups=True)])
def test_every_command_shows_an_example(path: str) -> None:
    """The help of every command and group holds a command line of its own, on a line of its own."""
    shown = [line.strip() for line in _help(path).splitlines() if line.startswith("  ")]
    lines = [line for line in shown if line.startswith("kobo-sync")]
    assert lines, f"{path or 'kobo-sync'} --help has no example"
    assert any(f" {path}" in f" {line}" for line in lines)
    assert "\\b" not in _help(path)


@pytest.mark.parametrize(("path", "command"), commands(cli, groups=True))
def test_every_command_and_option_is_documented(path: str, command: click.Command) -> None:
    """Every command says in a sentence what it does; every option says what it is for, as a sentence."""
    assert command.help, path
    assert command.help.strip().splitlines()[0].rstrip().endswith((".", ";", ","))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts}"
            assert parameter.help.strip().endswith((".", ")")), f"{path} {parameter.opts}"


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_can_be_typed(line: str) -> None:
    """The program reads every example as one of its command lines."""
    parses(shlex.split(line))


def test_no_example_is_of_a_command_that_is_not_there() -> None:
    """Examples stand under commands that exist."""
    assert set(EXAMPLES) <= {path for path, _ in commands(cli, groups=True)}


@pytest.mark.parametrize("path", [path for path, _ in commands(cli)])
def test_a_wrong_option_says_which_help_to_type(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever mistypes an option is shown what to type next: the command's help, or the command; exit 2."""
    assert run([*path.split(), "--no-such-option"]) == 2
    said = capfd.readouterr().err
    assert f"kobo-sync {path}" in said


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_prints_the_script_of_the_shell(shell: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Into a file or a pipe goes the script alone; it calls the program by its name."""
    if get_completion_class(shell) is None:  # an older click has no PowerShell: then it says so
        assert run(["completion", shell]) == 2
        assert "pip install --upgrade click" in capfd.readouterr().err
        return
    assert run(["completion", shell]) == 0
    said = capfd.readouterr().out
    assert "kobo-sync" in said
    assert "_KOBO_SYNC_COMPLETE" in said


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_at_a_terminal_says_how_to_switch_it_on(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who types it sees the one line to add and where, not a page of script."""
    monkeypatch.setattr("kobo_sync.commands.completion.get_completion_class", lambda _: _Script, raising=False)
    monkeypatch.setattr("click.shell_completion.get_completion_class", lambda _: _Script)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert f"kobo-sync completion {shell}" in said
    assert "script of" not in said


class _Script:
    def __init__(self, *_: object) -> None: ...

    def source(self) -> str:
        """Return what a shell would run."""
        return "script of a shell"


def _bash(folder: Path, *words: str) -> set[str]:
    """Return what bash offers after these words, with the script loaded as the line in ~/.bashrc loads it."""
    program = folder / "kobo-sync"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kobo_sync "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    typed = " ".join(shlex.quote(word) for word in words)
    lines = (
        'eval "$(kobo-sync completion bash)"',
        f"COMP_WORDS=(kobo-sync {typed}); COMP_CWORD={len(words)}",
        "_kobo_sync_completion kobo-sync",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], check=True, capture_output=True, text=True, env=environment, cwd=folder
    )
    return set(done.stdout.split())


def test_bash_completes_commands_and_forms(tmp_path: Path) -> None:
    """In a real bash the tab key offers the commands, the commands of a group, options, and a workspace's forms."""
    make_workspace(tmp_path / "net")
    assert {"quarantine"} == _bash(tmp_path, "quar")
    assert {"list", "show", "retry"} == _bash(tmp_path, "quarantine", "")
    assert {"client_interview"} == _bash(tmp_path, "--workspace", "net", "sync", "client")


def _rows() -> dict[str, str]:
    """Return README's list of commands: a command's path and what stands in its row."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("### All commands")[2].partition("\nFor all:")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `kobo-sync ")]
    paths = [path for path, _ in commands(cli)]
    return {
        path: row
        for row in rows
        for path in paths
        if row.startswith((f"| `kobo-sync {path} ", f"| `kobo-sync {path}`"))
    }


@pytest.mark.parametrize(("path", "command"), commands(cli))
def test_every_command_and_option_is_in_readme_s_list(path: str, command: click.Command) -> None:
    """README's list has a row for every command, and each of its options stands in that row."""
    row = _rows()[path]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert any(name in row for name in parameter.opts), f"{path}: {parameter.opts}"
