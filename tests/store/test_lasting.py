"""What the store promises about power cuts; a process of its own, since tests turn the promise off for themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from kobo_sync.store.store import Store
with Store(Path(sys.argv[1])) as store:
    with store.write() as connection:
        print(connection.exec_driver_sql("PRAGMA synchronous").scalar())
"""


def test_a_note_of_a_withdrawal_outlasts_a_power_cut(tmp_path: Path) -> None:
    """Outside the tests, a transaction is on the disk before the program goes on (synchronous is FULL, which is 2)."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "s.sqlite")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2"]
