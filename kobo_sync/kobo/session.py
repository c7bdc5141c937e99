"""The one session that all requests go through: address, token, time limits, patience, typed errors, no leaks.

Reads and polls are tried again when the server is busy or the line breaks; writes never are: a caller that is unsure
reads the state first. Nothing here prints or logs an address's query, since queries can hold answers.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import orjson
import requests
import tenacity
import urllib3
from requests.auth import AuthBase

from kobo_sync import __version__
from kobo_sync.kobo.answers import Busy, a_page, elsewhere, origin, refusal, retry_after, trouble
from kobo_sync.kobo.errors import KoboError, ServerBusy, Unreachable

log = logging.getLogger(__name__)

_PART = 1 << 20  # bytes that are read at a time; requests' own 10 kB cost a tenth of a page's reading
BUSY = frozenset({429, 502, 503, 504})
_UNTOUCHED = frozenset({429, 503})  # the server says itself that it did not begin; a 502 or 504 leaves that open


class Secret:
    """A token that shows itself to nobody but the request that needs it.

    Raises ValueError when it is not one word of visible ASCII characters: what cannot stand in a header would
    otherwise be quoted by the error of whoever tries.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("a token is one word of visible ASCII characters")
        self._text = text

    def reveal(self) -> str:
        """Return the token itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not written anywhere")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and how often to try again. All times in seconds.

    `connect` and `read` limit one request; `attempts` and `total` limit the tries of one call; `longest` the pause
    between two tries, however long a Retry-After asks for.
    """

    connect: float = 10.0
    read: float = 130.0  # KoboToolbox gives itself 120 s a request
    attempts: int = 8
    total: float = 600.0
    first: float = 1.0
    longest: float = 120.0


class _TokenAuth(AuthBase):
    """Adds the token to requests for our own server, and to no other."""

    def __init__(self, token: Secret, own: tuple[str, str, int | None]) -> None:
        self._token, self._own = token, own

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin(request.url or "") == self._own:
            request.headers["Authorization"] = f"Token {self._token.reveal()}"
        return request


class _OwnServer(requests.Session):
    """Follows redirects within our own server only: nobody else is told what is asked for."""

    def __init__(self, own: tuple[str, str, int | None]) -> None:
        super().__init__()
        self._own = own

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where an answer sends us on to, or None when that is another server."""
        target = super().get_redirect_target(resp)
        try:
            stays = target is not None and origin(urljoin(resp.url, target)) == self._own
        except ValueError:
            stays = False
        return target if stays else None


def _nothing() -> None:
    """Let every request go ahead."""


class KoboSession:
    """A session with one KoboToolbox server.

    Paths are relative to the server's address ("/api/v2/assets/"). Answers are parsed JSON. Raises the errors of
    `kobo_sync.kobo.errors`, whose messages name neither token nor query.
    """

    def __init__(
        self,
        url: str,
        token: Secret,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        before: Callable[[], None] = _nothing,
    ) -> None:
        """`before` is called before each request and may raise, so that somebody who wants to stop need not wait."""
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        self._sleep, self._before = sleep, before
        self._token = token
        # As requests spells it: a host's name in capitals is the same host.
        self._own = origin(requests.Request("GET", f"{self.url}/").prepare().url or "")
        self._http = _OwnServer(self._own)
        self._http.auth = _TokenAuth(token, self._own)
        self._http.headers.update({"Accept": "application/json", "User-Agent": f"a-gender-monitor/{__version__}"})

    def __repr__(self) -> str:
        return f"KoboSession({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Wait between two looks at something that takes its time."""
        self._sleep(seconds)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- JSON of any shape
        """Read; tried again while the server is busy. Values of `params` that are not str or int are sent as JSON."""
        return self._patiently(lambda: self._once("GET", path, params=_query(params)))

    def get_bytes(self, path: str) -> bytes:
        """Read a file; tried again while the server is busy."""
        answer: bytes = self._patiently(lambda: self._once("GET", path, raw=True))
        return answer

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,  # noqa: ANN401 -- JSON of any shape
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Any:  # noqa: ANN401 -- JSON of any shape
        """Write, once. `files` maps a part's name to (file name, content, content type)."""
        try:
            return self._once(method, path, body=body, form=form, files=files)
        except Busy as busy:
            error = self._not_written(busy)
        raise error

    def _patiently(self, attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 -- whatever `attempt` returns
        patience = self.patience
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Busy),
            stop=tenacity.stop_after_attempt(patience.attempts) | tenacity.stop_before_delay(patience.total),
            wait=_wait(patience),
            sleep=self._sleep,
            before_sleep=_say,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Busy as busy:
            error = self._gave_up(busy)
        raise error

    def _gave_up(self, busy: Busy) -> KoboError:
        if busy.broken:
            return Unreachable(
                f"{self.url} cannot be reached ({busy.reason}). Nothing was lost. Check the internet connection and "
                "the server's address in kobo-sync.toml, then run the same command again."
            )
        return ServerBusy(
            f"{self.url} is busy or under maintenance ({busy.reason}). Nothing was lost. Run the same command again "
            "later; if it lasts for hours, look at the server's status page."
        )

    def _not_written(self, busy: Busy) -> KoboError:
        if busy.unsent:
            return self._gave_up(busy)
        kind = Unreachable if busy.broken else ServerBusy
        return kind(
            f"{self.url} did not say whether it took what was sent ({busy.reason}): it may or may not have arrived. "
            "Nothing was lost. Run the same command again in some minutes; it looks first what is there."
        )

    def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,  # noqa: ANN401 -- JSON of any shape
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        raw: bool = False,
    ) -> Any:  # noqa: ANN401 -- JSON of any shape
        if not path.startswith("/"):
            raise ValueError("a path starts with /; without it, it could name another host")
        self._before()
        try:
            response = self._http.request(
                method,
                self.url + path,
                params=params,
                json=body,
                data=form,
                files=files,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=method == "GET",
                stream=True,
            )
            content = b"".join(response.iter_content(_PART))
        except (OSError, urllib3.exceptions.HTTPError) as error:  # OSError: requests' own, and no certificates at all
            failed = trouble(self.url, error)
        else:
            return self._read(response, content, path, hidden=tuple((params or {}).values()), raw=raw)
        # Raised out here so that requests' error does not hang on it: it quotes the address with its query, and holds
        # the request with the token.
        raise failed

    def _read(
        self, response: requests.Response, content: bytes, path: str, *, hidden: tuple[str, ...], raw: bool
    ) -> Any:  # noqa: ANN401 -- JSON
        status, kind = response.status_code, response.headers.get("Content-Type", "")
        if status in BUSY:
            raise Busy(f"HTTP {status}", pause=retry_after(response), unsent=status in _UNTOUCHED)
        if status >= 400:  # noqa: PLR2004 -- HTTP's border between going on and going wrong
            raise refusal(self.url, path, status, content, hidden=(self._token.reveal(), *hidden))
        if status >= 300:  # noqa: PLR2004 -- a redirect that was not followed
            raise elsewhere(self.url, _host(self.url, response.headers.get("Location", "")))
        if raw and "html" not in kind:
            return content
        if not content:
            return None
        whole, answer = _parsed(content)
        if whole:
            return answer
        raise Busy("an answer that was cut off", broken=True) if "json" in kind else a_page(self.url)


def _parsed(content: bytes) -> tuple[bool, Any]:
    """Return whether this is JSON, and what it says. Never raises: a parser's error holds the whole answer.

    What orjson is too strict for (NaN, half a character) may still be an answer; the record's schema judges it then.
    """
    try:
        return True, orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return True, json.loads(content)
    except (ValueError, RecursionError):
        return False, None


def _host(url: str, location: str) -> str:
    try:
        scheme, host, _ = origin(urljoin(url, location))
    except ValueError:
        return "to no proper address"
    return f"to {scheme}://{host}"


def _query(params: Mapping[str, Any] | None) -> dict[str, str] | None:
    if params is None:
        return None
    return {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in params.items()}


def _wait(patience: Patience) -> Callable[[tenacity.RetryCallState], float]:
    # Half of each pause is certain and doubles, half is chance: clients that failed together do not come back together,
    # and none comes back at once.
    half, longest = patience.first / 2, patience.longest / 2
    usual = tenacity.wait_exponential(half, longest) + tenacity.wait_random_exponential(half, longest)
    jitter = tenacity.wait_random(0, patience.first)

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, Busy) else None
        return usual(state) if asked is None else min(asked + jitter(state), patience.longest)

    return wait


def _say(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0
    log.warning("The server did not answer (%s); trying again in %.0f s.", getattr(error, "reason", "?"), pause)
