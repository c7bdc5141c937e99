"""Serves the stand-in on the loopback: addresses, and what happens around every request."""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from kobo_sync.standin import assets, auth, data, deployments, imports, openrosa, seeds, writing
from kobo_sync.standin.calls import Call, Refusal, bad_request, server_error
from kobo_sync.standin.state import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)

LONGEST_URL = 4096
"""Bytes of path and query; one more is answered by 414, as the proxies in front of a real server do."""

_ASSET = "/api/v2/assets/<uid>/"
_DATA = _ASSET + "data/"
_VIEWS: list[tuple[str, str, Callable[..., Response]]] = [
    ("GET", "/me/", assets.me),
    ("GET", "/service_health/", assets.health),
    ("GET", "/api/v2/users/<username>/", assets.user),
    ("GET", "/api/v2/permissions/<codename>/", assets.permission),
    ("GET", "/api/v2/assets/", assets.listing),
    ("GET", "/api/v2/assets/<uid>.xls", assets.export),
    ("GET", _ASSET, assets.detail),
    ("PATCH", _ASSET, assets.change),
    ("DELETE", _ASSET, assets.remove),
    ("GET", _ASSET + "versions/", assets.versions),
    ("GET", _ASSET + "versions/<version>/", assets.version_detail),
    ("POST", "/api/v2/imports/", imports.start),
    ("GET", "/api/v2/imports/<uid>/", imports.poll),
    ("GET", _ASSET + "deployment/", deployments.show),
    ("POST", _ASSET + "deployment/", deployments.deploy),
    ("PATCH", _ASSET + "deployment/", deployments.redeploy),
    ("GET", _ASSET + "files/", deployments.files),
    ("POST", _ASSET + "files/", deployments.add_file),
    ("GET", _ASSET + "files/<file>/", deployments.file_detail),
    ("DELETE", _ASSET + "files/<file>/", deployments.delete_file),
    ("GET", _ASSET + "files/<file>/content/", deployments.file_content),
    ("GET", _ASSET + "permission-assignments/", deployments.permissions),
    ("POST", _ASSET + "permission-assignments/", deployments.grant),
    ("DELETE", _ASSET + "permission-assignments/<assignment>/", deployments.revoke),
    ("GET", _ASSET + "history/", data.history),
    ("GET", _DATA, data.listing),
    ("PATCH", _DATA + "bulk/", writing.edit),
    ("DELETE", _DATA + "bulk/", writing.delete_many),
    ("PATCH", _DATA + "validation_statuses/", writing.set_statuses),
    ("DELETE", _DATA + "validation_statuses/", writing.clear_statuses),
    ("GET", _DATA + "<key>/", data.detail),
    ("DELETE", _DATA + "<key>/", writing.delete),
    ("GET", _DATA + "<key>/validation_status/", writing.status),
    ("PATCH", _DATA + "<key>/validation_status/", writing.set_status),
    ("DELETE", _DATA + "<key>/validation_status/", writing.clear_status),
    ("GET", _DATA + "<key>/attachments/<file>/", data.attachment),
    ("GET", "/formList", openrosa.form_list),
    ("GET", "/<username>/formList", openrosa.form_list),
    ("GET", "/forms/<int:number>/form.xml", openrosa.form),
    ("GET", "/xformsManifest/<int:number>", openrosa.manifest),
    ("GET", "/xformsMedia/<int:number>/<file>", openrosa.media),
    ("HEAD", "/submission", openrosa.announce),
    ("POST", "/submission", openrosa.submit),
    ("HEAD", "/<username>/submission", openrosa.announce),
    ("POST", "/<username>/submission", openrosa.submit),
    *((method, "/api/v1/<path:rest>", assets.gone) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
]
_UNLOCKED = frozenset({deployments.deploy, deployments.redeploy})
"""These take the lock themselves, for as short as they can."""


@dataclass(frozen=True)
class RequestRecord:
    """One handled request, for tests that count: ``query`` is the text behind the question mark."""

    method: str
    path: str
    query: str
    status: int


class Standin:
    """A KoboToolbox server in memory, on the loopback, in threads of its own.

    ``port`` and ``collect_port`` 0 mean any free port; without ``collect_port`` phones use the API's address. ``clock``
    gives the server's time and must know its zone; ``first_id`` is the first submission's ``_id``. ``before``, when
    set, sees every request first and may answer it: tests put storms of 502, maintenance or stalls there.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        collect_port: int | None = None,
        clock: Callable[[], datetime] | None = None,
        first_id: int = 1,
    ) -> None:
        self.clock: Callable[[], datetime] = clock or (lambda: datetime.now(UTC))
        self.before: Callable[[Request], Response | None] | None = None
        self.world = World(lambda: self.clock(), first_id)  # noqa: PLW0108  # the clock may be exchanged later
        self._records: list[RequestRecord] = []
        self._map = Map([Rule(path, endpoint=view, methods=[method]) for method, path, view in _VIEWS])
        self._ports = [port] if collect_port is None else [port, collect_port]
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        """Listen, and answer in threads. Raises OSError when a port is taken."""
        if self._servers:
            raise RuntimeError("The stand-in is running already.")
        for port in self._ports:
            server = make_server("127.0.0.1", port, self, threaded=True, request_handler=_QuietHandler)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="standin", daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        """Stop listening; what the server holds stays and can be looked at. Stopping twice does no harm."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
        self._servers, self._threads = [], []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The API's address, ``http://127.0.0.1:PORT``."""
        return self._url(0)

    @property
    def collect_url(self) -> str:
        """The address that phones talk to; the API's unless a port of its own was asked for."""
        return self._url(-1)

    def _url(self, which: int) -> str:
        if not self._servers:
            raise RuntimeError("The stand-in is not running: start() it first, or use it in a with statement.")
        return f"http://127.0.0.1:{self._servers[which].port}"

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """The requests handled so far, in the order of their answers."""
        with self.world.lock:
            return tuple(self._records)

    def add_user(self, username: str, password: str | None = None) -> str:
        """Make an account and return its API token. Raises ValueError when the name is taken."""
        with self.world.lock:
            return self.world.add_user(username, password or secrets.token_urlsafe(12)).token

    def add_asset_rows(
        self,
        *,
        owner: str,
        uid: str,
        workbooks: Sequence[bytes],
        version_uids: Sequence[str],
        rows: Iterable[dict[str, Any]],
        media: Mapping[str, bytes] | None = None,
        form_uuid: str | None = None,
    ) -> None:
        """Add a deployed form with submissions taken over as they are (ids, uuids, versions, statuses).

        ``workbooks`` are the .xlsx of its versions, the oldest first, and ``version_uids`` their ids; ``rows`` are
        submissions as the API gives them; ``media`` the files that the form needs, by name. Raises ValueError when the
        form exists, ImportRefusedError or DeployRefusedError for a bad workbook. ODK Validate does not look at it.
        """
        with self.world.lock:
            seeds.add_form(
                self.world,
                owner=owner,
                uid=uid,
                workbooks=workbooks,
                version_uids=version_uids,
                media=media or {},
                form_uuid=form_uuid,
            )
            seeds.add_rows(self.world, uid, rows)

    @contextmanager
    def slow_database(self) -> Iterator[list[Callable[[], None]]]:
        """Leave open the transactions of new submissions that come in meanwhile; calling one in the list commits it.

        Such a submission has its ``_id`` and its time, yet nobody sees it until then: so a lower ``_id`` appears after
        a higher one. (A real phone hears 201 at the end only.)
        """
        opened: list[Callable[[], None]] = []
        self.world.uncommitted = opened
        try:
            yield opened
        finally:
            self.world.uncommitted = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        # Closed at the end, and with it the files that came along.
        with Request(environ) as request:
            response = (self.before(request) if self.before else None) or self._answer(request)
            # What was sent is read to its end; otherwise the client sees a broken connection in place of the answer.
            request.get_data(cache=False, parse_form_data=True)
            query = request.query_string.decode("latin-1")
            record = RequestRecord(request.method, request.path, query, response.status_code)
        with self.world.lock:
            self._records.append(record)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if len(str(request.environ.get("REQUEST_URI") or request.full_path).encode()) > LONGEST_URL:
            text = "<html><head><title>414 URI Too Long</title></head><body><h1>URI Too Long</h1></body></html>"
            return Response(text, HTTPStatus.REQUEST_URI_TOO_LONG, mimetype="text/html")
        adapter = self._map.bind_to_environ(request.environ)
        try:
            view, arguments = adapter.match()
        except RequestRedirect as redirect:
            return Response("", HTTPStatus.MOVED_PERMANENTLY, {"Location": redirect.new_url}, mimetype="text/html")
        except MethodNotAllowed:
            return assets.refuse_method(request.method).response
        except NotFound:
            return Response("<h1>Not Found</h1>", HTTPStatus.NOT_FOUND, mimetype="text/html")
        response = self._view(request, view, arguments)
        response.headers.setdefault("Allow", ", ".join(sorted({*(adapter.allowed_methods()), "OPTIONS"})))
        return response

    def _view(self, request: Request, view: Callable[..., Response], arguments: Any) -> Response:  # noqa: ANN401  # werkzeug's
        try:
            if view in (assets.health, assets.gone):
                return view(None, **arguments)
            with self.world.lock:
                user = auth.identify(self.world, request)
            call = Call(self.world, request, user, self.collect_url)
            if view in _UNLOCKED:
                return view(call, **arguments)
            with self.world.lock:
                return view(call, **arguments)
        except Refusal as refusal:
            return refusal.response
        except HTTPException as problem:
            return bad_request({"detail": problem.description}).response
        except Exception:  # noqa: BLE001  # as a server does: the one request fails, the rest go on
            _log.exception("The stand-in failed at %s %s", request.method, request.path)
            return server_error().response


class _QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401  # werkzeug's signature
        """Say nothing: ``Standin.requests`` tells what was asked."""
