"""The composition root: turns settings into an open catalogue. The only module that names engines."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, ParameterError
from catalog.following import Following
from catalog.ledger import Ledger
from catalog.model import Audience
from catalog.ports import Embedder, GraphStore, SearchIndex
from catalog.settings import Settings


@contextmanager
def open_catalogue(settings: Settings) -> Iterator[Catalogue]:
    """Open the catalogue that ``settings`` describe, with everything derived caught up, and close it at the end.

    Raises ``ConflictError`` (``catalogue-in-use``) while another process has it open.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(settings.data_dir):
        ledger = Ledger(f"sqlite:///{settings.data_dir / 'ledger.sqlite'}")
        graphs = _open_graphs(settings)
        index = _open_index(settings)
        following = Following(ledger, {"graphs": graphs, "index": index})
        with Catalogue(settings, ledger, graphs, index, following) as catalogue:
            following.catch_up()
            yield catalogue


def _open_graphs(settings: Settings) -> GraphStore:
    if settings.graph_store == "oxigraph":
        from catalog.engines.oxigraph import OxigraphStore

        return OxigraphStore(settings.data_dir / "graphs", settings.query_workers, settings.fetch_hosts)
    if "{audience}" in settings.graph_store or settings.graph_store.count(",") == len(Audience) - 1:
        from catalog.engines.sparql_server import SparqlServerStore

        return SparqlServerStore(settings.graph_store, settings.query_workers, settings.fetch_hosts)
    raise ParameterError("setting-invalid", where="graph_store", value=settings.graph_store, expected="{audience}")


def _open_index(settings: Settings) -> SearchIndex:
    from catalog.engines.tantivy import TantivyIndex

    return TantivyIndex(settings.data_dir / "search", _embedder(settings.embedder))


def _embedder(name: str) -> Embedder | None:
    engine, _, model = name.partition(":")
    if engine == "none":
        return None
    if engine == "sentence-encoder":
        from catalog.engines.sentence_encoder import SentenceEncoder

        return SentenceEncoder()
    if engine == "sentence-transformers" and model:
        from catalog.engines.sentence_transformers import SentenceTransformersEmbedder

        return SentenceTransformersEmbedder(model)
    expected = "sentence-encoder, sentence-transformers:MODEL or none"
    raise ParameterError("setting-invalid", where="embedder", value=name, expected=expected)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "catalogue.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError("catalogue-in-use", where=str(folder), holder=_holder(file)) from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return f"process {file.read().strip() or '?'}"
