"""SPARQL over HTTP, limits in force, against ``oxigraph serve`` (and Fuseki) on the same data; answers are compared.

Also: what visibility costs, the store of an audience against a store that never held anything else.
``python -m benchmarks.bench_sparql --records 20000``; ``--fuseki URL`` names an empty dataset with the union default
graph, as in docs/fuseki.ttl.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from pyoxigraph import NamedNode, RdfFormat, parse

from benchmarks.bench_store_load import batched
from benchmarks.sparql_queries import LARGE, Query, queries
from catalog.engines.oxigraph import OxigraphStore
from catalog.model import Audience, Change, Limits, Visibility
from catalog.ports import QueryRequest

LIMITS = Limits(10.0, 1 << 30, 1_000_000)
ACCEPT = {"Accept": "application/sparql-results+json, application/n-triples;q=0.9"}
Ask = Callable[[str], bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(folder: Path, records: int, public_file: Path) -> list[Change]:
    """Fill a graph store and write what the public sees as N-Quads; return some public changes."""
    store = OxigraphStore(folder / "graphs")
    samples = []
    with public_file.open("wb") as out:
        for batch in batched(records, 25_000):
            store.apply(batch)
            public = [change for change in batch if change.record.visibility is Visibility.PUBLIC]
            for change in public:
                graph = f" {NamedNode(change.record.graph)} .\n".encode()
                out.write(change.content.encode().replace(b" .\n", graph))
            samples += public[:3]
    store.close()
    return samples


@dataclass(frozen=True)
class Service:
    url: str
    pid: int


@contextmanager
def running(command: list[str | Path], port: int, environment: dict[str, str]) -> Iterator[Service]:
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Service(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def asker(url: str) -> Ask:
    """Return what sends a query over one kept connection."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc)

    def ask(text: str) -> bytes:
        connection.request("GET", f"{address.path}?query={quote(text)}", headers=ACCEPT)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, body[:500]
        return body

    return ask


def compare(askers: dict[str, Ask], query: Query) -> dict[str, float]:
    """Return the median milliseconds of each, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in askers}
    for number in range(query.rounds + 2):
        for name, ask in askers.items():
            start = time.perf_counter()
            ask(query.text)
            if number >= 2:
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(taken) for name, taken in times.items()}


def digest(answer: bytes) -> str:
    """Return what is equal for equal answers; blank nodes count, their names do not."""
    if answer.startswith(b"{"):
        rows = json.loads(answer)["results"]["bindings"]
        lines = sorted(str(sorted((name, _term(term)) for name, term in row.items())) for row in rows)
    else:
        triples = [quad.triple for quad in parse(answer, format=RdfFormat.N_TRIPLES)]
        lines = sorted({" ".join("_" if str(t).startswith("_:") else str(t) for t in triple) for triple in triples})
    fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)} {fingerprint[:12]}"


def _term(term: dict[str, str]) -> str:
    return "_" if term["type"] == "bnode" else json.dumps(term, sort_keys=True)


def geometric(ratios: list[float]) -> float:
    return statistics.geometric_mean(ratios)


def report(askers: dict[str, Ask], asked: list[Query]) -> None:
    rivals = [name for name in askers if name != "ours"]
    ratios: dict[str, list[float]] = {name: [] for name in rivals}
    for query in asked:
        answers = {name: digest(ask(query.text)) for name, ask in askers.items()}
        equal = "equal" if len(set(answers.values())) == 1 else f"DIFFERENT {answers}"
        taken = compare(askers, query)
        line = ", ".join(f"{name} {ms:.2f}" for name, ms in taken.items())
        for name in rivals:
            ratios[name].append(taken["ours"] / taken[name])
        shown = ", ".join(f"{ratios[name][-1]:.2f} × {name}" for name in rivals)
        print(f"  {query.name:14s} {line} ms: {shown} ({equal})", flush=True)
    for name in rivals:
        print(f"  geometric mean over {len(asked)}: {geometric(ratios[name]):.2f} × {name}")


def against_servers(arguments: argparse.Namespace, folder: Path, samples: list[Change], public_file: Path) -> None:
    scripts = Path(sys.executable).parent
    rival_folder = folder / "rival"
    load = [scripts / "oxigraph", "load", "--location", rival_folder, "--file", public_file]
    subprocess.run(load, check=True, capture_output=True)
    port, rival_port = free_port(), free_port()
    environment = {
        "SPACECAT_DATA_DIR": str(folder / "data"),
        "SPACECAT_PORT": str(port),
        "SPACECAT_EMBEDDER": "none",
    }
    serve = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    bind = f"127.0.0.1:{rival_port}"
    rival = [
        scripts / "oxigraph",
        "serve-read-only",
        "--location",
        rival_folder,
        "--bind",
        bind,
        "--union-default-graph",
    ]
    asked = queries(samples[1].record.iri, samples[1].record.graph)
    with running(serve, port, environment) as service, running(rival, rival_port, {}) as other:
        askers = {"ours": asker(service.url + "/sparql"), "oxigraph": asker(other.url + "/query")}
        if arguments.fuseki:
            put = Request(arguments.fuseki + "/data", public_file.read_bytes(), {"Content-Type": "application/n-quads"})
            put.method = "PUT"
            urlopen(put).read()
            askers["fuseki"] = asker(arguments.fuseki + "/query")
        print("over HTTP (goals: 1.25 × oxigraph, 1.05 × for large results, ahead of fuseki)")
        report(askers, asked)
        report({name: ask for name, ask in askers.items() if name != "fuseki"}, [LARGE])


def visibility(folder: Path, samples: list[Change], records: int) -> None:
    """Compare the public's store with one into which nothing but public records ever came."""
    unbound = OxigraphStore(folder / "unbound")
    for batch in batched(records, 25_000):
        unbound.apply([change for change in batch if change.record.visibility is Visibility.PUBLIC])
    bound = OxigraphStore(folder / "data" / "graphs")

    def through(store: OxigraphStore) -> Ask:
        def ask(text: str) -> bytes:
            request = QueryRequest(text, graph_media_type="application/n-triples")
            return b"".join(store.query(Audience.PUBLIC, request, LIMITS).chunks)

        return ask

    print("visibility-bound against unbound (goal: 1.05 ×)")
    report(
        {"ours": through(bound), "unbound": through(unbound)}, queries(samples[1].record.iri, samples[1].record.graph)
    )
    bound.close()
    unbound.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--fuseki", default="", help="address of an empty dataset")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spacecat-bench-") as work:
        folder = Path(work)
        public_file = folder / "public.nq"
        samples = fill(folder / "data", arguments.records, public_file)
        against_servers(arguments, folder, samples, public_file)
        visibility(folder, samples, arguments.records)


if __name__ == "__main__":
    main()
