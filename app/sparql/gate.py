"""The short way for plain queries: GET, no cookie, an answer for programs. Everything else goes to the application.

A look-up takes a fifth of a millisecond in the engine; the framework would add twice that. What the short way
answers, and refuses, is the same: it reads requests with the same code, and hands errors to the application.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.access import Access
from app.sparql import protocol
from catalog.errors import SpacecatError
from catalog.model import Audience, Limits
from catalog.ports import GraphStore, QueryResult

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FAILED = "spacecat.sparql.failed"
"""Key of the request's environment under which the application finds the error that it is to answer."""

OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Vary": "Accept, Cookie"}
"""Scripts of any site may read what anybody may read; browsers send no cookie along."""

ASKED_BEFORE = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}
"""What browsers want to know before they send more than a plain request, and read nowhere else (Fetch §3.3.3)."""

_HEADERS = [
    *OPEN_TO_ALL.items(),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
]


class QueryGate:
    """WSGI in front of the application."""

    def __init__(self, application: WSGIApplication, graphs: GraphStore, access: Access, limits: Limits) -> None:
        self._application = application
        self._graphs = graphs
        self._access = access
        self._limits = limits

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a plain query, or pass the request on."""
        if not _is_plain(environ):
            return self._application(environ, start_response)
        try:
            asked = protocol.read_plain(environ)
            media_type, body = begin(self._graphs.query(self._audience(environ), asked, self._limits))
        except SpacecatError as error:
            environ[FAILED] = error
            return self._application(environ, start_response)
        headers = [("Content-Type", protocol.content_type(media_type)), *_HEADERS]
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers)
        return [body] if isinstance(body, bytes) else body

    def _audience(self, environ: WSGIEnvironment) -> Audience:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return self._access.audience_of_token(token) if scheme.lower() == "bearer" and token else Audience.PUBLIC


def _is_plain(environ: WSGIEnvironment) -> bool:
    return (
        environ["PATH_INFO"] == "/sparql"
        and environ["REQUEST_METHOD"] == "GET"
        and environ["QUERY_STRING"].startswith("query=")
        and "HTTP_COOKIE" not in environ
        and "text/html" not in environ.get("HTTP_ACCEPT", "")
    )


def begin(result: QueryResult) -> tuple[str, bytes | Iterator[bytes]]:
    """Return the media type and the body: bytes if it is short, else an iterator.

    A long result that is cut short ends in a line that no parser takes. Breaking the connection off would say it too,
    but not every server can: granian ends the transfer in good order whatever the application raises.
    """
    chunks = result.chunks
    first = next(chunks, b"")
    second = next(chunks, None)
    return result.media_type, first if second is None else _streamed(first, second, chunks)


def _streamed(first: bytes, second: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield second
        yield from chunks
    except SpacecatError as error:
        yield f"\n!!! cut short: {error} !!!\n".encode()
        raise
