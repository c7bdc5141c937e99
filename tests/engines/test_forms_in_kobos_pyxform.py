"""The forms in the pyxform that KoboToolbox runs, which is older than the one that this project uses.

It lives in an environment of its own, build/pyxform-3.0.0/, made once by pip.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import canonicalize

import pytest
from engine_instrument import NAMES, ROOT, instrument

from kobo_sync.instrument.xform import java_on_path

pytestmark = pytest.mark.soak

VERSION = "3.0.0"
_CONVERT = """
import sys
from pyxform.xls2xform import convert
made = convert(sys.argv[1], validate=True, pretty_print=False)
sys.stdout.buffer.write(made.xform.encode("utf-8"))
"""


@cache
def kobos_python() -> Path:
    """Return the Python of the environment with KoboToolbox's pyxform; make the environment where it is not whole."""
    folder = ROOT / "build" / f"pyxform-{VERSION}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "whole").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"pyxform=={VERSION}"]
        subprocess.run(pip, check=True, capture_output=True, text=True)
        (folder / "whole").touch()
    return python


@pytest.mark.parametrize("form", NAMES)
def test_kobotoolboxs_pyxform_makes_the_same_form(form: str) -> None:
    """KoboToolbox's pyxform converts each form, its ODK Validate passes it, and the XForm says the same as ours."""
    opened = instrument(form)
    with java_on_path() as java:
        assert java, "ODK Validate needs a Java"
        # Away from here: PYTHONPATH would bring this project's own pyxform along.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        made = subprocess.run(
            [str(kobos_python()), "-c", _CONVERT, str(opened.path)], capture_output=True, check=False, env=environment
        )
    assert made.returncode == 0, made.stderr.decode()[-2000:]
    assert canonicalize(made.stdout.decode()) == canonicalize(opened.xform)
