"""Keeps threads free while bodies come in slowly: a request that sends nothing more holds the thread that reads it.

The server hands a body over as it arrives and knows no time limit for it, so whoever opens as many requests as there
are threads, and then waits, would stop all others. Only some threads may read at the same time; reading asks nothing
of them once a body is complete.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from catalog.errors import EngineUnavailableError, InputError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BODY = "spacecat.body"
"""Key of the environment under which the application finds the body, to bound one that comes without its length."""

_PATIENCE_S = 0.2
_PIECE_BYTES = 1 << 16


class BodyGate:
    """WSGI in front of the application: at most ``places`` bodies are read at the same time."""

    def __init__(self, application: WSGIApplication, places: int) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(places)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on with a body that waits for a place when it is read first."""
        length = environ.get("CONTENT_LENGTH") or ""
        body = _Body(environ["wsgi.input"], int(length) if length.isdecimal() else None, self._places)
        environ["wsgi.input"] = environ[BODY] = body
        return ClosingIterator(self._application(environ, start_response), body.leave)


class _Body:
    """The body of one request, of ``most`` bytes if that is set.

    Reading raises ``EngineUnavailableError`` (``bodies-busy``) where no place comes free, and ``InputError``
    (``upload-too-large``) for more bytes than that.
    """

    most: int | None = None

    def __init__(self, stream: Any, length: int | None, places: threading.BoundedSemaphore) -> None:
        self._stream = stream
        self._left = length
        self._places = places
        self._inside = False
        self._taken = 0

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes, all of them if it is negative."""
        if size is not None and size >= 0:
            return self._through(self._stream.read, size)
        return b"".join(iter(lambda: self._through(self._stream.read, _PIECE_BYTES), b""))

    def readline(self, size: int = -1) -> bytes:
        """Read up to the end of the line."""
        return self._through(self._stream.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        """Read all lines, whatever the hint."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def leave(self) -> None:
        """Give the place up."""
        if self._inside:
            self._inside = False
            self._places.release()

    def _through(self, read: Any, size: int) -> bytes:
        if self._left == 0:
            return b""
        if not self._inside:
            if not self._places.acquire(timeout=_PATIENCE_S):
                raise EngineUnavailableError("bodies-busy")
            self._inside = True
        data: bytes = read(size)
        self._taken += len(data)
        if self.most is not None and self._taken > self.most:
            raise InputError("upload-too-large", value=self.most // 1_000_000)
        if self._left is not None:
            self._left = max(0, self._left - len(data))
        if self._left == 0 or (not data and size):
            self.leave()
        return data
