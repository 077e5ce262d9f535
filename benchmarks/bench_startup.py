"""How soon the service answers: from the start of the process to the first page of hits, beside ``oxigraph serve``.

``python -m benchmarks.bench_startup --records 100000`` fills a catalogue once, then starts each server five times in
turn. The page is of hits by words; meaning joins as soon as the model is loaded. The rival serves a copy of the public
graphs and counts its datasets. ``spacecat --help`` is timed by the processor time that it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from app.compose import open_catalogue
from benchmarks.synthetic import iter_changes
from catalog.catalogue import Catalogue
from catalog.model import Audience
from catalog.settings import Settings

BIN = Path(sys.executable).parent
COUNT = quote("SELECT (COUNT(DISTINCT ?d) AS ?n) WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> }")
ROUNDS = 5
BATCH = 20_000
PATIENCE_S = 120


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, rival = Path(folder) / "data", Path(folder) / "rival"
        with open_catalogue(Settings(data_dir=data, embedder="none")) as catalogue:
            fill(catalogue, options.records)
        (public,) = data.glob(f"graphs/generation-*/{Audience.PUBLIC}")
        shutil.copytree(public, rival)
        compare(data, rival)
    print(f"spacecat --help  {statistics.median(help_cpu_s() for _ in range(ROUNDS)):.2f} s of processor time")


def fill(catalogue: Catalogue, records: int) -> None:
    """Put synthetic records into the stores that follow; the ledger is not asked at the start for them."""
    changes = iter_changes(records)
    while batch := list(islice(changes, BATCH)):
        catalogue.graphs.apply(batch)
        catalogue.index.apply(batch)


def compare(data: Path, rival: Path) -> None:
    """Start both in turn, see that they agree, and print the ratio."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        port = free_port()
        settings = {"SPACECAT_DATA_DIR": str(data), "SPACECAT_PORT": str(port), "SPACECAT_QUERY_TIME_S": "60"}
        ours.append(
            first_answer(
                f"{BIN}/spacecat serve".split(),
                f"http://127.0.0.1:{port}/api/v1/search?q=battery&mode=keyword",
                lambda page: page["total"],
                settings,
            )
        )
        port = free_port()
        theirs.append(
            first_answer(
                f"{BIN}/oxigraph serve --union-default-graph --location {rival} --bind 127.0.0.1:{port}".split(),
                f"http://127.0.0.1:{port}/query?query={COUNT}",
                lambda result: int(result["results"]["bindings"][0]["n"]["value"]),
            )
        )
    a, b = (statistics.median(seconds for seconds, _ in runs) for runs in (ours, theirs))
    print(f"spacecat serve   {a:.2f} s to the first page of {ours[0][1]} hits, by words")
    print(f"oxigraph serve   {b:.2f} s to the first count of {theirs[0][1]}; ratio {a / b:.1f}")


def first_answer(
    command: Sequence[str], url: str, read: Callable[[Any], int], environment: dict[str, str] | None = None
) -> tuple[float, int]:
    """Return the seconds from the start of a server to its first answer, and what ``read`` takes from that."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | (environment or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            number = read(until_answer(url, begun + PATIENCE_S))
            return time.perf_counter() - begun, number
        finally:
            server.terminate()


def until_answer(url: str, deadline: float) -> Any:
    """Ask again and again until there is an answer."""
    while True:
        try:
            with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except (URLError, ConnectionError):
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.01)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def help_cpu_s() -> float:
    """Return the processor time of ``spacecat --help``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(BIN / "spacecat"), "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main()
