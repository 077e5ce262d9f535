"""Import: documents from a file, a folder, standard input or an upload become records, each with its own outcome.

A worker process reads, splits and checks (``preparing``) while this process stores what is ready, so that both
processors work. What kills the worker is rejected with its reason, and the import goes on behind it. Importing a
second time finds everything unchanged, which is also how an interrupted import is resumed.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from catalog.catalogue import Catalogue
from catalog.checking import place
from catalog.errors import (
    EngineError,
    EngineUnavailableError,
    InputError,
    LimitExceededError,
    NotFoundError,
    SpacecatError,
)
from catalog.intake import Outcome, Rejection, Status, Submission
from catalog.model import Registration
from catalog.preparing import WORKER, Job, Prepared, Reading, Walking
from catalog.reading import ENDINGS
from catalog.records import register
from catalog.splitting import Spool
from catalog.workers import Bounds, WorkerPool

BATCH = 5000
"""Records per commit, as long as their text stays below ``BATCH_CHARS``; the graph store loads that many in bulk."""

BATCH_CHARS = 24 << 20

_MOST_DEATHS = 25
_LARGE_BYTES = 16 << 20
_COPY_BYTES = 1 << 20
_AHEAD_CHARS = BATCH_CHARS
"""Text of records that wait while a batch is stored, so that the reader never does."""

log = logging.getLogger(__name__)

_Message = Reading | Walking | Prepared


@dataclass(frozen=True, slots=True)
class Document:
    """One document to import. ``name`` is what outcomes call it, ``base`` what resolves its relative IRIs."""

    path: Path
    name: str
    media_type: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. ``records`` is how many the document holds, once it is read and if it says.

    ``bytes_read`` counts the bytes of all documents as stored, out of ``bytes_total``.
    """

    document: str
    bytes_read: int
    bytes_total: int
    records: int | None
    done: int


def find_documents(path: Path, media_type: str | None = None, base: str | None = None) -> list[Document]:
    """Return the documents at ``path``: the file itself, or every file in a folder whose ending names a syntax.

    Raises ``NotFoundError`` where there is nothing, ``InputError`` for a folder without any such file.
    """
    if path.is_file():
        return [Document(path, path.name, media_type, base)]
    if not path.is_dir():
        raise NotFoundError("file-unknown", where=str(path))
    found = [file for file in sorted(path.rglob("*")) if file.is_file() and _ending(file.name) in ENDINGS]
    if not found:
        raise InputError("folder-without-documents", where=str(path), known=", ".join(f".{e}" for e in ENDINGS))
    return [Document(file, file.relative_to(path).as_posix(), media_type, base) for file in found]


def _ending(name: str) -> str:
    return name.lower().removesuffix(".gz").rpartition(".")[2]


@contextmanager
def received(stream: IO[bytes], name: str, max_bytes: int, **about: str | None) -> Iterator[Document]:
    """Keep what comes from standard input or an upload in a file while it is imported.

    ``about`` may hold ``media_type`` and ``base``. Raises ``LimitExceededError`` (``upload-too-large``).
    """
    with tempfile.NamedTemporaryFile(prefix="spacecat-") as file:
        size = 0
        while data := stream.read(_COPY_BYTES):
            size += len(data)
            if size > max_bytes:
                raise LimitExceededError("upload-too-large", where=name, limit="upload", value=max_bytes >> 20)
            file.write(data)
        file.flush()
        yield Document(Path(file.name), name, about.get("media_type"), about.get("base"))


def _silent(progress: Progress) -> None:
    """Tell nobody."""


class Importer:
    """Imports into one catalogue. Used by one thread at a time; close it to end its worker.

    ``foreign`` names the module that converts foreign JSON (the interface is ``preparing.ForeignFormats``).
    """

    def __init__(self, catalogue: Catalogue, foreign: str = "") -> None:
        self._catalogue = catalogue
        self._foreign = foreign
        settings = catalogue.settings
        self._bounds = Bounds(settings.import_time_s, settings.import_memory_mb << 20, per_reply=True)
        try:
            self._pool = catalogue.readers.pop()
        except IndexError:
            self._pool = WorkerPool(WORKER, 1)
        self._reusable = True

    def close(self) -> None:
        """End the worker, or leave it to the next import if it is idle and has read nothing large."""
        if self._reusable and not self._catalogue.readers:
            self._catalogue.readers.append(self._pool)
        else:
            self._pool.close()

    def __enter__(self) -> Importer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def import_documents(
        self,
        documents: list[Document],
        registration: Registration,
        progress: Callable[[Progress], None] = _silent,
        stop: threading.Event | None = None,
    ) -> Iterator[Outcome]:
        """Import documents in order and yield the outcome of each record once it is stored.

        Setting ``stop`` ends the import after what is at hand was stored.
        """
        gauge = _Gauge(documents, progress)
        pending: list[Submission] = []
        size = 0
        for result in self._iter_results(documents, gauge, stop or threading.Event()):
            if isinstance(result, Rejection):
                yield _rejected(result)
                continue
            pending.append(result)
            size += len(result.content)
            if len(pending) >= BATCH or size >= BATCH_CHARS:
                yield from self._store(pending, registration, gauge)
                size = 0
        yield from self._store(pending, registration, gauge)

    def iter_submissions(self, documents: list[Document]) -> Iterator[Submission | Rejection]:
        """Read and check documents without storing anything; yield what would be registered."""
        return self._iter_results(documents, _Gauge(documents, _silent), threading.Event())

    def _store(self, pending: list[Submission], registration: Registration, gauge: _Gauge) -> list[Outcome]:
        outcomes = register(self._catalogue, pending, registration) if pending else []
        gauge.stored(len(pending))
        pending.clear()
        return outcomes

    def _iter_results(
        self, documents: list[Document], gauge: _Gauge, stop: threading.Event
    ) -> Iterator[Submission | Rejection]:
        seen = _Seen()
        with tempfile.TemporaryDirectory(prefix="spacecat-") as folder:
            for number, document in enumerate(documents):
                gauge.begin(document)
                spool = Path(folder) / f"{number}.spool"
                job = self._job(document, spool)
                for message in _ahead(self._iter_messages(job), stop):
                    gauge.take(message)
                    if isinstance(message, Prepared):
                        yield from map(seen.checked, message.results)
                spool.unlink(missing_ok=True)
                if stop.is_set():
                    return

    def _job(self, document: Document, spool: Path) -> Job:
        return Job(
            path=str(document.path),
            name=document.name,
            spool=str(spool),
            catalogue_iri=self._catalogue.settings.base_iri,
            media_type=document.media_type,
            base=document.base,
            foreign=self._foreign,
        )

    def _iter_messages(self, job: Job) -> Generator[_Message]:
        """Run a job, again from behind each record that killed the worker."""
        reusable, self._reusable = self._reusable and Path(job.path).stat().st_size < _LARGE_BYTES, False
        yield from self._iter_runs(job)
        self._reusable = reusable

    def _iter_runs(self, job: Job) -> Generator[_Message]:
        position, walking, batch, deaths = 0, False, job.batch, 0
        while True:
            try:
                run = replace(job, start=position + 1, batch=batch, filled=walking)
                for message in self._pool.call(run, self._bounds):
                    walking = walking or isinstance(message, Walking)
                    if isinstance(message, Prepared):
                        position = message.position
                    yield message
                return
            except EngineUnavailableError:
                raise
            except SpacecatError as error:
                deaths += 1
                if not walking or isinstance(error, InputError) or deaths > _MOST_DEATHS:
                    yield Prepared(position, (_refused(job, error),))
                    return
                if batch == 1:  # so it is known which record it was
                    position += 1
                    yield Prepared(position, (_refused(job, error, position),))
                batch = 1


def _refused(job: Job, error: SpacecatError, position: int | None = None) -> Rejection:
    """Return the rejection of a document, or of the record at ``position``, for which an error stands."""
    where, iri = place(job.name, error.where or None), None
    if position is not None and Path(job.spool).exists():
        spool = Spool(job.spool)
        subject, line = spool.get_root(position)
        spool.close()
        where, iri = place(job.name, line), subject.strip("<>")
    if isinstance(error, EngineError):
        log.error("reading %s: %s", where, error)
        return Rejection(where, iri, "record-unreadable")
    return Rejection(where, iri, error.code, error.params)


def _rejected(rejection: Rejection) -> Outcome:
    return Outcome(
        rejection.where, rejection.iri, None, Status.REJECTED, rejection.code, rejection.params, rejection.findings
    )


class _Seen:
    """Knows which resources an import has met, so that one described a second time, otherwise, is told.

    Without that, importing the same folder twice would change such a record every time.
    """

    def __init__(self) -> None:
        self._places: dict[int, tuple[str, str]] = {}

    def checked(self, result: Submission | Rejection) -> Submission | Rejection:
        if isinstance(result, Rejection):
            return result
        where, content = self._places.setdefault(hash(result.iri), (result.where, result.hash[-16:]))
        if content == result.hash[-16:]:
            return result
        return Rejection(result.where, result.iri, "record-repeated", params={"first": where})


class _Gauge:
    """Counts what was read and stored, over all documents."""

    def __init__(self, documents: list[Document], progress: Callable[[Progress], None]) -> None:
        self._tell = progress
        self._sizes = {document.path: document.path.stat().st_size for document in documents}
        self._before = 0
        self._now = Progress("", 0, sum(self._sizes.values()), None, 0)
        self._size = 0

    def begin(self, document: Document) -> None:
        self._before += self._size
        self._size = self._sizes[document.path]
        self._set(document=document.name, bytes_read=self._before, records=None)

    def take(self, message: Reading | Walking | Prepared) -> None:
        if isinstance(message, Reading):
            self._set(bytes_read=self._before + message.bytes_read)
        elif isinstance(message, Walking):
            self._set(bytes_read=self._before + self._size, records=message.records)

    def stored(self, count: int) -> None:
        if count:
            self._set(done=self._now.done + count)

    def _set(self, **changes: Any) -> None:
        self._now = replace(self._now, **changes)
        self._tell(self._now)


class _Waiting(queue.Queue[_Message | BaseException | None]):
    """A queue that is full when the records in it have so many characters."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._size = 0

    def _qsize(self) -> int:
        return self._size

    def _put(self, item: _Message | BaseException | None) -> None:
        super()._put(item)
        self._size += _weight(item)

    def _get(self) -> _Message | BaseException | None:
        item = super()._get()
        self._size -= _weight(item)
        return item


def _weight(item: _Message | BaseException | None) -> int:
    results = item.results if isinstance(item, Prepared) else ()
    return 1 + sum(len(result.content) for result in results if isinstance(result, Submission))


def _ahead(messages: Generator[_Message], stop: threading.Event) -> Iterator[_Message]:
    """Let a thread take messages while this one is busy with earlier ones."""
    ready = _Waiting(_AHEAD_CHARS)
    ended = threading.Event()

    def hand_over(item: _Message | BaseException | None) -> bool:
        while not ended.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.2)
                return True
        return False

    def fill() -> None:
        try:
            if all(map(hand_over, messages)):
                hand_over(None)
        except BaseException as error:  # noqa: BLE001 - the thread's edge: raised again in the other one
            hand_over(error)
        finally:
            messages.close()

    thread = threading.Thread(target=fill, name="import", daemon=True)
    thread.start()
    try:
        while not stop.is_set() and (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        ended.set()
        thread.join()
