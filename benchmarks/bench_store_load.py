"""Load records into the stores of all audiences through our port, against ``oxigraph load`` of the same data into one.

Counts are compared. ``python -m benchmarks.bench_store_load --records 20000``; the peak memory is that of this process,
generating the records included.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Store

from benchmarks.synthetic import iter_changes
from catalog.engines.oxigraph import OxigraphStore
from catalog.model import Audience, Change

COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def batched(records: int, size: int) -> Iterator[list[Change]]:
    changes = iter_changes(records)
    while batch := list(itertools.islice(changes, size)):
        yield batch


def write_quads(records: int, file: Path) -> int:
    """Write what the operators' store will hold as N-Quads; return the number of statements."""
    statements = 0
    with file.open("wb") as out:
        for change in iter_changes(records):
            graph = f" {NamedNode(change.record.graph)} .\n".encode()
            out.write(change.content.encode().replace(b" .\n", graph))
            statements += change.content.count("\n")
    return statements


def load_ours(records: int, batch: int, folder: Path) -> tuple[float, list[int]]:
    """Return seconds inside ``apply``, and the statements that each audience has then."""
    store = OxigraphStore(folder)
    spent = 0.0
    for changes in batched(records, batch):
        start = time.perf_counter()
        store.apply(changes)
        spent += time.perf_counter() - start
    counts = [int(store.select(audience, COUNT)[0]["n"].value) for audience in Audience]
    store.close()
    return spent, counts


def load_rival(file: Path, folder: Path) -> tuple[float, int]:
    """Return seconds of ``oxigraph load`` and the statements that the store has then."""
    program = Path(sys.executable).with_name("oxigraph")
    start = time.perf_counter()
    command = [program, "load", "--location", folder, "--file", file]
    subprocess.run(command, check=True, capture_output=True)
    spent = time.perf_counter() - start
    return spent, sum(1 for _ in Store.read_only(str(folder)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=25_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spacecat-bench-") as work:
        folder = Path(work)
        statements = write_quads(arguments.records, folder / "all.nq")
        ours, counts = load_ours(arguments.records, arguments.batch, folder / "ours")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rival, held = load_rival(folder / "all.nq", folder / "rival")
    assert counts[-1] == held == statements, (counts, held, statements)
    assert counts == sorted(counts)
    print(f"{arguments.records} records, {statements} statements; public {counts[0]}, members {counts[1]}")
    print(f"ours, three stores: {ours:.1f} s ({arguments.records / ours:.0f} records/s), peak {peak} MB")
    print(f"oxigraph load, one store: {rival:.1f} s")
    print(f"ratio {ours / rival:.2f} (goal 1.3), peak goal 1000 MB")


if __name__ == "__main__":
    main()
