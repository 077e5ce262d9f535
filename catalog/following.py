"""Keeps what is derived, graph store and search index, at the position of the ledger."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol

from catalog.errors import EngineError
from catalog.ledger import Ledger
from catalog.model import Change

_BATCH = 2000

log = logging.getLogger(__name__)


class Follower(Protocol):
    """What follows the change log: the part that graph store and search index have in common."""

    def position(self) -> int:
        """Return the sequence number of the last change it holds."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Take over the changes, durably and in order."""


class Following:
    """Hands each commit to the followers, to all at once, for their engines use processors of their own.

    One that fails is caught up in the background until it holds all.
    """

    def __init__(self, ledger: Ledger, followers: Mapping[str, Follower], *, retry_s: float = 5.0) -> None:
        self._retry_s = retry_s
        self._ledger = ledger
        self._followers = dict(followers)
        self._failing: dict[str, str] = {}
        self._applying = {name: threading.Lock() for name in self._followers}
        self._threads = ThreadPoolExecutor(len(self._followers) or 1, "follower")
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._retrying: threading.Thread | None = None

    def catch_up(self) -> None:
        """Bring every follower to the position of the ledger, from wherever it is."""
        self._all(self._catch_up)

    def hand_on(self, changes: Sequence[Change]) -> None:
        """Give the changes of one commit to every follower; on return each holds them, or is being caught up."""
        if changes:
            self._all(lambda follower: self._hand_on(follower, changes))

    def _all(self, act: Callable[[Follower], None]) -> None:
        working = [self._threads.submit(self._guarded, name, act) for name in self._followers]
        wait(working)
        for each in working:
            each.result()  # raises what nobody expected

    def _hand_on(self, follower: Follower, changes: Sequence[Change]) -> None:
        if follower.position() == changes[0].seq - 1:
            follower.apply(changes)
        else:
            self._catch_up(follower)

    def _catch_up(self, follower: Follower) -> None:
        for batch in iter_batches(self._ledger, follower.position()):
            follower.apply(batch)

    def _guarded(self, name: str, act: Callable[[Follower], None]) -> None:
        try:
            with self._applying[name]:
                act(self._followers[name])
            self._failing.pop(name, None)
        except EngineError as error:
            log.warning("%s does not follow (%s); trying again", name, error)
            self._failing[name] = error.code
            self._retry()

    def _retry(self) -> None:
        with self._starting:
            if self._closed or (self._retrying is not None and self._retrying.is_alive()):
                return
            self._retrying = threading.Thread(target=self._keep_trying, name="following", daemon=True)
            self._retrying.start()

    def _keep_trying(self) -> None:
        while not self._wake.wait(self._retry_s):
            for name in list(self._failing):
                self._guarded(name, self._catch_up)
            if not self._failing:
                return

    def lag(self) -> dict[str, int]:
        """Return by how many changes each follower is behind; -1 where it does not answer."""
        head = self._ledger.position()
        return {name: self._lag(name, head) for name in self._followers}

    def _lag(self, name: str, head: int) -> int:
        try:
            return head - self._followers[name].position()
        except EngineError:
            return -1

    def failing(self) -> dict[str, str]:
        """Return the followers that could not take the last changes, with the code of the error."""
        return dict(self._failing)

    def close(self) -> None:
        """Stop trying."""
        self._closed = True
        self._wake.set()
        if self._retrying is not None:
            self._retrying.join()
        self._threads.shutdown()


def iter_batches(ledger: Ledger, position: int) -> Iterator[list[Change]]:
    """Iterate over the changes after ``position`` in batches, until there are none."""
    while batch := ledger.changes_after(position, _BATCH):
        yield batch
        position = batch[-1].seq
