"""The wheel carries everything: installed in an empty environment, the program works outside the checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.soak


def _run(*command: str | Path, cwd: Path, ok: bool = True) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([str(part) for part in command], check=False, cwd=cwd, capture_output=True, text=True)
    assert not ok or result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, ROOT, cwd=out)
    (found,) = out.glob("*.whl")
    return found


def _environment(folder: Path, requirement: str) -> Path:
    """Make an empty environment with the wheel and return its folder of programs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    _run(programs / "python", "-m", "pip", "install", "--quiet", requirement, cwd=folder)
    return programs


def test_the_installed_program_plays_the_demo_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """With the extra `engine`, `kobo-sync demo` works in an empty environment, away from the checkout."""
    programs = _environment(tmp_path / "env", f"a-gender-monitor[engine] @ {wheel.as_uri()}")
    told = _run(programs / "kobo-sync", "demo", cwd=tmp_path)
    assert (tmp_path / "a-gender-demo" / "report" / "index.html").is_file()
    assert "Open it in a browser" in told.stdout


def test_without_the_engine_it_says_what_to_install(wheel: Path, tmp_path: Path) -> None:
    """Without the extra, the demo says what to install, and everything else works."""
    programs = _environment(tmp_path / "env", f"a-gender-monitor @ {wheel.as_uri()}")
    told = _run(programs / "kobo-sync", "demo", cwd=tmp_path, ok=False)
    assert told.returncode == 2
    assert "a-gender-monitor[engine]" in told.stderr
    assert "Traceback" not in told.stderr
    _run(programs / "kobo-sync", "init", "mine", cwd=tmp_path)
    _run(programs / "kobo-sync", "--workspace", "mine", "build", "--check", cwd=tmp_path)
