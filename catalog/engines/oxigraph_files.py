"""Files of the embedded graph store beside the stores themselves: what it knows of itself, locks, shared folders."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from catalog.errors import EngineUnavailableError
from catalog.model import Audience, GraphIri


class SharedFolder:
    """A folder that is deleted once it is retired and its last user has left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._users = 0
        self._retired = False
        self._counting = threading.Lock()

    def enter(self) -> Self:
        """Begin to use the folder; the caller must know that it is not retired yet."""
        with self._counting:
            self._users += 1
        return self

    def leave(self) -> None:
        """End one use."""
        with self._counting:
            self._users -= 1
            self._delete_if_unused()

    def retire(self) -> None:
        """Let the folder be deleted as soon as nobody uses it."""
        with self._counting:
            self._retired = True
            self._delete_if_unused()

    def _delete_if_unused(self) -> None:
        if self._retired and not self._users:
            self.delete()

    def delete(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.path, ignore_errors=True)


class State:
    """What is true of the stores as a whole, changed in one durable transaction.

    ``restricted`` holds, for each graph that not everybody sees, the first audience that does.
    """

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS state (position INTEGER, generation INTEGER)")
        self._database.execute("CREATE TABLE IF NOT EXISTS restricted (graph TEXT PRIMARY KEY, audience TEXT)")
        row = self._database.execute("SELECT position, generation FROM state").fetchone()
        self.position: int
        self.generation: int
        self.position, self.generation = row or (0, 0)
        rows = self._database.execute("SELECT graph, audience FROM restricted")
        self.restricted = {GraphIri(graph): Audience(audience) for graph, audience in rows}

    def save(self, position: int, generation: int, restricted: Mapping[GraphIri, Audience | None]) -> None:
        """Record all of it durably; a graph whose audience is ``None`` is not restricted any more."""
        with self._database as database:
            database.execute("DELETE FROM state")
            database.execute("INSERT INTO state VALUES (?, ?)", (position, generation))
            for graph, audience in restricted.items():
                if audience is not None:
                    database.execute("INSERT OR REPLACE INTO restricted VALUES (?, ?)", (graph, audience))
                    self.restricted[graph] = audience
                elif self.restricted.pop(graph, None):
                    database.execute("DELETE FROM restricted WHERE graph = ?", (graph,))
        self.position, self.generation = position, generation

    def close(self) -> None:
        """Close the database."""
        self._database.close()


class Stream(io.RawIOBase):
    """Pieces of bytes as a file, so that a bulk load never holds them all."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def lock(file: Path) -> int:
    """Lock a file for this process until its descriptor, which is returned, is closed.

    Raises ``EngineUnavailableError`` (``store-locked``) if another process holds it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise EngineUnavailableError("store-locked", where=str(file.parent)) from error
    return descriptor


def sync(folder: Path) -> None:
    """Make the entries of a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
