"""Records indexed per second: as text alone, as the caller sees it, and until every record has its vector.

``python -m benchmarks.bench_indexing --records 20000 --vectors 2000``
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.synthetic import iter_changes
from catalog.documents import document_of
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.model import Change

BATCH = 2000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--vectors", type=int, default=2_000)
    options = parser.parse_args()
    changes = list(iter_changes(options.records))
    index_texts(changes)
    index_with_vectors(changes[: options.vectors])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def index_texts(changes: list[Change]) -> None:
    """Measure reading a record into a document, and the whole of ``apply``."""
    document_of(changes[0])
    begun = time.perf_counter()
    for change in changes[:BATCH]:
        document_of(change)
    reading = (time.perf_counter() - begun) / len(changes[:BATCH])
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder))
        index.apply(changes[:1])
        begun = time.perf_counter()
        for start in range(0, len(changes), BATCH):
            index.apply(changes[start : start + BATCH])
        spent = time.perf_counter() - begun
        index.close()
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    print(f"to search documents    {1e3 * reading:8.3f} ms per record")
    print(
        f"text, batches of {BATCH}  {1e3 * spent / len(changes):8.3f} ms per record, {len(changes) / spent:7.0f} per s"
    )
    print(f"on disk                {size / len(changes):8.0f} bytes per record")


def index_with_vectors(changes: list[Change]) -> None:
    """Measure until the last vector is there, model loaded beforehand."""
    embedder = SentenceEncoder()
    embedder.embed(["ready"])
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder), embedder)
        begun = time.perf_counter()
        index.apply(changes)
        while index.progress().vectors_missing:
            time.sleep(0.05)
        spent = time.perf_counter() - begun
        index.close()
    print(f"with vectors           {1e3 * spent / len(changes):8.3f} ms per record, {len(changes) / spent:7.0f} per s")


if __name__ == "__main__":
    main()
