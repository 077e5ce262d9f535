"""``kill -9`` at any moment: nothing acknowledged is lost, and ledger, graphs and index agree after a restart."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.compose import open_catalogue
from catalog.catalogue import Catalogue
from catalog.model import Audience, Visibility
from catalog.ports import SearchRequest
from catalog.records import change_visibility, register, withdraw
from catalog.settings import Settings
from catalog.visibility import may_see
from tests.catalog.test_records import MEMBER, submission

ROUNDS = 6


def write_until_killed(folder: str, first: int) -> None:
    """Register, revise, hide and withdraw records one after the other, saying on standard output what is done."""
    with open_catalogue(Settings(data_dir=Path(folder), embedder="none")) as catalogue:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        for number in range(first, first + 100_000):
            batch = [submission(f"{number}-{part}", f"Tram {number}") for part in range(3)]
            graphs = [outcome.graph or "" for outcome in register(catalogue, batch, MEMBER)]
            acknowledge("public", *graphs)
            change_visibility(catalogue, graphs[0], Visibility.DRAFT, "olga")
            acknowledge("draft", graphs[0])
            withdraw(catalogue, graphs[1], "olga")
            acknowledge("withdrawn", graphs[1])


def acknowledge(state: str, *graphs: str) -> None:
    sys.stdout.write("".join(f"{state} {graph}\n" for graph in graphs))
    sys.stdout.flush()


def killed_after(folder: Path, first: int, delay_s: float) -> dict[str, str]:
    """Run a writer, kill it, and return the last state that it acknowledged for each graph."""
    code = f"from tests.catalog.test_crash import write_until_killed as w; w({str(folder)!r}, {first})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        killing = threading.Timer(delay_s, writer.kill)
        killing.start()
        lines = [line.split() for line in writer.stdout if line.endswith("\n")]
        killing.join()
    return {line[1]: line[0] for line in lines if len(line) == 2}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_acknowledged_is_lost_and_all_stores_agree(tmp_path: Path, seed: int) -> None:
    # A fixed seed for each case; the delays cover start-up, single writes and many of them.
    delay = random.Random(seed).uniform(0.02, 1.5)
    acknowledged = killed_after(tmp_path, 0, delay) | killed_after(tmp_path, 100_000, delay / 2)
    with open_catalogue(Settings(data_dir=tmp_path, embedder="none")) as catalogue:
        assert set(catalogue.following.lag().values()) == {0}
        for graph, state in acknowledged.items():
            record = catalogue.ledger.find_record(graph)
            assert record is not None
            assert state != "draft" or record.visibility is Visibility.DRAFT
            assert state != "withdrawn" or record.withdrawn is not None
        for audience in Audience:
            assert everything_seen(catalogue, audience) == {
                record.graph for record in catalogue.ledger.iter_records() if may_see(audience, record)
            }


def everything_seen(catalogue: Catalogue, audience: Audience) -> set[str]:
    """Return the graphs that an audience sees, after checking that store and index agree on them."""
    rows = catalogue.graphs.select(audience, "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")
    stored = {row["g"].value for row in rows}
    found: set[str] = set()
    cursor = None
    while True:
        page = catalogue.index.search(audience, SearchRequest("tram", size=100, cursor=cursor))
        found |= {hit.graph for hit in page.hits}
        cursor = page.next
        if cursor is None:
            break
    assert found == stored
    assert page.total == len(stored)
    return stored
