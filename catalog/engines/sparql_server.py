"""The graph store on any SPARQL 1.1 server: one dataset for what each audience may see, reached through SPARQLWrapper.

A dataset at URL takes queries at ``URL/query``, updates at ``URL/update`` and the Graph Store Protocol at ``URL/data``
(or ``/store`` where URL has no path), and its default graph for queries is the union of its named graphs. Triples of
the unnamed graph are kept in a graph named :data:`DEFAULT_GRAPH`, since servers differ in whether a union holds them.

The position is a triple in a graph of the operators' dataset, written in the same request as the last change there,
after the other audiences' datasets: it may lag behind them, and never leads.
``docs/adr/0008-a-store-for-each-audience.md`` says why.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)
from SPARQLWrapper import POST, POSTDIRECTLY, URLENCODED, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, SPARQLWrapperException

from catalog.engines import oxigraph_worker, sparql_results, sparql_text
from catalog.errors import EngineFailedError, EngineUnavailableError, SyntaxInvalidError
from catalog.model import DEFAULT_GRAPH, Audience, Change, GraphIri, Limits
from catalog.ports import GraphStore, QueryRequest, QueryResult, Solution, Term, UpdateRequest
from catalog.visibility import audiences_of
from catalog.workers import Bounds, Replies, WorkerPool

_POSITION = GraphIri("urn:spacecat:position")
_VALUE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#value")
_JSON, _TRIPLES, _QUADS = "application/sparql-results+json", "application/n-triples", "application/n-quads"
_REQUEST_CHARACTERS = 1_000_000
_TIMEOUT_S = 120
_UNION = "union-default-graph"
"""Asks Oxigraph's server for the union, which set for good there would override ``FROM``; others ignore it."""


@dataclass(frozen=True, slots=True)
class _Dataset:
    """The address of one audience's dataset."""

    url: str

    @property
    def graphs(self) -> str:
        return self.url + ("/data" if urlsplit(self.url).path.strip("/") else "/store")

    def query(self, text: str, accept: str, union: bool, request: QueryRequest | None = None) -> IO[bytes]:
        """Send a query, with the dataset of ``request``; return the answer as it streams."""
        wrapper = self._wrapper(text, "SELECT", URLENCODED)
        wrapper.addCustomHttpHeader("Accept", accept)
        if union:
            wrapper.addParameter(_UNION, "true")
        for graph in request.default_graphs if request else ():
            wrapper.addDefaultGraph(graph)
        for graph in request.named_graphs if request else ():
            wrapper.addNamedGraph(graph)
        with _server_errors():
            return cast(IO[bytes], wrapper.query().response)

    def update(self, text: str) -> None:
        """Send one update, which the server runs as one transaction."""
        with _server_errors():
            self._wrapper(text, "INSERT", POSTDIRECTLY).query().response.read()

    def read(self, graph: GraphIri | None, accept: str) -> IO[bytes] | None:
        """Get a graph, or the whole dataset, by the Graph Store Protocol; ``None`` where there is no such graph."""
        address = self.graphs + (f"?graph={quote(graph, safe='')}" if graph else "")
        try:
            with _server_errors():
                return cast(IO[bytes], urlopen(Request(address, headers={"Accept": accept}), timeout=_TIMEOUT_S))  # noqa: S310 - the operator's setting
        except EngineFailedError as error:
            if error.params.get("status") == 404:
                return None
            raise

    def _wrapper(self, text: str, form: str, method: str) -> Any:
        wrapper = SPARQLWrapper(self.url + "/query", updateEndpoint=self.url + "/update")
        wrapper.setQuery(text)
        wrapper.queryType = form  # its own guess, by a regular expression, is not needed
        wrapper.setMethod(POST)
        wrapper.setRequestMethod(method)
        wrapper.setOnlyConneg(True)
        wrapper.setTimeout(_TIMEOUT_S)
        return wrapper


@dataclass(frozen=True, slots=True)
class Question:
    """A query for a worker to put to one dataset. ``hosts`` are those that ``SERVICE`` may reach."""

    url: str
    request: QueryRequest
    rows: int
    hosts: tuple[str, ...]


class SparqlServerStore:
    """``GraphStore`` at ``url``: one with ``{audience}`` in it, or three with commas between, the public one first.

    ``workers`` strangers' queries run at the same time. They are parsed, sent and read in workers, so that they end
    here at their limits; the server's own computing ends as the server sees fit.
    """

    def __init__(self, url: str, workers: int = 2, hosts: tuple[str, ...] = ()) -> None:
        addresses = url.split(",") if "," in url else [url.replace("{audience}", audience) for audience in Audience]
        self._datasets = {
            audience: _Dataset(address.strip().rstrip("/"))
            for audience, address in zip(Audience, addresses, strict=True)
        }
        self._hosts = hosts
        self._queries = WorkerPool("catalog.engines.sparql_server:answer", workers, slow_places=2 * workers)
        self._rehearsals = WorkerPool("catalog.engines.oxigraph_worker:rehearse", 1)

    def position(self) -> int:
        """Return the position that the last change brought along."""
        rows = self.select(Audience.OPERATORS, f"SELECT ?n {{ GRAPH <{_POSITION}> {{ <{_POSITION}> {_VALUE} ?n }} }}")
        return int(rows[0]["n"].value) if rows else 0

    def apply(self, changes: Sequence[Change]) -> None:
        """Replace the graphs, audience by audience, some changes in each request."""
        if not changes:
            return
        latest = {change.record.graph: change for change in changes}
        position = max(change.seq for change in changes)
        for audience, dataset in self._datasets.items():
            replacements = [_replacement(change, audience) for change in latest.values()]
            if audience is Audience.OPERATORS:
                replacements.append(_position_triple(position))
            for text in _joined(replacements):
                dataset.update(text)

    def triples(self, audience: Audience, graph: GraphIri) -> str | None:
        """Return one graph by the Graph Store Protocol."""
        response = self._datasets[audience].read(graph, _TRIPLES)
        if response is None:
            return None
        with _server_errors(), response:
            return response.read().decode() or None

    def select(self, audience: Audience, query: str, bindings: Mapping[str, Term] | None = None) -> list[Solution]:
        """Run one of our own queries."""
        response = self._datasets[audience].query(sparql_text.bind(query, bindings), _JSON, union=True)
        with _server_errors(), response:
            solutions = _results(response.read())
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        return [{name: term for name, term in zip(names, row, strict=True) if term is not None} for row in solutions]

    def query(self, audience: Audience, request: QueryRequest, limits: Limits) -> QueryResult:
        """Let a worker put a stranger's query to the server."""
        question = Question(self._datasets[audience].url, request, limits.rows, self._hosts)
        replies = self._queries.call(question, Bounds(limits.time_s, limits.memory_bytes))
        media_type: str = next(replies)
        return QueryResult(media_type, replies)

    def rehearse(self, request: UpdateRequest, limits: Limits) -> dict[GraphIri, str]:
        """Fetch all graphs into a temporary store and run the update on that, in a worker."""
        folder = Path(tempfile.mkdtemp(prefix="spacecat-rehearsal-"))
        try:
            before, after = str(folder / "before"), str(folder / "after")
            self._copy(before, after)
            rehearsal = oxigraph_worker.Rehearsal(before, after, request, self._hosts)
            return dict(self._rehearsals.call(rehearsal, Bounds(limits.time_s, limits.memory_bytes)))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def reset(self) -> None:
        """Empty all datasets; the operators' first, so that the position never leads."""
        for dataset in reversed(self._datasets.values()):
            dataset.update("DROP ALL")

    def close(self) -> None:
        """End the workers."""
        self._queries.close()
        self._rehearsals.close()

    def _copy(self, before: str, after: str) -> None:
        store = Store(before)
        response = self._datasets[Audience.OPERATORS].read(None, _QUADS)
        if response is not None:
            with _server_errors(), response:
                store.bulk_load(response, format=RdfFormat.N_QUADS, lenient=True)
        store.update(f"DROP SILENT GRAPH <{_POSITION}> ; MOVE SILENT <{DEFAULT_GRAPH}> TO DEFAULT")
        store.backup(after)


def answer(question: Question, replies: Replies) -> None:
    """Put a query to a server and serialise its answer anew. Runs in a worker."""
    request = question.request
    parse = sparql_text.query_parser(request.base)
    sparql_text.refuse_remote(request.text, "SERVICE", question.hosts, parse)
    try:
        form = parse(request.text)
    except SyntaxError as error:
        raise sparql_text.syntax_invalid(error) from error
    accept = _TRIPLES if isinstance(form, QueryTriples) else _JSON
    dataset = request.default_graphs or request.named_graphs
    union = not dataset and not sparql_text.has_keyword(request.text, "FROM", parse)
    text = f"BASE <{request.base}> {request.text}" if request.base else request.text
    response = _Dataset(question.url).query(text, accept, union, request)
    with _server_errors():
        results = _triples(response) if accept == _TRIPLES else _results(response)
        sparql_results.reply(results, request, question.rows, replies)


def _results(source: IO[bytes] | bytes) -> QuerySolutions | QueryBoolean:
    return parse_query_results(source, format=QueryResultsFormat.JSON)


def _triples(source: IO[bytes]) -> Iterator[Triple]:
    return (quad.triple for quad in parse(source, format=RdfFormat.N_TRIPLES))


def _replacement(change: Change, audience: Audience) -> str:
    seen = audience in audiences_of(change.record)
    return sparql_text.replacement(change.record.graph, change.content if seen else "", unnamed=False)


def _position_triple(position: int) -> str:
    return sparql_text.replacement(_POSITION, f'<{_POSITION}> {_VALUE} "{position}" .\n')


def _joined(updates: Iterable[str]) -> Iterator[str]:
    request = io.StringIO()
    for update in updates:
        if request.tell() > _REQUEST_CHARACTERS:
            yield request.getvalue()
            request = io.StringIO()
        request.write(" ;\n" * bool(request.tell()) + update)
    yield request.getvalue()


@contextmanager
def _server_errors() -> Iterator[None]:
    try:
        yield
    except QueryBadFormed as error:
        raise SyntaxInvalidError("query-syntax", detail=str(error)[:500]) from error
    except SPARQLWrapperException as error:
        raise EngineFailedError("server-failed", detail=str(error)[:500]) from error
    except HTTPError as error:
        with error:
            raise EngineFailedError("server-failed", status=error.code, detail=str(error)) from error
    except URLError as error:
        raise EngineUnavailableError("server-unavailable", detail=str(error.reason)) from error
    except (HTTPException, OSError) as error:
        raise EngineUnavailableError("server-unavailable", detail=str(error)) from error
    except SyntaxError as error:
        raise EngineFailedError("server-failed", detail=f"broken answer: {error}"[:500]) from error


_: type[GraphStore] = SparqlServerStore
