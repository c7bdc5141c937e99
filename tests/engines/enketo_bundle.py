"""Enketo, the web form of KoboToolbox, built for the tests once and kept under build/enketo/.

Wants npm (which brings Node.js). Everything is pinned: the packages by tests/enketo/package-lock.json.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "enketo"
BUILT = ROOT / "build" / "enketo"


class NoEnketo(Exception):
    """Enketo could not be built here."""


def bundle() -> Path:
    """Return the folder with index.html, walk.js and theme.css; build it when the sources changed. Raises NoEnketo."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILT / "lock"):
        packages = _digest("package.json", "package-lock.json")
        if _stamp("packages") != packages:
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(SOURCES / name, BUILT / name)
            # No package's own scripts: nothing of what they would compile is needed here.
            _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            _set_stamp("packages", packages)
        sources = packages + _digest("build.mjs", "walk.js", "xslt.js", "index.html")
        if _stamp("sources") != sources:
            shutil.copyfile(SOURCES / "build.mjs", BUILT / "build.mjs")  # it finds esbuild and sass beside itself
            (BUILT / "page").mkdir(exist_ok=True)
            _run("node", "build.mjs", str(SOURCES))
            _set_stamp("sources", sources)
    return BUILT / "page"


def _run(program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise NoEnketo(f"{program} is not installed, and Enketo is built with it: apt-get install npm")
    done = subprocess.run([found, *arguments], cwd=BUILT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoEnketo(f"{program} {arguments[0]} failed:\n{done.stdout}\n{done.stderr}")


def _digest(*names: str) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((SOURCES / name).read_bytes())
    return digest.hexdigest()


def _stamp(name: str) -> str:
    path = BUILT / f"{name}.stamp"
    return path.read_text("ascii") if path.is_file() else ""


def _set_stamp(name: str, value: str) -> None:
    (BUILT / f"{name}.stamp").write_text(value, "ascii")
