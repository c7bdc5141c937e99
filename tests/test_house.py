"""The house itself: rules about the tree that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import click
import pytest

from kobo_sync.cli import cli

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "kobo_sync").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        return [found for name, sub in command.commands.items() for found in _commands(sub, (*path, name))]
    return [(" ".join(path), command)]


def test_every_test_states_its_rule() -> None:
    """Every test opens with a sentence that states the rule it holds."""
    missing = []
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                rule = (ast.get_docstring(node) or "").split("\n")[0]
                if len(rule.split()) < 4:
                    missing.append(f"{path.name}: {node.name}")
    assert not missing


def test_test_files_have_names_of_their_own() -> None:
    """Two test modules of one name would hide each other."""
    names = [path.name for path in TESTS if path.name != "__init__.py"]
    assert sorted(set(names)) == sorted(names)


def test_files_stay_small() -> None:
    """No source file is longer than 400 lines."""
    long = [path.name for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    assert not long


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    """A test that is skipped proves nothing, so there is none."""
    pattern = re.compile(r"pytest\.(mark\.)?(skip|xfail)|importorskip|unittest\.skip")
    found = [path.name for path in TESTS if path.name != "test_house.py" and pattern.search(path.read_text("utf-8"))]
    assert not found


def test_words_for_people_are_respectful() -> None:
    """The words that label people appear nowhere in what the project says."""
    pattern = re.compile(r"\b(addicts?|(drug|substance)[- ]abuse(rs?)?|junkies?)\b", re.IGNORECASE)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = []
    for name in listed.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".md", ".yaml", ".j2", ".toml", ".json"} and path.exists() and "test" not in name:
            found += [name for line in path.read_text(encoding="utf-8").splitlines() if pattern.search(line)]
    assert not found


@pytest.mark.parametrize("name", [name for name, _ in _commands(cli)])
def test_every_command_is_in_the_readme(name: str) -> None:
    """Every command is explained in README."""
    assert f"kobo-sync {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "command"), _commands(cli))
def test_every_option_explains_itself(name: str, command: click.Command) -> None:
    """Every command and option says in --help what it is for."""
    assert command.help, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"


def test_no_print_and_no_debug_left() -> None:
    """Nothing prints past the command line's own output."""
    found = []
    for path in SOURCES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        found += [path.name] if names & {"print", "breakpoint"} else []
    assert not found
