"""What runs in the worker processes of the graph store: strangers' queries, and rehearsals of updates.

A worker keeps the last checkpoint of each audience open. It parses, runs and serialises; results leave as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, NamedTuple

from pyoxigraph import DefaultGraph, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, RdfFormat, Store

from catalog.canonical import to_content
from catalog.engines import sparql_results, sparql_text
from catalog.errors import EngineFailedError, InputError, ParameterError, QueryRefusedError
from catalog.model import DEFAULT_GRAPH, GraphIri
from catalog.ports import QueryRequest, UpdateRequest
from catalog.workers import Replies


class Question(NamedTuple):
    """A query to run on one checkpoint. ``hosts`` are those that ``SERVICE`` may reach.

    A tuple, because it travels with every query, and a data class takes four times as long to pickle.
    """

    audience: str
    checkpoint: str
    asked: tuple[Any, ...]
    rows: int
    hosts: tuple[str, ...]

    @property
    def request(self) -> QueryRequest:
        """The query, of which ``asked`` are the fields."""
        return QueryRequest(*self.asked)


fields_of: Callable[[QueryRequest], tuple[Any, ...]] = attrgetter(*(field.name for field in fields(QueryRequest)))
"""Returns what ``asked`` of a ``Question`` holds."""


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
    except RuntimeError as error:
        raise InputError("query-unsupported", detail=str(error)) from error
    except OSError as error:
        raise EngineFailedError("query-failed", detail=str(error)) from error


def _answer(question: Question, replies: Replies) -> None:
    request = question.request
    sparql_text.refuse_remote(request.text, "SERVICE", question.hosts, sparql_text.query_parser(request.base))
    sparql_results.reply(_query(_checkpoint(question), request), request, question.rows, replies)


def rehearse(rehearsal: Rehearsal, replies: Replies) -> None:
    """Run an update on a throw-away checkpoint; reply with each graph that it changes, and its new content."""
    request = rehearsal.request
    parse = sparql_text.update_parser(request.base)
    sparql_text.refuse_remote(request.text, "LOAD", rehearsal.hosts, parse)
    sparql_text.refuse_remote(request.text, "SERVICE", rehearsal.hosts, parse)
    before, after = Store.read_only(rehearsal.before), Store(rehearsal.after)
    _update(after, request)
    named = _graphs_written(request.text)
    for graph in sorted(named) if named is not None else _all_graphs(before, after):
        content = _content(after, graph)
        if content != _content(before, graph):
            replies.send((graph, to_content(content.decode().splitlines())))


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
                text,
                base_iri=request.base,
                default_graph=_graphs(request.default_graphs),
                named_graphs=_graphs(request.named_graphs),
            )
        union = not sparql_text.has_keyword(text, "FROM", sparql_text.query_parser(request.base))
        return store.query(text, base_iri=request.base, use_default_graph_as_union=union)
    except SyntaxError as error:
        raise sparql_text.syntax_invalid(error) from error


def _graphs(names: Iterable[str]) -> list[Any]:
    try:
        return [NamedNode(name) for name in names]
    except ValueError as error:
        raise ParameterError("graph-iri-invalid", where="graph-uri", detail=str(error)) from error


# Updates


def _update(store: Store, request: UpdateRequest) -> None:
    try:
        store.update(sparql_text.with_using(request), base_iri=request.base)
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
