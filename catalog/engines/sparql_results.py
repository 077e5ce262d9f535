"""Results of SPARQL queries on their way out: form, media type, and the limit on rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat, Triple, serialize

from catalog.engines import sparql_text
from catalog.errors import LimitExceededError, ParameterError
from catalog.ports import QueryRequest
from catalog.query import GRAPH_MEDIA_TYPES, RESULTS_MEDIA_TYPES
from catalog.workers import Replies

_RESULTS_FORMATS = {name: QueryResultsFormat.from_media_type(name) for name in RESULTS_MEDIA_TYPES}
_RDF_FORMATS = {name: RdfFormat.from_media_type(name) for name in GRAPH_MEDIA_TYPES}

Results = QuerySolutions | QueryBoolean | QueryTriples | Iterable[Triple]


def reply(results: Results, request: QueryRequest, rows: int, replies: Replies) -> None:
    """Send the media type, then the serialised result.

    Raises ``ParameterError`` where the client accepts no format for this form of result, ``LimitExceededError`` (after
    ``rows`` rows or triples were sent) where there are more.
    """
    if isinstance(results, QuerySolutions | QueryBoolean):
        media_type = _acceptable(request.results_media_type, RESULTS_MEDIA_TYPES)
        replies.send(media_type)
        counted = isinstance(results, QuerySolutions) and not sparql_text.has_limit(request.text, rows)
        out = RowCounter(replies, media_type, rows) if counted else replies
        results.serialize(out, _RESULTS_FORMATS[media_type])  # type: ignore[arg-type]
        return
    media_type = _acceptable(request.graph_media_type, GRAPH_MEDIA_TYPES)
    replies.send(media_type)
    form = _RDF_FORMATS[media_type]
    if isinstance(results, QueryTriples) and media_type in RowCounter.SEPARATORS:
        results.serialize(RowCounter(replies, media_type, rows), form)  # type: ignore[arg-type]
    else:
        serialize(_counted(results, rows), replies, form)  # type: ignore[arg-type]


class RowCounter:
    """A file between the serialiser and the reader that stops after so many rows.

    It counts what separates rows in the finished text, which takes 2 % of the time that making the rows does;
    text inside a value cannot look so: it is escaped in every format, but for JSON where a value must end in
    ``}},{`` to count.
    """

    SEPARATORS: ClassVar[dict[str, bytes]] = {
        "application/sparql-results+json": b'}},{"',
        "application/sparql-results+xml": b"<result>",
        "text/tab-separated-values": b"\n",
        "text/csv": b"\r\n",
        "application/n-triples": b"\n",
        "application/n-quads": b"\n",
    }

    def __init__(self, replies: Replies, media_type: str, rows: int) -> None:
        self._replies = replies
        self._separator = self.SEPARATORS[media_type]
        self._heading = 1 if media_type.startswith("text/") else 0
        self._left = rows - (1 if media_type.endswith("json") else 0)
        self._rows = rows
        self._tail = b""
        self._quoted = media_type == "text/csv"
        self._inside = False

    def write(self, data: bytes) -> int:
        """Count and pass on. Raises ``LimitExceededError`` with the first row too many."""
        text = self._tail + data
        self._left -= self._count(text)
        self._tail = text[1 - len(self._separator) :] if len(self._separator) > 1 else b""
        if self._left + self._heading < 0:
            raise _row_limit(self._rows)
        return self._replies.write(data)

    def flush(self) -> None:
        """Pass on."""

    def _count(self, text: bytes) -> int:
        if not self._quoted or (b'"' not in text and not self._inside):
            return text.count(self._separator)
        pieces = text[len(self._tail) :].split(b'"')
        outside = pieces[self._inside :: 2]
        self._inside ^= len(pieces) % 2 == 0
        return sum(piece.count(b"\n") for piece in outside)


def _acceptable(media_type: str | None, known: tuple[str, ...]) -> str:
    if media_type not in known:
        raise ParameterError("not-acceptable", where="Accept", formats=", ".join(known))
    return media_type


def _counted(triples: Iterable[Triple], rows: int) -> Iterator[Triple]:
    for number, triple in enumerate(triples):
        if number >= rows:
            raise _row_limit(rows)
        yield triple


def _row_limit(rows: int) -> LimitExceededError:
    return LimitExceededError("row-limit", limit="rows", value=rows)
