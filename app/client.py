"""Talks to the API of a data folder: in process when nobody else has it open, else to the service that does.

Either way a command sends the same requests and gets the same answers.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlencode

from app.speech import LANGUAGE
from catalog.errors import ConflictError, EngineUnavailableError
from catalog.settings import Settings

API = "/api/v1"
_CHUNK_BYTES = 1 << 16
_CONNECT_S = 3600.0
"""Seconds without a byte after which a running service is given up; an import may be silent for long."""

_EXIT_OF_STATUS = {401: 6, 403: 6, 404: 4, 406: 3, 409: 5, 410: 4, 413: 7, 429: 7, 502: 8, 503: 7, 504: 8}
_DENIALS = frozenset({"token-unknown", "operator-only", "origin-foreign"})
"""Codes of problems where a right is missing; other refusals (403) are about what was asked."""

Parameters = Mapping[str, str | int | bool | Sequence[str] | None]


class ProblemError(Exception):
    """The API answered with a problem document: ``status`` and ``body`` as received."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    @property
    def exit_code(self) -> int:
        """Return the exit code that suits the status."""
        if self.status == 403 and self.body.get("code") not in _DENIALS:
            return 3
        return _EXIT_OF_STATUS.get(self.status, 3 if self.status < 500 else 8)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as a transport takes it. ``path`` begins with a slash and holds the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: IO[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it streams in; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]

    def read(self) -> bytes:
        """Return the rest of the body."""
        return b"".join(self.chunks)

    def lines(self) -> Iterator[bytes]:
        """Yield the body line by line, without line ends."""
        rest = b""
        for chunk in self.chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest


class Transport(Protocol):
    """How a request reaches the API."""

    def send(self, sent: Sent) -> Reply:
        """Send a request and return the answer. Raises ``EngineUnavailableError`` if there is none."""


class Client:
    """The API as a caller with ``token`` sees it; an empty token is the public."""

    def __init__(self, transport: Transport, token: str) -> None:
        self._transport = transport
        self._headers = {"Accept-Language": LANGUAGE} | ({"Authorization": f"Bearer {token}"} if token else {})

    def get(self, path: str, parameters: Parameters | None = None) -> Any:
        """Return the JSON at ``path`` of the API. Raises ``ProblemError``."""
        return json.loads(self.stream("GET", API + path, parameters).read())

    def stream(
        self,
        method: str,
        path: str,
        parameters: Parameters | None = None,
        *,
        accept: str = "application/json",
        body: IO[bytes] | None = None,
        media_type: str = "",
    ) -> Reply:
        """Send a request to any path and return the answer as it comes. Raises ``ProblemError`` for an error."""
        headers = self._headers | {"Accept": f"{accept}, application/problem+json;q=0.1"}
        if media_type:
            headers["Content-Type"] = media_type
        reply = self._transport.send(Sent(method, path + _query(parameters or {}), headers, body))
        if reply.status >= 400:
            raise ProblemError(reply.status, _problem(reply))
        return reply


def _query(parameters: Parameters) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    written = {name: str(int(v)) if isinstance(v, bool) else v for name, v in given.items()}
    return "?" + urlencode(written, doseq=True) if written else ""


def _problem(reply: Reply) -> dict[str, Any]:
    text = reply.read()
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"title": text.decode(errors="replace")[:500]}


@contextmanager
def open_client(settings: Settings, *, public: bool = False) -> Iterator[Client]:
    """Open the catalogue of the settings' data folder, or reach the service that has it open.

    Raises ``ConflictError`` (``catalogue-in-use``) if another process has it open that is no service.
    """
    with ExitStack() as stack:
        try:
            transport = stack.enter_context(_in_process(settings))
        except ConflictError:
            url = find_service(settings.data_dir)
            if url is None:
                raise
            transport = HttpTransport(url)
        yield Client(transport, "" if public else _operator_token(settings))


def _operator_token(settings: Settings) -> str:
    file = settings.data_dir / "operator-token"
    if settings.operator_token or not os.access(file, os.R_OK):
        return settings.operator_token
    return file.read_text(encoding="ascii").strip()


def find_service(data_dir: Path) -> str | None:
    """Return the address of the service that has the folder open, or ``None``.

    A ``service.json`` that a killed service left behind does not count: the lock names another process, or none.
    """
    try:
        known = json.loads((data_dir / "service.json").read_text(encoding="utf-8"))
        holder = (data_dir / "catalogue.lock").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return str(known["url"]) if str(known.get("pid")) == holder else None


@contextmanager
def _in_process(settings: Settings) -> Iterator[Transport]:
    from app.compose import open_catalogue

    with open_catalogue(settings) as catalogue:
        from app.web import create_app

        yield WsgiTransport(create_app(catalogue))


class WsgiTransport:
    """Calls the application without a server in between."""

    def __init__(self, app: Any) -> None:
        from werkzeug.test import Client as WsgiClient

        self._client = WsgiClient(app, use_cookies=False)

    def send(self, sent: Sent) -> Reply:
        """Run the application on a request; the answer is made as it is read."""
        response = self._client.open(
            sent.path, method=sent.method, headers=dict(sent.headers), input_stream=sent.body, buffered=False
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, _until_closed(response))


def _until_closed(response: Any) -> Iterator[bytes]:
    try:
        yield from response.iter_encoded()
    finally:
        response.close()


class HttpTransport:
    """Calls a running service on this machine, past any proxy that the environment names."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, sent: Sent) -> Reply:
        """Send a request over HTTP. Raises ``EngineUnavailableError`` (``service-silent``)."""
        request = urllib.request.Request(  # noqa: S310 - the address is our own service's
            self._url + sent.path, data=sent.body, headers=dict(sent.headers), method=sent.method
        )
        try:
            response = self._opener.open(request, timeout=_CONNECT_S)
        except urllib.error.HTTPError as error:
            response = error
        except OSError as error:
            raise EngineUnavailableError("service-silent", where=self._url, detail=str(error)) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, headers, _chunks(response, self._url))


def _chunks(response: Any, url: str) -> Iterator[bytes]:
    """Yield the body. Raises ``EngineUnavailableError`` (``answer-cut-short``) if it breaks off before its end."""
    with response:
        try:
            while chunk := response.read1(_CHUNK_BYTES):
                yield chunk
        except (http.client.HTTPException, OSError) as error:
            raise EngineUnavailableError("answer-cut-short", where=url) from error
