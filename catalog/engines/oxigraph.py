"""The graph store on Oxigraph, embedded: three stores on disk, one for what each audience may see.

Layout of the folder: ``state.db`` (position, name of the current generation, and which graphs are not public),
``generation-N/{public,members,operators}`` (the stores), ``checkpoints/N`` (hard-linked snapshots that workers read).
``state.db`` is written last, after the stores were flushed: it may lag behind them, and never leads, and since a
change applied twice does no harm, the change log heals what an interruption left.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions, RdfFormat, Store

from catalog.engines import oxigraph_worker, sparql_text
from catalog.engines.oxigraph_files import SharedFolder, State, Stream, lock, sync
from catalog.errors import EngineFailedError
from catalog.model import DEFAULT_GRAPH, Audience, Change, GraphIri, Limits
from catalog.ports import GraphStore, QueryRequest, QueryResult, Solution, Term, UpdateRequest
from catalog.visibility import audiences_of
from catalog.workers import Bounds, WorkerPool

_REPLACED_AT_ONCE = 200
_LOADED_AT_ONCE = 5000
"""Graphs in one transaction; a bulk load is one as long as it stays below a million statements."""

_BULK_LOADED = 100
"""New graphs from which on a bulk load, which writes nine files, is cheaper than a transaction."""

_NEW_GENERATION = 16 << 20
"""Characters of changes from which on it pays to load the public ones once and derive the other stores."""


class OxigraphStore:
    """``GraphStore`` in ``directory``, which belongs to one process at a time.

    ``workers`` strangers' queries run at the same time, twice as many slow ones beside them. ``hosts`` are those that
    ``SERVICE`` and ``LOAD`` may reach. Raises ``EngineUnavailableError`` (``store-locked``) where another process
    holds the folder.
    """

    def __init__(self, directory: Path, workers: int = 2, hosts: tuple[str, ...] = ()) -> None:
        self._directory = directory
        self._hosts = hosts
        with _engine_errors():
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = lock(directory / "LOCK")
            self._state = State(directory / "state.db")
            self._numbers = itertools.count(self._state.generation + 1)
            self._remove_left_overs()
            self._generation = _Generation(self._path(self._state.generation))
        self._writing = threading.Lock()
        self._writers = ThreadPoolExecutor(len(Audience), "graphs")
        self._switching = threading.Lock()
        self._checking = threading.Lock()
        self._checkpoints: dict[Audience, SharedFolder] = {}
        answer = "catalog.engines.oxigraph_worker:answer"
        self._queries = WorkerPool(answer, workers, slow_places=2 * workers, greeting=self._greeting)
        self._rehearsals = WorkerPool("catalog.engines.oxigraph_worker:rehearse", 1)

    def position(self) -> int:
        """Return the sequence number of the last change applied."""
        return self._state.position

    def apply(self, changes: Sequence[Change]) -> None:
        """Bring the stores to what ``changes`` say.

        Many changes at once are loaded in bulk into a new generation, unless so many graphs are not public that
        copying those would take longer.
        """
        if not changes:
            return
        latest = {change.record.graph: change for change in changes}
        position = max(change.seq for change in changes)
        with self._writing, _engine_errors():
            if len(latest) >= len(self._state.restricted) and _weight(latest) >= _NEW_GENERATION:
                self._apply_in_bulk(latest, position)
            else:
                self._apply_in_transactions(latest, position)

    def triples(self, audience: Audience, graph: GraphIri) -> str | None:
        """Return one graph as N-Triples."""
        with self._stores() as stores, _engine_errors():
            return _content(stores[audience], graph).decode() or None

    def select(self, audience: Audience, query: str, bindings: Mapping[str, Term] | None = None) -> list[Solution]:
        """Run one of our own queries in this process."""
        with self._stores() as stores, _engine_errors():
            solutions = stores[audience].query(sparql_text.bind(query, bindings), use_default_graph_as_union=True)
            assert isinstance(solutions, QuerySolutions)
            names = [variable.value for variable in solutions.variables]
            return [
                {name: term for name, term in zip(names, row, strict=True) if term is not None} for row in solutions
            ]

    def query(self, audience: Audience, request: QueryRequest, limits: Limits) -> QueryResult:
        """Run a stranger's query in a worker."""
        replies = self._replies(audience, request, limits)
        media_type: str = next(replies)
        return QueryResult(media_type, replies)

    def rehearse(self, request: UpdateRequest, limits: Limits) -> dict[GraphIri, str]:
        """Run an update in a worker, on a checkpoint of the operators' store."""
        before, after = SharedFolder(self._checkpoint_path()), SharedFolder(self._checkpoint_path())
        try:
            with self._stores() as stores, _engine_errors():
                stores[Audience.OPERATORS].backup(before.path)
                stores[Audience.OPERATORS].backup(after.path)
            rehearsal = oxigraph_worker.Rehearsal(str(before.path), str(after.path), request, self._hosts)
            return dict(self._rehearsals.call(rehearsal, Bounds(limits.time_s, limits.memory_bytes)))
        finally:
            before.retire()
            after.retire()

    def reset(self) -> None:
        """Start an empty generation."""
        with self._writing, _engine_errors():
            number = next(self._numbers)
            generation = _Generation(self._path(number))
            self._state.save(0, number, dict.fromkeys(self._state.restricted))
            self._switch(generation)

    def close(self) -> None:
        """End the workers and release the folder."""
        self._queries.close()
        self._rehearsals.close()
        with self._writing:
            self._writers.shutdown()
            self._renew(Audience)
            self._generation.stores.clear()  # closes them
            self._state.close()
            os.close(self._lock)

    # Writing

    def _apply_in_transactions(self, latest: Mapping[GraphIri, Change], position: int) -> None:
        def write(audience: Audience) -> None:
            store = self._generation.stores[audience]
            _replace(store, {graph: _seen(change, audience) for graph, change in latest.items()})
            self._renew([audience])
            store.flush()

        list(self._writers.map(write, Audience))
        self._state.save(position, self._state.generation, _restrictions(latest))

    def _apply_in_bulk(self, latest: Mapping[GraphIri, Change], position: int) -> None:
        number = next(self._numbers)
        folder = self._path(number)
        folder.mkdir()
        source = self._generation.stores[Audience.PUBLIC]
        for audience in Audience:
            source.backup(folder / audience)
            store = Store(folder / audience)
            if audience is Audience.PUBLIC:
                _drop(store, latest)
            added = cast(IO[bytes], Stream(self._added(audience, latest)))
            store.bulk_load(added, format=RdfFormat.N_QUADS, lenient=True)
            store.flush()
            source = store
        del store, source  # closes them
        sync(folder)
        sync(self._directory)
        generation = _Generation(folder)
        self._state.save(position, number, _restrictions(latest))
        self._switch(generation)

    def _added(self, audience: Audience, latest: Mapping[GraphIri, Change]) -> Iterator[bytes]:
        """Yield what ``audience`` sees and the one before it does not: what was there, then what changes bring."""
        for graph, first in self._state.restricted.items():
            if first == audience and graph not in latest:
                yield _quads(graph, _content(self._generation.stores[audience], graph))
        for change in latest.values():
            if _first_audience(change) == audience:
                yield _quads(change.record.graph, change.content.encode())

    def _switch(self, generation: _Generation) -> None:
        with self._switching:
            old, self._generation = self._generation, generation
        self._renew(Audience)
        old.retire()

    # Reading

    @contextmanager
    def _stores(self) -> Iterator[Mapping[Audience, Store]]:
        with self._switching:
            generation = self._generation.enter()
        try:
            yield generation.stores
        finally:
            generation.leave()

    def _replies(self, audience: Audience, request: QueryRequest, limits: Limits) -> Iterator[Any]:
        checkpoint = self._checkpoint(audience)
        try:
            asked = oxigraph_worker.fields_of(request)
            question = oxigraph_worker.Question(audience.value, str(checkpoint.path), asked, limits.rows, self._hosts)
            yield from self._queries.call(question, Bounds(limits.time_s, limits.memory_bytes))
        finally:
            checkpoint.leave()

    def _checkpoint(self, audience: Audience) -> SharedFolder:
        """Enter the checkpoint of what ``audience`` sees now; made anew if something was written since the last."""
        with self._checking:
            if audience not in self._checkpoints:
                checkpoint = SharedFolder(self._checkpoint_path())
                with self._stores() as stores, _engine_errors():
                    stores[audience].backup(checkpoint.path)
                self._checkpoints[audience] = checkpoint
            return self._checkpoints[audience].enter()

    def _greeting(self) -> oxigraph_worker.Question | None:
        """Return what makes a new worker open the public store; nothing where it may soon be gone."""
        checkpoint = self._checkpoints.get(Audience.PUBLIC)
        if checkpoint is None:
            return None
        asked = oxigraph_worker.fields_of(QueryRequest("ASK { ?s ?p ?o }"))
        return oxigraph_worker.Question(Audience.PUBLIC.value, str(checkpoint.path), asked, 1, ())

    def _renew(self, audiences: Iterable[Audience]) -> None:
        with self._checking:
            for audience in audiences:
                if audience in self._checkpoints:
                    self._checkpoints.pop(audience).retire()

    def _checkpoint_path(self) -> Path:
        return self._directory / "checkpoints" / str(next(self._numbers))

    def _path(self, number: int) -> Path:
        return self._directory / f"generation-{number}"

    def _remove_left_overs(self) -> None:
        current = self._path(self._state.generation)
        for folder in self._directory.glob("generation-*"):
            if folder != current:
                shutil.rmtree(folder)
        shutil.rmtree(self._directory / "checkpoints", ignore_errors=True)
        (self._directory / "checkpoints").mkdir()


class _Generation(SharedFolder):
    """The three stores, open for writing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        path.mkdir(exist_ok=True)
        self.stores = {audience: Store(path / audience) for audience in Audience}

    def delete(self) -> None:
        """Close the stores and delete them."""
        self.stores.clear()  # closes them
        super().delete()


def _parts(contents: Mapping[GraphIri, str], size: int) -> Iterator[Sequence[tuple[GraphIri, str]]]:
    pairs = list(contents.items())
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]


def _weight(latest: Mapping[GraphIri, Change]) -> int:
    return sum(len(change.content) for change in latest.values())


def _first_audience(change: Change) -> Audience | None:
    audiences = audiences_of(change.record)
    return next((audience for audience in Audience if audience in audiences), None)


def _restrictions(latest: Mapping[GraphIri, Change]) -> dict[GraphIri, Audience | None]:
    first = {graph: _first_audience(change) for graph, change in latest.items()}
    return {graph: None if audience is Audience.PUBLIC else audience for graph, audience in first.items()}


def _seen(change: Change, audience: Audience) -> str:
    return change.content if audience in audiences_of(change.record) else ""


def _name(graph: GraphIri) -> NamedNode | DefaultGraph:
    return DefaultGraph() if graph == DEFAULT_GRAPH else NamedNode(graph)


def _content(store: Store, graph: GraphIri) -> bytes:
    return store.dump(format=RdfFormat.N_TRIPLES, from_graph=_name(graph)) or b""


def _quads(graph: GraphIri, triples: bytes) -> bytes:
    """Put canonical N-Triples, where only the end of a line can look like one, into a graph."""
    if graph == DEFAULT_GRAPH:
        return triples
    return triples.replace(b" .\n", b" %s .\n" % str(NamedNode(graph)).encode())


def _exists(store: Store, graph: GraphIri) -> bool:
    name = _name(graph)
    if isinstance(name, NamedNode):
        return store.contains_named_graph(name)
    return next(store.quads_for_pattern(None, None, None, name), None) is not None


def _replace(store: Store, contents: Mapping[GraphIri, str]) -> None:
    """Give each graph its new content; a reader sees the old one or the new one, nothing between."""
    existing = {graph: triples for graph, triples in contents.items() if _exists(store, graph)}
    for part in _parts(existing, _REPLACED_AT_ONCE):
        store.update(" ;\n".join(sparql_text.replacement(graph, triples) for graph, triples in part))
    fresh = {graph: triples for graph, triples in contents.items() if triples and graph not in existing}
    for part in _parts(fresh, _LOADED_AT_ONCE):
        quads = b"".join(_quads(graph, triples.encode()) for graph, triples in part)
        if len(part) >= _BULK_LOADED:
            store.bulk_load(quads, format=RdfFormat.N_QUADS, lenient=True)
        else:
            store.load(quads, format=RdfFormat.N_QUADS, lenient=True)


def _drop(store: Store, graphs: Iterable[GraphIri]) -> None:
    for graph in graphs:
        if _exists(store, graph):
            store.remove_graph(_name(graph))


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, sqlite3.Error) as error:
        raise EngineFailedError("store-failed", detail=str(error)) from error


_: type[GraphStore] = OxigraphStore
