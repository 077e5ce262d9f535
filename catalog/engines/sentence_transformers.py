"""Any model that the library sentence-transformers can load, by name or by path; not part of the default install."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import EngineUnavailableError
from catalog.ports import Embedder


class SentenceTransformersEmbedder:
    """Loads its model when it is first needed. Raises ``EngineUnavailableError`` if library or model are not there."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loading = threading.Lock()

    @property
    def model(self) -> str:
        """Name of the model; whoever changes a model under the same path has to rename it."""
        return f"sentence-transformers:{self._name}"

    @property
    def dimensions(self) -> int:
        """Length of the model's vectors; loads the model."""
        return int(self._transformer.get_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text; the model cuts texts at the length that it takes."""
        with self._loading:
            transformer = self._transformer
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        telling = [row for row, text in enumerate(texts) if text.strip()]
        if telling:
            vectors[telling] = transformer.encode(
                [texts[row] for row in telling], normalize_embeddings=True, show_progress_bar=False
            )
        return vectors

    @cached_property
    def _transformer(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(self._name)
        except (ImportError, OSError, ValueError) as error:
            raise EngineUnavailableError("embedder-unavailable", where=self._name, reason=str(error)[:300]) from error


_: type[Embedder] = SentenceTransformersEmbedder
