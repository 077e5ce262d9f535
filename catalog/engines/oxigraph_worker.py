"""What runs in the worker processes of the graph store: strangers' queries, and rehearsals of updates.

A worker keeps the last checkpoint of each audience open. It parses, runs and serialises; results leave as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from catalog.engines import sparql_text
from catalog.errors import EngineFailedError, LimitExceededError, ParameterError, QueryRefusedError
from catalog.model import DEFAULT_GRAPH, GraphIri
from catalog.ports import QueryRequest, UpdateRequest
from catalog.query import GRAPH_MEDIA_TYPES, RESULTS_MEDIA_TYPES
from catalog.workers import Replies


@dataclass(frozen=True, slots=True)
class Question:
    """A query to run on one checkpoint. ``hosts`` are those that ``SERVICE`` may reach."""

    audience: str
    checkpoint: str
    request: QueryRequest
    rows: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """An update to try on the checkpoint ``after``, which is lost by it; ``before`` is a second one, left as it is."""

    before: str
    after: str
    request: UpdateRequest
    hosts: tuple[str, ...]


_opened: dict[str, tuple[str, Store]] = {}


def answer(question: Question, replies: Replies) -> None:
    """Run a query; reply with the media type, then the result as bytes."""
    try:
        _answer(question, replies)
    except (OSError, RuntimeError) as error:
        raise EngineFailedError("query-failed", detail=str(error)) from error


def _answer(question: Question, replies: Replies) -> None:
    request = question.request
    sparql_text.refuse_remote(request.text, "SERVICE", question.hosts, sparql_text.parse_query)
    results = _query(_checkpoint(question), request)
    if isinstance(results, QueryTriples):
        media_type = acceptable(request.graph_media_type, GRAPH_MEDIA_TYPES)
        replies.send(media_type)
        triples = _counted(results, question.rows)
        serialize(triples, replies, RdfFormat.from_media_type(media_type))  # type: ignore[arg-type]
        return
    media_type = acceptable(request.results_media_type, RESULTS_MEDIA_TYPES)
    replies.send(media_type)
    form = QueryResultsFormat.from_media_type(media_type)
    if isinstance(results, QueryBoolean):
        results.serialize(replies, form)  # type: ignore[arg-type]
        return
    results.serialize(RowCounter(replies, media_type, question.rows), form)  # type: ignore[arg-type]


def rehearse(rehearsal: Rehearsal, replies: Replies) -> None:
    """Run an update on a throw-away checkpoint; reply with each graph that it changes, and its new content."""
    request = rehearsal.request
    sparql_text.refuse_remote(request.text, "LOAD", rehearsal.hosts, sparql_text.parse_update)
    sparql_text.refuse_remote(request.text, "SERVICE", rehearsal.hosts, sparql_text.parse_update)
    before, after = Store.read_only(rehearsal.before), Store(rehearsal.after)
    _update(after, request)
    named = _graphs_written(request.text)
    for graph in sorted(named) if named is not None else _all_graphs(before, after):
        content = _content(after, graph)
        if content != _content(before, graph):
            replies.send((graph, content.decode()))


def acceptable(media_type: str | None, known: tuple[str, ...]) -> str:
    """Return the media type, or raise ``ParameterError`` where the client accepts none for this form of result."""
    if media_type not in known:
        raise ParameterError("not-acceptable", where="Accept", formats=", ".join(known))
    return media_type


class RowCounter:
    """A file between the serialiser and the reader that stops after so many rows.

    It counts what separates rows in the finished text, which costs nothing beside making the rows; text inside a
    value cannot look so: it is escaped in every format, but for JSON where a value must end in ``}},{`` to count.
    """

    _SEPARATORS: ClassVar[dict[str, bytes]] = {
        "application/sparql-results+json": b'}},{"',
        "application/sparql-results+xml": b"<result>",
        "text/tab-separated-values": b"\n",
        "text/csv": b"\r\n",
    }

    def __init__(self, replies: Replies, media_type: str, rows: int) -> None:
        self._replies = replies
        self._separator = self._SEPARATORS[media_type]
        self._heading = 0 if media_type.endswith(("json", "xml")) else 1
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
            raise row_limit(self._rows)
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


def row_limit(rows: int) -> LimitExceededError:
    """Return the error for a result of more rows (or triples) than allowed."""
    return LimitExceededError("row-limit", limit="rows", value=rows)


def _checkpoint(question: Question) -> Store:
    path, store = _opened.get(question.audience, ("", None))
    if store is None or path != question.checkpoint:
        store = Store.read_only(question.checkpoint)
        _opened[question.audience] = question.checkpoint, store
    return store


def _query(store: Store, request: QueryRequest) -> QuerySolutions | QueryBoolean | QueryTriples:
    text = request.text
    try:
        if request.default_graphs or request.named_graphs:
            return store.query(
                text, default_graph=_graphs(request.default_graphs), named_graphs=_graphs(request.named_graphs)
            )
        union = not sparql_text.has_keyword(text, "FROM", sparql_text.parse_query)
        return store.query(text, use_default_graph_as_union=union)
    except SyntaxError as error:
        raise sparql_text.syntax_invalid(error) from error


def _graphs(names: Iterable[str]) -> list[Any]:
    try:
        return [NamedNode(name) for name in names]
    except ValueError as error:
        raise ParameterError("graph-iri-invalid", where="graph-uri", detail=str(error)) from error


def _counted(triples: Iterable[Triple], rows: int) -> Iterator[Triple]:
    for number, triple in enumerate(triples):
        if number >= rows:
            raise row_limit(rows)
        yield triple


# Updates


def _update(store: Store, request: UpdateRequest) -> None:
    try:
        store.update(sparql_text.with_using(request.text, request.using_graphs, request.using_named_graphs))
    except SyntaxError as error:
        raise sparql_text.syntax_invalid(error) from error
    except (OSError, RuntimeError) as error:
        raise QueryRefusedError("update-failed", detail=str(error)) from error


_EXPLICIT = re.compile(r"\bGRAPH\s*<([^<>\"{}|^`\\\s]+:[^<>\"{}|^`\\\s]*)>", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\\|\b(?:ADD|ALL|BASE|COPY|MOVE|NAMED|WITH)\b", re.IGNORECASE)


def _graphs_written(text: str) -> set[GraphIri] | None:
    """Return all graphs that an update can write to, if it names each in full; else ``None``."""
    explicit = _EXPLICIT.findall(text)
    if _ELSEWHERE.search(text) or len(explicit) != len(re.findall("GRAPH", text, re.IGNORECASE)):
        return None
    return {*map(GraphIri, explicit), DEFAULT_GRAPH}


def _all_graphs(before: Store, after: Store) -> list[GraphIri]:
    names = {str(graph.value) for store in (before, after) for graph in store.named_graphs()}
    return [DEFAULT_GRAPH, *map(GraphIri, sorted(names))]


def _content(store: Store, graph: GraphIri) -> bytes:
    source = DefaultGraph() if graph == DEFAULT_GRAPH else NamedNode(graph)
    return store.dump(format=RdfFormat.N_TRIPLES, from_graph=source) or b""
