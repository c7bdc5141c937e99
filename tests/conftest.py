"""What all tests share: no time limits in property tests, the committed instrument, a workspace that is thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.store import store

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile(
    "house",
    deadline=None,  # a slow machine is no fault of the program
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def framework() -> Framework:
    """Return the committed framework."""
    return read_framework(ROOT / "xlsform" / "framework.yaml")


@pytest.fixture(autouse=True, scope="session")
def _no_power_cuts() -> None:
    """Spare the disk: waiting for it guards against power cuts alone, and took most of the tests' time."""
    store.LASTING = store.REPEATABLE = "OFF"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own token and server out of every test but the contract's."""
    for name in ("KOBO_API_TOKEN", "KOBO_TOKEN", "KOBOTOOLBOX_TOKEN", "KOBO_API_TOKEN_FILE", "KOBO_SYNC_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
