"""``kill -9`` at any moment: the embedded store opens whole, not behind what it acknowledged, and replay heals it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.engines.oxigraph import OxigraphStore
from catalog.errors import EngineUnavailableError
from catalog.model import Action, Audience, Change, Visibility
from tests.contract.stores import change, content, graph, same

NAMES = 40
BULK = 5000
WRITER = """
import sys
from pathlib import Path
from catalog.engines.oxigraph import OxigraphStore
from tests.contract.test_graph_store_killed import batches
store = OxigraphStore(Path(sys.argv[1]))
print("ready", flush=True)
for batch in batches(store.position(), int(sys.argv[2])):
    store.apply(batch)
    print(batch[-1].seq, flush=True)
"""


def change_at(seq: int) -> Change:
    """The history is fixed: what change number ``seq`` does follows from the number."""
    numbers = random.Random(seq)
    name = f"r{numbers.randrange(NAMES)}"
    visibility = numbers.choice(list(Visibility))
    action = Action.WITHDRAWN if numbers.random() < 0.15 else Action.UPDATED
    return change(seq, name, visibility, content(name, f"Title {seq}"), action)


def batches(position: int, bulk: int) -> Iterator[list[Change]]:
    """Batches of up to ten changes; every ``bulk`` numbers one that loads thousands of graphs in bulk."""
    while True:
        position += 1
        if bulk and position % bulk == 0:
            yield [change(position, f"b{n}", text=content(f"b{n}", f"Title {position}")) for n in range(BULK)]
            continue
        batch = [change_at(position)]
        while len(batch) < random.Random(position).randrange(1, 10) and not (bulk and (position + 1) % bulk == 0):
            position += 1
            batch.append(change_at(position))
        yield batch


def expected_at(position: int, bulk: int) -> dict[str, Change]:
    numbers = [seq for seq in range(1, position + 1) if not (bulk and seq % bulk == 0)]
    return {change_at(seq).record.graph: change_at(seq) for seq in numbers}


def assert_holds(store: OxigraphStore, position: int, bulk: int) -> None:
    state = expected_at(position, bulk)
    if bulk and position >= bulk:
        title = f"Title {position // bulk * bulk}"
        assert same(store.triples(Audience.PUBLIC, graph(f"b{BULK - 1}")), content(f"b{BULK - 1}", title))
    for number in range(NAMES):
        latest = state.get(graph(f"r{number}"))
        for audience in Audience:
            seen = store.triples(audience, graph(f"r{number}"))
            shown = latest is not None and latest.record.withdrawn is None and audience in _audiences(latest)
            assert (seen is not None) == shown
            if latest is not None and shown:
                assert same(seen, latest.content)


def _audiences(latest: Change) -> list[Audience]:
    order = list(Audience)
    return order[[Visibility.PUBLIC, Visibility.MEMBERS, Visibility.DRAFT].index(latest.record.visibility) :]


@pytest.mark.parametrize("bulk", [0, 20])
def test_nothing_acknowledged_is_lost(tmp_path: Path, bulk: int) -> None:
    folder = tmp_path / "graphs"
    root = Path(__file__).parents[2]
    numbers = random.Random(bulk)
    acknowledged = 0
    for _ in range(12):
        command = [sys.executable, "-c", WRITER, str(folder), str(bulk)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            for _ in range(numbers.randrange(4)):
                acknowledged = int(writer.stdout.readline())
            pause(numbers.random() * 0.08)
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
        store = OxigraphStore(folder)
        try:
            position = store.position()
            assert position >= acknowledged
            batch = next(batches(position, bulk))  # as the change log would replay it
            store.apply(batch)
            acknowledged = batch[-1].seq
            assert_holds(store, acknowledged, bulk)
        finally:
            store.close()


def pause(seconds: float) -> None:
    """Let the writer work on, so that the kill falls anywhere in a batch."""
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({seconds})"], check=True)


def test_a_second_process_is_told_that_the_store_is_taken(tmp_path: Path) -> None:
    store = OxigraphStore(tmp_path)
    code = """
import sys
from pathlib import Path
from catalog.engines.oxigraph import OxigraphStore
from catalog.errors import EngineUnavailableError
try:
    OxigraphStore(Path(sys.argv[1]))
except EngineUnavailableError as error:
    print(error.code)
"""
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=root, check=True
    )
    assert ran.stdout == "store-locked\n"
    with pytest.raises(EngineUnavailableError):
        OxigraphStore(tmp_path)
    store.close()
    OxigraphStore(tmp_path).close()
