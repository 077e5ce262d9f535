"""Vectors of the records: kept on disk by content, searched exactly in memory, made in the background.

A text is embedded once: its vector is filed under a hash of the text, in a file per model that only grows, so that a
rebuilt or reopened index finds it again. Searching reads an immutable snapshot; whoever changes it makes a new one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from catalog.engines.nearness import Nearness, measure
from catalog.errors import EngineError, EngineUnavailableError
from catalog.model import Audience
from catalog.ports import Embedder

_BATCH = 64
_PUBLISH_EVERY = 1024
_LOADING_S = 60.0

LEVELS: dict[Audience, int] = {audience: level for level, audience in enumerate(Audience)}
"""Audiences as numbers; each level sees what the lower ones see."""

log = logging.getLogger(__name__)
faiss.omp_set_num_threads(1)


def text_hash(text: str) -> int:
    """Return the 64-bit number under which the vector of ``text`` is kept."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Place:
    """One record's place among the vectors: the hash of its text, and from which audience level on it is seen."""

    text: int
    level: int


@dataclass(frozen=True, slots=True)
class _Quantiser:
    """Vectors as whole numbers from -127 to 127 per component, over a range that is fixed for a model.

    Queries are rounded as records are, so that the engine multiplies bytes: twice as fast as with floats, and 0.976
    of the ten nearest are the same as exactly (``docs/adr/0005-embedder.md``).
    """

    dimensions: int
    reach: float

    def rounded(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return vectors on the scale of codes."""
        scaled: NDArray[np.float32] = np.rint(vectors * np.float32(127 / self.reach))
        return np.clip(scaled, -127, 127)

    def codes(self, vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the bytes that are kept."""
        return (self.rounded(vectors) + 128).astype(np.uint8)

    def index(self, codes: NDArray[np.uint8]) -> faiss.IndexScalarQuantizer:
        """Return an index of such bytes."""
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
        made = faiss.IndexScalarQuantizer(self.dimensions, kind, faiss.METRIC_INNER_PRODUCT)
        made.is_trained = True
        if len(codes):
            made.add_sa_codes(codes)
        return made

    def cosines(self, products: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return cosines for products of rounded vectors."""
        return products * np.float32((self.reach / 127) ** 2)


class _Codes:
    """The file of vectors by text hash: entries of eight bytes of hash and one byte per dimension, appended only."""

    def __init__(self, path: Path, dimensions: int) -> None:
        self._path = path
        self._entry = np.dtype([("text", "<u8"), ("code", "u1", (dimensions,))])
        path.touch()
        os.truncate(path, path.stat().st_size // self._entry.itemsize * self._entry.itemsize)  # half written
        self._entries = self._mapped()
        self._rows = {int(text): row for row, text in enumerate(self._entries["text"])}

    def _mapped(self) -> NDArray[np.void]:
        if self._path.stat().st_size == 0:
            return np.zeros(0, dtype=self._entry)
        return np.memmap(self._path, dtype=self._entry, mode="r")

    def __contains__(self, text: int) -> bool:
        return text in self._rows

    def add(self, texts: Sequence[int], codes: NDArray[np.uint8]) -> None:
        """Keep one code per text, durably."""
        entries = np.zeros(len(texts), dtype=self._entry)
        entries["text"], entries["code"] = texts, codes
        with self._path.open("ab") as file:
            file.write(entries.tobytes())
            file.flush()
            os.fsync(file.fileno())
        start = len(self._entries)
        self._rows.update({text: start + offset for offset, text in enumerate(texts)})
        self._entries = self._mapped()

    def codes(self, texts: Sequence[int]) -> NDArray[np.uint8]:
        """Return the codes of texts that are all here, one row each."""
        rows = np.fromiter((self._rows[text] for text in texts), dtype=np.int64, count=len(texts))
        return np.ascontiguousarray(self._entries["code"][rows])


class _Snapshot:
    """The vectors of all records at one moment. Rows are records; nothing of it changes once it is made."""

    def __init__(
        self,
        quantiser: _Quantiser,
        keys: NDArray[np.uint64],
        levels: NDArray[np.uint8],
        codes: NDArray[np.uint8],
    ) -> None:
        self.keys, self._levels, self._quantiser = keys, levels, quantiser
        self._index = quantiser.index(codes)
        self._visible = [np.packbits(levels <= level, bitorder="little") for level in range(len(Audience))]

    @classmethod
    def empty(cls, quantiser: _Quantiser) -> _Snapshot:
        """Return the snapshot of no records."""
        codes = np.zeros((0, quantiser.dimensions), np.uint8)
        return cls(quantiser, np.zeros(0, np.uint64), np.zeros(0, np.uint8), codes)

    def nearest(self, vector: NDArray[np.float32], level: int, count: int) -> dict[int, float]:
        """Return the cosines of the ``count`` records nearest to ``vector`` that ``level`` sees, nearest first."""
        count = min(count, len(self.keys))
        if not count:
            return {}
        selector = faiss.IDSelectorBitmap(self._visible[level])  # type: ignore[call-arg, arg-type]
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        query = self._quantiser.rounded(vector.reshape(1, -1))
        products, rows = self._index.search(query, count, params=parameters)
        found = zip(rows[0].tolist(), self._quantiser.cosines(products[0]).tolist(), strict=True)
        return {int(self.keys[row]): cosine for row, cosine in found if row >= 0}

    def find(self, key: int) -> NDArray[np.float32] | None:
        """Return the vector of a record."""
        rows = np.flatnonzero(self.keys == np.uint64(key))
        if not len(rows):
            return None
        found = self._index.reconstruct(int(rows[0])) * np.float32(self._quantiser.reach / 127)
        return found  # type: ignore[no-any-return]

    def changed(self, gone: set[int], places: Mapping[int, Place], codes: NDArray[np.uint8]) -> _Snapshot:
        """Return the snapshot without ``gone`` and with ``places``, whose codes are given in their order."""
        dropped = np.fromiter(gone | places.keys(), dtype=np.uint64)
        kept = ~np.isin(self.keys, dropped)
        size = self._index.ntotal * self._index.d
        old = faiss.rev_swig_ptr(self._index.codes.data(), size) if size else np.zeros(0, np.uint8)
        levels = np.fromiter((place.level for place in places.values()), dtype=np.uint8)
        return _Snapshot(
            self._quantiser,
            np.concatenate([self.keys[kept], np.fromiter(places, dtype=np.uint64)]),
            np.concatenate([self._levels[kept], levels]),
            np.concatenate([old.reshape(-1, self._index.d)[kept], codes]),
        )


class Vectors:
    """The vectors of an index, with the thread that makes them.

    ``texts_of`` gives the texts to embed by record; a record that is gone by then is left out.
    """

    def __init__(
        self, directory: Path, embedder: Embedder, texts_of: Callable[[Sequence[int]], Mapping[int, str]]
    ) -> None:
        self._directory, self._embedder, self._texts_of = directory, embedder, texts_of
        self._pending: dict[int, Place | None] = {}
        self._missing: dict[int, Place] = {}
        self._known: dict[int, Place] = {}
        self._gone: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._ready = threading.Event()
        self._failure: EngineError | None = None
        self._snapshot: _Snapshot | None = None
        self._nearness: Nearness | None = None
        self._embedded = lru_cache(maxsize=512)(self._embed)
        self._initial: Callable[[], Mapping[int, Place]] = dict
        self._thread = threading.Thread(target=self._work, name="vectors", daemon=True)

    def start(self, places: Callable[[], Mapping[int, Place]]) -> None:
        """Begin to load the model and then to hold, or make, the vectors of ``places``."""
        self._initial = places
        self._thread.start()

    def update(self, places: Mapping[int, Place | None]) -> None:
        """Take note of records that changed, or are gone (None)."""
        with self._changed:
            self._pending.update(places)
            self._changed.notify_all()

    def backlog(self, records: int) -> int:
        """Return how many of ``records`` still wait for a vector that search uses."""
        with self._changed:
            if self._snapshot is None or self._failure is not None:
                return records
            return sum(place is not None for place in self._pending.values()) + len(self._missing) + len(self._known)

    def is_ready(self, timeout_s: float) -> bool:
        """Say whether queries can be embedded, waiting for it at most so long; False too if the model failed."""
        return self._ready.wait(timeout_s) and self._failure is None

    def require(self) -> None:
        """Wait until queries can be embedded. Raises ``EngineUnavailableError`` if the model cannot be had."""
        if not self._ready.wait(_LOADING_S):
            raise EngineUnavailableError("embedder-unavailable", where=self._embedder.model, reason="loading")
        if self._failure is not None:
            raise self._failure

    def nearest(self, text: str, audience: Audience, count: int) -> tuple[dict[int, float], Nearness]:
        """Return cosines by record, nearest first, and the scale they are on; call when :meth:`is_ready`."""
        snapshot, nearness = self._snapshot, self._nearness
        if snapshot is None or nearness is None:
            raise EngineUnavailableError("embedder-unavailable", where=self._embedder.model, reason="loading")
        return snapshot.nearest(self._embedded(text), LEVELS[audience], count), nearness

    def similar(self, key: int, audience: Audience, count: int) -> dict[int, float]:
        """Return cosines of the records nearest to one record, nearest first, without itself."""
        snapshot = self._snapshot
        vector = snapshot.find(key) if snapshot else None
        if snapshot is None or vector is None:
            return {}
        found = snapshot.nearest(vector, LEVELS[audience], count + 1)
        found.pop(key, None)
        return found

    def close(self) -> None:
        """Finish the batch at hand; the rest is made when the index is opened again."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _embed(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embedder.embed([text])[0]
        return vector

    def _work(self) -> None:
        try:
            self._nearness = measure(self._embedder)
            self._follow(_Quantiser(self._embedder.dimensions, self._nearness.reach))
        except EngineError as error:
            log.warning("no vectors: %s", error)
            self._failure = error
        finally:
            self._ready.set()

    def _follow(self, quantiser: _Quantiser) -> None:
        codes = _Codes(self._directory / f"{_file_name(self._embedder.model, quantiser)}.vectors", quantiser.dimensions)
        self._snapshot = _Snapshot.empty(quantiser)
        places = self._initial()
        with self._changed:
            self._pending = {**places, **self._pending}
        while self._take(codes):
            if len(self._known) >= _PUBLISH_EVERY or not self._missing:
                self._publish(codes)
            self._make(codes, quantiser)

    def _take(self, codes: _Codes) -> bool:
        """Sort what changed into what has a vector and what lacks one; wait if there is nothing to do at all."""
        with self._changed:
            while not (self._closed or self._pending or self._missing or self._known or self._gone):
                self._changed.wait()
            for key, place in self._pending.items():
                for kind in (self._missing, self._known):
                    kind.pop(key, None)
                self._gone.discard(key)
                if place is None:
                    self._gone.add(key)
                else:
                    (self._known if place.text in codes else self._missing)[key] = place
            self._pending = {}
            return not self._closed

    def _publish(self, codes: _Codes) -> None:
        if self._snapshot is not None and (self._known or self._gone):
            made = codes.codes([place.text for place in self._known.values()])
            self._snapshot = self._snapshot.changed(self._gone, self._known, made)
        self._known, self._gone = {}, set()
        self._ready.set()

    def _make(self, codes: _Codes, quantiser: _Quantiser) -> None:
        """Embed one batch of texts; what changed since is left to the change that is under way."""
        batch = dict(islice(self._missing.items(), _BATCH))
        texts = self._texts_of(list(batch)) if batch else {}
        fresh = {key: text for key, text in texts.items() if text_hash(text) == batch[key].text}
        if fresh:
            hashes = [batch[key].text for key in fresh]
            codes.add(hashes, quantiser.codes(self._embedder.embed(list(fresh.values()))))
        for key, place in batch.items():
            del self._missing[key]
            if key in fresh:
                self._known[key] = place


def _file_name(model: str, quantiser: _Quantiser) -> str:
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", model)[:60].strip("-")
    digest = hashlib.sha256(f"{model} {quantiser}".encode()).hexdigest()[:12]
    return f"{readable}-{digest}"
