"""What all tests share: no time limits in property tests, the committed instrument, a workspace that is thrown away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Connection, Engine, event

from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.store import engines

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the same tests run on PostgreSQL."""
    parser.addoption("--store", choices=["sqlite", "postgresql"], default="sqlite", help="where the tests' stores lie")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on PostgreSQL, what only a file can do."""
    if config.getoption("--store") == "postgresql":
        left = [item for item in items if item.get_closest_marker("file_store")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


@pytest.fixture(autouse=True, scope="session")
def _stores(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put all stores into a database, if that is wanted."""
    if request.config.getoption("--store") == "sqlite":
        yield
        return
    from elsewhere import used_for_all

    with used_for_all():
        yield


@pytest.fixture(autouse=True, scope="session")
def _kept_promises() -> Iterator[None]:
    """Let no transaction touch submissions that promised not to: what was counted before would stay, and be wrong."""
    touches = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?submission\b")

    def look(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        promised = connection.get_execution_options().get("submissions") is False
        assert not (promised and touches.match(statement)), statement

    event.listen(Engine, "before_cursor_execute", look)
    yield
    event.remove(Engine, "before_cursor_execute", look)


@pytest.fixture(autouse=True, scope="session")
def _no_power_cuts() -> None:
    """Spare the disk: waiting for it guards against power cuts alone, and took most of the tests' time."""
    engines.Durability.lasting = engines.Durability.repeatable = "OFF"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tester's own token and server out of every test but the contract's."""
    for name in ("KOBO_API_TOKEN", "KOBO_TOKEN", "KOBOTOOLBOX_TOKEN", "KOBO_API_TOKEN_FILE", "KOBO_SYNC_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
