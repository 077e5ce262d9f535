"""Followers end where the ledger is: after a restart, after being emptied, and when one failed for a while."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from app.compose import open_catalogue
from catalog.errors import EngineUnavailableError
from catalog.following import Following
from catalog.ledger import Ledger
from catalog.model import Audience, Change
from catalog.ports import SearchRequest
from catalog.records import register, withdraw
from catalog.settings import Settings
from tests.catalog.test_records import MEMBER, submission


def test_stores_that_lost_everything_are_made_anew_from_the_ledger(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, embedder="none")
    with open_catalogue(settings) as catalogue:
        register(catalogue, [submission(name, f"Tram {name}") for name in "abc"], MEMBER)
        gone = register(catalogue, [submission("d", "Tram d")], MEMBER)[0].graph or ""
        withdraw(catalogue, gone, "olga")
        before = catalogue.graphs.select(Audience.PUBLIC, "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o")
    shutil.rmtree(tmp_path / "graphs")
    shutil.rmtree(tmp_path / "search")
    with open_catalogue(settings) as catalogue:
        after = catalogue.graphs.select(Audience.PUBLIC, "SELECT * WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o")
        assert [dict(row) for row in after] == [dict(row) for row in before]
        assert catalogue.index.search(Audience.PUBLIC, SearchRequest("tram")).total == 3
        assert set(catalogue.following.lag().values()) == {0}


class Away:
    """A follower that does not answer until it is told to."""

    def __init__(self) -> None:
        self.here = False
        self.held: list[int] = []
        self.whole = threading.Event()

    def position(self) -> int:
        return self.held[-1] if self.held else 0

    def apply(self, changes: Sequence[Change]) -> None:
        if not self.here:
            raise EngineUnavailableError("engine-away", engine="a server")
        self.held += [change.seq for change in changes]
        self.whole.set()


def test_a_follower_that_was_away_catches_up_by_itself(tmp_path: Path) -> None:
    with open_catalogue(Settings(data_dir=tmp_path, embedder="none")) as catalogue:
        register(catalogue, [submission(name) for name in "ab"], MEMBER)
    ledger, away = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}"), Away()
    following = Following(ledger, {"away": away}, retry_s=0.02)
    following.hand_on(ledger.changes_after(0, 10))
    assert following.failing() == {"away": "engine-away"}
    assert following.lag() == {"away": 2}
    away.here = True
    assert away.whole.wait(10)
    following.close()
    assert away.held == [1, 2]
    assert following.failing() == {}
    ledger.close()
