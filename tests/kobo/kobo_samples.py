"""What the tests of the client share: small workbooks, requests as the server got them, answers that get lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug.wrappers import Request, Response

from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.standin import Standin
from kobo_sync.standin.forms import to_xlsx

URL = "https://kf.example.org"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
# As patient as the real one, but nothing is waited for: `sleep` only writes the pauses down.
USUAL = Patience()


@dataclass
class Pauses:
    """Takes the place of sleep."""

    taken: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def session(url: str = URL, token: str = TOKEN, sleep: Callable[[float], None] | None = None) -> KoboSession:
    """Open a session that does not really wait."""
    return KoboSession(url, Secret(token), patience=USUAL, sleep=sleep or Pauses())


def workbook(
    *survey: tuple[str, str, str], title: str = "A small form", choices: tuple[tuple[str, str, str], ...] = ()
) -> bytes:
    """Make a workbook of (type, name, label) rows and (list, name, label) choices."""
    sheets = {
        "survey": [dict(zip(("type", "name", "label"), row, strict=True)) for row in survey],
        "settings": [{"form_title": title}],
    }
    if choices:
        sheets["choices"] = [dict(zip(("list_name", "name", "label"), row, strict=True)) for row in choices]
    return to_xlsx(sheets)


@dataclass
class Seen:
    """Everything that a request brought to the server, as bytes."""

    method: str
    path: str
    everything: bytes


def watch(server: Standin) -> list[Seen]:
    """Let the server write down whole requests; returns the list that it writes to."""
    seen: list[Seen] = []

    def look(request: Request) -> None:
        headers = json.dumps(list(request.headers.items()), ensure_ascii=False).encode()
        target = f"{request.path}?{request.query_string.decode('latin-1')}".encode()
        seen.append(Seen(request.method, request.path, target + b"\n" + headers + b"\n" + request.get_data()))

    server.before = look
    return seen


def lose_answer(server: Standin, method: str, ending: str, *, times: int = 1) -> None:
    """Let the server do what is asked, then answer as a proxy that lost patience; `times` times, then no more."""
    left = [times]

    def hook(request: Request) -> Response | None:
        if request.method != method or not request.path.endswith(ending) or not left[0]:
            return None
        left[0] -= 1
        server._answer(request)
        return Response("<html>504 Gateway Time-out</html>", 504, mimetype="text/html")

    server.before = hook
