"""The recording of a real KoboToolbox server, and a stand-in that holds how the recorded story ended."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from kobo_sync.standin import Standin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

RECORDINGS = Path(__file__).parent / "data" / "recordings"
ASSET = "aQtQ2WEHxcWaS3MAGbGH8N"
FORM_UUID = "3fd5ec0b7218460f9ac89790849d9cde"
VERSIONS = {"vFj259LBjekLvrrZWDqLtD": "v1.xlsx", "v7qzvLAKJpfVsq8hGk7UnR": "v2.xlsx"}
USERS = {"owner1": None, "owner2": None, "collector1": "add_submissions", "viewer1": "view_submissions"}
"""The accounts of the recording, and what each may do with the form besides its owner."""


def exchanges() -> list[dict[str, Any]]:
    """Read the 186 recorded exchanges, in order."""
    with (RECORDINGS / "exchanges.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def final_rows() -> list[dict[str, Any]]:
    """Read the 80 submissions that a correct replica holds at the end, by ``_id``."""
    final = [item for item in exchanges() if item["note"] == "final state: what a correct replica holds"]
    rows: list[dict[str, Any]] = final[0]["response"]["body"]["json"]["results"]
    return rows


def workbook(name: str) -> bytes:
    """Read a workbook of the recording, ``v1.xlsx`` or ``v2.xlsx``."""
    return (RECORDINGS / name).read_bytes()


@dataclass(frozen=True)
class Recorded:
    """A running stand-in and the API tokens of the recording's accounts."""

    server: Standin
    tokens: dict[str, str]

    def headers(self, username: str = "owner1") -> dict[str, str]:
        """Make the headers that a request of this account sends."""
        return {"Authorization": f"Token {self.tokens[username]}", "Accept": "application/json"}


@contextmanager
def recorded_server(clock: Callable[[], datetime] | None = None) -> Iterator[Recorded]:
    """Start a stand-in that holds the end of the recorded story, 80 submissions with their ids."""
    with Standin(clock=clock) as server:
        recorded = Recorded(server, {username: server.add_user(username) for username in USERS})
        server.add_asset_rows(
            owner="owner1",
            uid=ASSET,
            workbooks=[workbook(name) for name in VERSIONS.values()],
            version_uids=list(VERSIONS),
            rows=final_rows(),
            media={"services.csv": (RECORDINGS / "services.csv").read_bytes()},
            form_uuid=FORM_UUID,
        )
        for username, permission in USERS.items():
            if permission:
                grant(server, recorded.headers(), username, permission)
        yield recorded


def send(method: str, url: str, **how: Any) -> requests.Response:
    """Send a request without any time limit: a slow machine fails no test."""
    with requests.Session() as session:
        return session.request(method, url, **how)


def grant(server: Standin, headers: dict[str, str], username: str, permission: str, asset: str = ASSET) -> None:
    """Let an account do something with a form, as its owner."""
    answer = send(
        "POST",
        f"{server.url}/api/v2/assets/{asset}/permission-assignments/",
        headers=headers,
        json={
            "user": f"{server.url}/api/v2/users/{username}/",
            "permission": f"{server.url}/api/v2/permissions/{permission}/",
        },
    )
    answer.raise_for_status()
