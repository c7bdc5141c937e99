"""The running workspace that the tests of the commands share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ops_kit import Ops, running


@pytest.fixture
def ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Ops]:
    with running(tmp_path, monkeypatch, capfd) as made:
        yield made
