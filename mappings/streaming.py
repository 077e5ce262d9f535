"""Takes records one at a time out of JSON documents of any size.

A document that is a list of records (at one of the paths that the format names) is read as a stream; any other is one
record, or holds one, and is read whole within ``MAX_RECORD_BYTES``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import ijson

from mappings.paths import Path, Pointer

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""Bytes of one record, or of what stands before the first one."""

MAX_NESTING = 1_000
"""Levels at which the rest of a document is given up; a record of more than ``reading.MAX_DEPTH`` fails alone."""

MAX_DIGITS = 1_000
"""Digits of one number; at some thousand the parser ends the process."""

_CHUNK = 65_536
_DIGITS = bytes(48 if 48 <= byte < 58 else 32 for byte in range(256))
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (MAX_DIGITS + 1))
_TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


class StreamProblem(ValueError):  # noqa: N818 - it becomes the outcome of what could not be read
    """The document cannot be read any further; ``reason`` is a kebab-case code, ``detail`` what the parser says."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail[:200]


@dataclass(slots=True)
class Found:
    """Where the records of a document stand: the path, and for JSON Lines no path at all."""

    path: Path | None
    lines: bool = False
    context: Any = None


@dataclass(slots=True)
class Guard:
    """Looks at the JSON that passes by before a parser does: how deep it is nested, how long its numbers are."""

    depth: int = 0
    rest: bytes = b""
    digits: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes. Raises :class:`StreamProblem` beyond ``MAX_NESTING`` and ``MAX_DIGITS``."""
        text = self.rest + chunk
        outside, quote, _ = _STRING.sub(b" ", text).partition(b'"')
        escaped = (len(text) - len(text.rstrip(b"\\"))) % 2 == 1
        self.rest = quote + (b"\\" if quote and escaped else b"")
        self.depth += sum(map(outside.count, (b"{", b"["))) - sum(map(outside.count, (b"}", b"]")))
        if self.depth > MAX_NESTING:
            raise StreamProblem("too-deep", str(MAX_NESTING))
        digits = self.digits + outside.translate(_DIGITS)
        if _TOO_MANY_DIGITS in digits:
            raise StreamProblem("number-too-long", str(MAX_DIGITS))
        self.digits = b"" if quote else digits[len(digits.rstrip(b"0")) :]


@dataclass(slots=True)
class _Bounded:
    """A stream that gives what was read ahead once more, and refuses a record that grows without end."""

    ahead: bytes
    stream: BinaryIO
    limit: int
    guard: Guard
    since: int = 0

    def read(self, size: int = -1) -> bytes:
        wanted = _CHUNK if size < 0 else size
        if not wanted:
            return b""
        data, self.ahead = self.ahead[:wanted], self.ahead[wanted:]
        if not data:
            data = self.stream.read(wanted)
            self.guard.feed(data)
        self.since += len(data)
        if self.since > self.limit:
            raise StreamProblem("too-large", str(self.limit))
        return data


def iter_json_records(
    stream: BinaryIO, paths: tuple[Path, ...], max_bytes: int = MAX_RECORD_BYTES
) -> Iterator[tuple[Path | None, Pointer, Any, Any]]:
    """Iterate over (path, pointer, record, ``@context`` of the document) in the order of the document.

    Raises :class:`StreamProblem` where the document breaks off; what came before was handed out.
    """
    guard = Guard()
    ahead, found = _look_ahead(stream, paths, max_bytes, guard)
    if found is None:
        yield from _whole(ahead, paths)
        return
    bounded = _Bounded(ahead, stream, max_bytes, guard)
    names = tuple(step.name for step in found.path.steps) if found.path else ()
    prefix = "" if found.lines else ".".join([*names, "item"])
    try:
        for index, record in enumerate(ijson.items(bounded, prefix, multiple_values=found.lines)):
            yield found.path, (*names, index), record, found.context
            bounded.since = 0
    except StreamProblem:
        raise
    except (ijson.JSONError, ValueError, UnicodeDecodeError) as error:
        raise StreamProblem("not-json", _words(error)) from error


def iter_events(head: bytes) -> Iterator[tuple[str, str, Any]]:
    """Iterate over the parser's events (prefix, event, value) of a beginning, as far as it is JSON."""
    events = ijson.sendable_list()
    parser = ijson.parse_coro(events, multiple_values=True)
    guard = Guard()
    for start in range(0, len(head), 4096):
        safe, whole = _safe_part(head[start : start + 4096], guard)
        try:
            parser.send(safe)
        except (ijson.JSONError, ValueError, UnicodeDecodeError):
            yield from events
            return
        yield from events
        if not whole:
            return
        del events[:]


def _safe_part(chunk: bytes, guard: Guard) -> tuple[bytes, bool]:
    """Return what a parser can be given of ``chunk``, and whether that is all of it."""
    try:
        guard.feed(chunk)
    except StreamProblem:
        return _LONG_NUMBER.split(chunk, maxsplit=1)[0], False
    return chunk, True


def _look_ahead(stream: BinaryIO, paths: tuple[Path, ...], max_bytes: int, guard: Guard) -> tuple[bytes, Found | None]:
    """Read until it is known whether records stand in a list; return what was read and where they stand."""
    lists = {".".join(step.name for step in path.steps): path for path in paths if path.many}
    events = ijson.sendable_list()
    parser = ijson.parse_coro(events, multiple_values=True)
    scout = _Scout(lists)
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        if not chunks:
            chunk = chunk.removeprefix(_BOM)
        guard.feed(chunk)
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise StreamProblem("too-large", str(max_bytes))
        try:
            parser.send(chunk)
        except (ijson.JSONError, ValueError, UnicodeDecodeError) as error:
            if not scout.see(events):
                raise StreamProblem("not-json", _words(error)) from error
        if scout.found or scout.see(events):
            return b"".join(chunks), scout.found
        del events[:]
    return b"".join(chunks), None


class _Scout:
    """Watches the parser's events for the first list of records, and keeps the ``@context`` that precedes it."""

    def __init__(self, lists: dict[str, Path]) -> None:
        self._lists = lists
        self._values = 0
        self._builder: ijson.ObjectBuilder | None = None
        self._context: Any = None
        self.found: Found | None = None

    def see(self, events: list[tuple[str, str, Any]]) -> bool:
        """Take in events; return whether it is known where the records stand."""
        for prefix, event, value in events:
            self._keep_context(prefix, event, value)
            if event == "start_array" and (prefix in self._lists or not prefix):
                self.found = Found(self._lists.get(prefix), context=self._context)
            elif event == "start_map" and not prefix:
                self._values += 1
                if self._values == 2:
                    self.found = Found(None, lines=True)
            if self.found:
                return True
        return False

    def _keep_context(self, prefix: str, event: str, value: Any) -> None:
        if prefix == "@context" and self._builder is None and event != "end_array":
            self._builder = ijson.ObjectBuilder()
        if self._builder is not None and (prefix == "@context" or prefix.startswith("@context.")):
            self._builder.event(event, value)
            self._context = getattr(self._builder, "value", None)


def _whole(text: bytes, paths: tuple[Path, ...]) -> Iterator[tuple[Path | None, Pointer, Any, Any]]:
    if not text.strip():
        raise StreamProblem("empty")
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise StreamProblem("too-deep", str(MAX_NESTING)) from error
    except ValueError as error:
        raise StreamProblem("not-json", _words(error)) from error
    context = document.get("@context") if isinstance(document, dict) else None
    for path in paths:
        found = [] if path.many else path.read(document)
        if found and isinstance(found[0][1], dict):
            for pointer, record in found:
                yield path, pointer, record, context
            return
    yield None, (), document, context


def _words(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
