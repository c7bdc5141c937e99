"""The server that the contract tests talk to.

The stand-in, unless `KOBO_SERVER` and `KOBO_API_TOKEN` name a real one (and `KOBO_COLLECT_SERVER` its address for
phones, where that is another). A real server is left as it was found: every form made is deleted again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from contract_kit import CHOICES, SURVEY, Form, Target, unique, workbook

from kobo_sync.standin import Standin

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """Give the server under test, and an account on it."""
    url, token = os.environ.get("KOBO_SERVER", "").rstrip("/"), os.environ.get("KOBO_API_TOKEN")
    if url and token:
        found = Target(url, os.environ.get("KOBO_COLLECT_SERVER", url).rstrip("/"), token)
        with found.session:
            yield found
        return
    with Standin() as server:
        found = Target(server.url, server.collect_url, server.add_user("contract"))
        with found.session:
            yield found


@pytest.fixture(scope="session")
def plain() -> bytes:
    """Make a small form with a group, a repeat and a choice."""
    return workbook(SURVEY, CHOICES, {"form_title": unique(), "form_id": "plain", "version": "mine"})


@pytest.fixture
def draft(target: Target, plain: bytes) -> Iterator[Form]:
    """Import a form and do not deploy it."""
    with target.form(plain) as form:
        yield form


@pytest.fixture(scope="module")
def form(target: Target, plain: bytes) -> Iterator[Form]:
    """Deploy a form that the tests of one file share; each adds its own submissions."""
    with target.form(plain, deployed=True) as found:
        yield found


@pytest.fixture
def fresh(target: Target, plain: bytes) -> Iterator[Form]:
    """Deploy a form of a test's own."""
    with target.form(plain, deployed=True) as found:
        yield found
