"""The open catalogue: its settings, the ledger, and what follows it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import TracebackType

from catalog.following import Following
from catalog.ledger import Ledger
from catalog.ports import GraphStore, SearchIndex
from catalog.settings import Settings
from catalog.workers import WorkerPool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the functions of this package work on; a context manager that closes what it holds."""

    settings: Settings
    ledger: Ledger
    graphs: GraphStore
    index: SearchIndex
    following: Following
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever commits: sequence numbers, and what followers see, are in one order."""

    readers: list[WorkerPool] = field(default_factory=list)
    """A reader that waits for the next import, for starting one takes half a second."""

    def close(self) -> None:
        """Stop the background work and release files, processes and connections."""
        while self.readers:
            self.readers.pop().close()
        self.following.close()
        self.index.close()
        self.graphs.close()
        self.ledger.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
