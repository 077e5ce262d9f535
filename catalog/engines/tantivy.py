"""The embedded search index: tantivy for words, facets and order, vectors beside it for meaning.

A folder holds one generation of the index at a time, named by the file ``current``, and the vectors, which outlive
generations. The position in the change log is a document of the index, so that it and the records are one commit.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import tantivy

from catalog.documents import SearchDocument, document_of
from catalog.engines import tantivy_queries as queries
from catalog.engines.tantivy_hits import hits
from catalog.engines.tantivy_reader import Reader
from catalog.engines.tantivy_schema import (
    VERSION,
    folded,
    key_of,
    place_of,
    register,
    schema,
    suggested,
    to_tantivy,
)
from catalog.engines.tantivy_search import NEAREST, Near, Ranked, Search
from catalog.engines.vectors import Place, Vectors
from catalog.errors import ConflictError, EngineFailedError, EngineUnavailableError
from catalog.model import Audience, Change, GraphIri
from catalog.paging import check
from catalog.ports import Embedder, Hit, IndexProgress, SearchIndex, SearchPage, SearchRequest

_HEAP_BYTES = 64_000_000
_THREADS = 1
_PATIENCE_S = 2.0
_SEARCHERS = 8
"""Threads that search by words and count facets while the caller's own embeds and writes hits."""

log = logging.getLogger(__name__)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Raise what tantivy and the file system raise as errors of the catalogue."""
    try:
        yield
    except ValueError as error:
        if "LockBusy" in str(error):
            raise EngineUnavailableError("index-in-use", where=str(folder)) from error
        raise EngineFailedError("index-failed", where=str(folder), reason=str(error)[:300]) from error
    except OSError as error:
        raise EngineFailedError("index-failed", where=str(folder), reason=str(error)[:300]) from error


class _Generation:
    """One index on disk, open for reading, and for writing once something is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "version").write_text(VERSION, encoding="utf-8")
        self._index = tantivy.Index(schema(), path=str(folder), reuse=True)
        register(self._index)
        self._index.config_reader("manual")
        self._writer: tantivy.IndexWriter | None = None
        self.reader = Reader(self._index.searcher())

    def position(self) -> int:
        """Return the position that was committed last."""
        query = tantivy.Query.term_query(schema(), "meta", "position", "basic")
        for address in self.reader.addresses(query, 1):
            found = self.reader.searcher.doc(address).get_first("stored")
            return int(json.loads(bytes(found or b"0")))
        return 0

    def records(self) -> int:
        """Return the number of records, counted by the document that no search leaves out."""
        searcher = self.reader.searcher
        found = searcher.search(queries.seen_by(Audience.OPERATORS), 1, count=True)
        return int(found.count)  # type: ignore[attr-defined]

    def put(self, graph: GraphIri, document: tantivy.Document | None) -> None:
        """Replace what the index holds of one record from the next commit on."""
        writer = self._writing()
        writer.delete_documents_by_term("graph", graph)
        if document is not None:
            writer.add_document(document)

    def commit(self, position: int) -> None:
        """Make what was put, and the position, durable and seen at once."""
        writer = self._writing()
        writer.delete_documents_by_term("meta", "position")
        mark = tantivy.Document()
        mark.add_text("meta", "position")
        mark.add_bytes("stored", json.dumps(position).encode())
        writer.add_document(mark)
        writer.commit()
        self._index.reload()
        self.reader = Reader(self._index.searcher())

    def close(self) -> None:
        """Wait for merges and let go of the writer's lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(_HEAP_BYTES, _THREADS)
        return self._writer


class TantivyIndex:
    """Opens the index in ``directory``, or an empty one where there is none of this version.

    Without ``embedder`` search is by words alone. Vectors are made in the background; a hybrid search that comes
    while the model is still being loaded waits for it up to two seconds and else answers by words.
    """

    def __init__(self, directory: Path, embedder: Embedder | None = None) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._writing = threading.RLock()
        self._rebuilding = threading.Lock()
        self._pool = ThreadPoolExecutor(_SEARCHERS, "search")
        self._next: _Generation | None = None
        self._applied: dict[str, int] = {}
        with _translated(directory):
            self._live = self._opened()
        self._position = self._live.position()
        self._vectors = Vectors(directory, embedder, self._embedding_texts) if embedder else None
        if self._vectors:
            self._vectors.start(lambda: self._live.reader.places())

    def _opened(self) -> _Generation:
        folder = self._current()
        version = folder / "version" if folder else None
        if folder and version and version.exists() and version.read_text(encoding="utf-8") == VERSION:
            return _Generation(folder)
        generation = _Generation(self._fresh_folder())
        self._put_in_place(generation)
        return generation

    def _current(self) -> Path | None:
        pointer = self._directory / "current"
        if not pointer.exists():
            return None
        return self._directory / Path(pointer.read_text(encoding="utf-8").strip()).name

    def _fresh_folder(self) -> Path:
        """Return a folder for a new generation, and remove those that an interrupted rebuild left."""
        current = self._current()
        used = sorted(self._directory.glob("generation-*"))
        for folder in used:
            if folder != current:
                shutil.rmtree(folder, ignore_errors=True)
        number = max((int(folder.name.rpartition("-")[2]) for folder in used), default=0) + 1
        return self._directory / f"generation-{number}"

    def _put_in_place(self, generation: _Generation) -> None:
        pointer = self._directory / "current"
        draft = self._directory / "current.new"
        with draft.open("w", encoding="utf-8") as file:
            file.write(generation.folder.name)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(pointer)

    def _embedding_texts(self, keys: Sequence[int]) -> dict[int, str]:
        return self._live.reader.embedding_texts(keys)

    def position(self) -> int:
        """Return the sequence number of the last change indexed as text."""
        return self._position

    def apply(self, changes: Sequence[Change]) -> None:
        """Index the changes in one commit together with the position; a rebuild under way takes them over too."""
        if not changes:
            return
        prepared = [(change, document_of(change)) for change in changes]
        places: dict[int, Place | None] = {}
        with self._writing, _translated(self._directory):
            for change, document in prepared:
                places[key_of(change.record.graph)] = self._put(change, document)
            position = max(self._position, changes[-1].seq)
            self._live.commit(position)
            self._position = position
        if self._vectors:
            self._vectors.update(places)

    def _put(self, change: Change, document: SearchDocument | None) -> Place | None:
        place = place_of(document) if document else None
        for generation in (self._live, self._next):
            if generation is not None:
                made = to_tantivy(document, place) if document and place else None
                generation.put(change.record.graph, made)
        if self._next is not None:
            self._applied[change.record.graph] = change.seq
        return place

    def search(self, audience: Audience, request: SearchRequest) -> SearchPage:
        """Find records, by words and meaning unless the request's mode is one of them."""
        checked = check(request)
        reader = self._live.reader
        with _translated(self._directory):
            search = Search(reader, audience, checked, self._pool)
            search.consider(self._near(audience, checked))
            facets = self._pool.submit(search.facets)
            ranking = search.ranking()
            found = hits(reader, audience, ranking.page, search)
            return SearchPage(ranking.total, found, facets.result(), ranking.next)

    def _near(self, audience: Audience, request: SearchRequest) -> Near:
        if not self._vectors or request.mode == "keyword" or not request.text:
            return Near()
        if request.mode == "vector":
            self._vectors.require()
        elif not self._vectors.is_ready(_PATIENCE_S):
            return Near()
        return Near(*self._vectors.nearest(request.text, audience, NEAREST))

    def suggest(self, audience: Audience, prefix: str, size: int = 8) -> list[str]:
        """Complete a query from the titles and keywords that this audience may see, the commonest first."""
        begun = folded(prefix[:200].encode("utf-8", "replace").decode())
        if not begun:
            return []
        with _translated(self._directory):
            found = self._live.reader.searcher.terms_with_prefix("suggest", begun, queries.seen_by(audience), 2 * size)
        shown: dict[str, str] = {}
        for term, _ in found:
            shown.setdefault(suggested(term).casefold(), suggested(term))
        return list(shown.values())[:size]

    def similar(self, audience: Audience, graph: GraphIri, size: int = 5) -> list[Hit]:
        """Return the records nearest in meaning to one that the audience sees."""
        reader, key = self._live.reader, key_of(graph)
        with _translated(self._directory):
            seen = queries.all_of(queries.keys([key]), [queries.seen_by(audience)])
            if not self._vectors or not reader.addresses(seen, 1):
                return []
            cosines = self._vectors.similar(key, audience, 2 * size)
            query = queries.all_of(queries.keys(cosines), [queries.seen_by(audience)])
            addresses = reader.addresses(query, len(cosines))
            ranked = [
                Ranked(other, address, cosines[other], meaning=cosines[other])
                for other, address in zip(reader.numbers("key", addresses), addresses, strict=True)
            ]
            ranked.sort(key=lambda one: (-one.score, one.key))
            search = Search(reader, audience, SearchRequest(sort="modified"), self._pool)
            return list(hits(reader, audience, ranked[:size], search))

    def progress(self) -> IndexProgress:
        """Say how far the index is."""
        records = self._live.records()
        missing = self._vectors.backlog(records) if self._vectors else 0
        return IndexProgress(self._position, records, missing, self._next is not None)

    def rebuild(self, changes: Iterator[Sequence[Change]]) -> None:
        """Build a second generation from all current records and put it in place at once, while the first one serves.

        ``changes`` hold each record once, with the sequence number of its last change; if they come in that order,
        the position becomes that of the last one, otherwise it stays. Raises ``ConflictError`` while another
        rebuild is running.
        """
        if not self._rebuilding.acquire(blocking=False):
            raise ConflictError("rebuild-running")
        try:
            with _translated(self._directory):
                self._rebuild(changes)
        finally:
            self._rebuilding.release()

    def _rebuild(self, changes: Iterator[Sequence[Change]]) -> None:
        with self._writing:
            generation = self._next = _Generation(self._fresh_folder())
            self._applied = {}
        try:
            reached = self._fill(generation, changes)
            self._switch(generation, reached)
        finally:
            with self._writing:
                self._next, self._applied = None, {}
                if self._live is not generation:
                    generation.close()
                    shutil.rmtree(generation.folder, ignore_errors=True)
        if self._vectors:
            self._vectors.update(dict(generation.reader.places()))

    def _fill(self, generation: _Generation, changes: Iterator[Sequence[Change]]) -> int:
        """Index all records but those that changed meanwhile; return the position that they stand for."""
        last, ordered = 0, True
        for batch in changes:
            prepared = [(change, document_of(change)) for change in batch]
            with self._writing:
                for change, document in prepared:
                    ordered, last = ordered and change.seq >= last, max(last, change.seq)
                    if document and self._applied.get(change.record.graph, -1) < change.seq:
                        generation.put(change.record.graph, to_tantivy(document, place_of(document)))
        return last if ordered else 0

    def _switch(self, generation: _Generation, reached: int) -> None:
        with self._writing:
            position = max(self._position, reached)
            generation.commit(position)
            self._put_in_place(generation)
            old, self._live, self._position = self._live, generation, position
            old.close()
            shutil.rmtree(old.folder, ignore_errors=True)

    def close(self) -> None:
        """Finish the batch of vectors at hand and release files."""
        if self._vectors:
            self._vectors.close()
        self._pool.shutdown()
        with self._writing:
            self._live.close()


_: type[SearchIndex] = TantivyIndex
