"""Twenty hostile queries, four at a time, while ordinary ones run: each must end within its limit + 0.5 s and the

memory cap, and the 95th percentile of the ordinary ones stay within three times its usual.
``python -m benchmarks.bench_hostile --records 20000 --limit 10``.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.bench_sparql import fill, free_port, running
from benchmarks.sparql_queries import queries

MEMORY_MB = 1024


def hostile() -> list[str]:
    many = " ".join(map(str, range(3000)))
    doubling = "BIND('0123456789abcdef' AS ?v0) " + " ".join(
        f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(40)
    )
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    sort = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a"
    path = "SELECT (COUNT(*) AS ?n) { ?a (<urn:x>|!<urn:y>)* ?b }"
    values = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"VALUES ?v{n} {{ {many} }}" for n in range(4)) + " }"
    distinct = "SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f }"
    group = "SELECT ?c ?f (GROUP_CONCAT(?a) AS ?g) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?c ?f"
    regex = "SELECT * { ?a ?b ?c . ?d ?e ?f FILTER(REGEX(STR(?c), CONCAT('(', STR(?f), ')+$'))) } ORDER BY ?a"
    parentheses = f"SELECT * {{ FILTER({'(' * 5000}1{')' * 5000}) }}"
    steps = "SELECT * { ?a " + "/".join(["<urn:x>"] * 5000) + " ?b }"
    optionals = "SELECT * {" + "OPTIONAL { ?a ?b ?c " * 3000 + "}" * 3001
    service = "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"
    twice = [cross, sort, path, values, distinct, group, regex]
    return [*twice, f"SELECT * {{ {doubling} }}", parentheses, steps, optionals, service, *twice, cross]


@dataclass
class Watch:
    """What is seen of the service from outside while the hostile queries run."""

    service: int
    peak_mb: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.wait(0.1):
            for worker in self._workers():
                self.peak_mb = max(self.peak_mb, _resident_mb(worker))

    def _workers(self) -> list[int]:
        """Return the processes two generations below: the service has one child that serves, and that has workers."""
        parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
        return [pid for pid, parent in parents.items() if parents.get(parent) == self.service]


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _resident_mb(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // (1 << 20)


def post(url: str, text: str) -> tuple[int, float]:
    """Send a query; return the status (or 0 for a transfer broken off) and the seconds until its end."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc)
    start = time.perf_counter()
    body, kind = urlencode({"query": text}), {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", address.path, body, kind)
        response = connection.getresponse()
        response.read()
        status = response.status
    except http.client.HTTPException:
        status = 0
    connection.close()
    return status, time.perf_counter() - start


def ordinary(url: str, texts: list[str], until: threading.Event, pause_s: float = 0.05) -> list[float]:
    """Ask ordinary queries one after another; return the milliseconds of each."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc)
    taken = []
    number = 0
    while not until.wait(pause_s):
        start = time.perf_counter()
        connection.request("GET", f"{address.path}?query={quote(texts[number % len(texts)])}")
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        taken.append((time.perf_counter() - start) * 1000)
        number += 1
    return taken


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def measure(url: str, texts: list[str], service: int, limit_s: float) -> bool:
    with ThreadPoolExecutor(6) as pool:
        quiet_end = threading.Event()
        quiet = pool.submit(ordinary, url, texts, quiet_end)
        time.sleep(10)
        quiet_end.set()
        usual = p95(quiet.result())
        watch, busy_end = Watch(service), threading.Event()
        watching = pool.submit(watch.run)
        busy = pool.submit(ordinary, url, texts, busy_end)
        with ThreadPoolExecutor(4) as attackers:
            ends = list(attackers.map(lambda text: post(url, text), hostile()))
        busy_end.set()
        watch.stop.set()
        watching.result()
        under_attack = busy.result()
    for text, (status, seconds) in zip(hostile(), ends, strict=True):
        print(f"  {status} after {seconds:5.2f} s  {text[:70]}")
    slowest, pressed = max(seconds for _, seconds in ends), p95(under_attack)
    print(
        f"slowest end {slowest:.2f} s (goal {limit_s + 0.5:.1f}); largest worker {watch.peak_mb} MB (cap {MEMORY_MB})"
    )
    print(f"ordinary p95: usual {usual:.2f} ms, under attack {pressed:.2f} ms: {pressed / usual:.2f} × (goal 3)")
    return slowest <= limit_s + 0.5 and pressed <= 3 * usual and watch.peak_mb <= MEMORY_MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--limit", type=float, default=10.0, help="seconds a query may take")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spacecat-bench-") as work:
        folder, port = Path(work), free_port()
        samples = fill(folder / "data", arguments.records, folder / "public.nq")
        environment = {
            "SPACECAT_DATA_DIR": str(folder / "data"),
            "SPACECAT_PORT": str(port),
            "SPACECAT_EMBEDDER": "none",
            "SPACECAT_QUERY_TIME_S": str(arguments.limit),
            "SPACECAT_QUERY_MEMORY_MB": str(MEMORY_MB),
        }
        texts = [query.text for query in queries(samples[1].record.iri, samples[1].record.graph) if query.rounds >= 30]
        serve: list[str | Path] = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
        with running(serve, port, environment) as service:
            reached = measure(service.url + "/sparql", texts, service.pid, arguments.limit)
    print("goals reached" if reached else "goals missed")


if __name__ == "__main__":
    main()
