"""A process that indexes one change after the other and says what is acknowledged; its parent kills it."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.synthetic import iter_changes
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex

MOST = 3000


def main(folder: str, vectors: str) -> None:
    """Go on from the index's own position until killed."""
    index = TantivyIndex(Path(folder), SentenceEncoder() if vectors == "vectors" else None)
    position = index.position()
    for change in iter_changes(MOST):
        if change.seq > position:
            index.apply([change])
            print(change.seq, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
