"""Hybrid search with ten facets, highlights and reasons: latency for one client and for four, start, and a rival.

The rival is SQLite's FTS5 over the same words of the same records, which gives a ranked page and a total but neither
facets nor reasons nor meaning; totals must agree. ``python -m benchmarks.bench_search --records 20000``; with
``--folder`` the index is kept for the next run.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.synthetic import iter_changes, iter_queries
from catalog.analysis import iter_tokens, query_terms
from catalog.documents import document_of
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.model import Audience
from catalog.ports import SearchRequest

BATCH = 2000
CLIENTS = 4
Query = tuple[str, str]


def open_index(folder: Path, records: int) -> TantivyIndex:
    """Return an index of the records with all vectors, made or found in ``folder``."""
    index = TantivyIndex(folder, SentenceEncoder())
    batch = []
    for change in iter_changes(records):
        if change.seq > index.position():
            batch.append(change)
        if batch and (len(batch) == BATCH or change.seq == records):
            index.apply(batch)
            batch = []
    while index.progress().vectors_missing:
        time.sleep(0.5)
    return index


def latencies(search: Callable[[Query], object], queries: Sequence[Query]) -> list[float]:
    """Return how long each query took, in milliseconds."""
    spent = []
    for query in queries:
        begun = time.perf_counter()
        search(query)
        spent.append(1e3 * (time.perf_counter() - begun))
    return spent


def concurrent_latencies(search: Callable[[Query], object], queries: Sequence[Query]) -> list[float]:
    """Return the same for four clients at once, each with its share of the queries."""
    spent: list[list[float]] = [[] for _ in range(CLIENTS)]

    def client(number: int) -> None:
        spent[number] = latencies(search, queries[number::CLIENTS])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for own in spent for one in own]


def report(name: str, spent: Sequence[float]) -> None:
    """Print median and 95th percentile."""
    print(f"{name:44} p50 {np.percentile(spent, 50):7.1f}  p95 {np.percentile(spent, 95):7.1f} ms")


def fts5(records: int) -> sqlite3.Connection:
    """Index the stems of all that the public sees."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute('CREATE VIRTUAL TABLE docs USING fts5(body, tokenize = "unicode61 remove_diacritics 0")')
    for change in iter_changes(records):
        document = document_of(change)
        if document and Audience.PUBLIC in document.audiences:
            stems = " ".join(token.stem for text in document.texts for token in iter_tokens(text.text))
            connection.execute("INSERT INTO docs VALUES (?)", (stems,))
    return connection


def search_fts5(connection: sqlite3.Connection, query: Query) -> int:
    """Return the total after fetching the best twenty."""
    match = " OR ".join(f'"{term.stem}"' for term in query_terms(query[1]))
    connection.execute("SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT 20", (match,)).fetchall()
    return int(connection.execute("SELECT count(*) FROM docs WHERE docs MATCH ?", (match,)).fetchone()[0])


def compare(index: TantivyIndex, records: int, queries: Sequence[Query]) -> None:
    """Time the rival and check that both find as many records by words."""
    connection = fts5(records)
    report("FTS5: page of 20 and total", latencies(lambda query: search_fts5(connection, query), queries))

    def by_words(query: Query) -> int:
        request = SearchRequest(query[1], query[0], mode="keyword", facets=())
        return index.search(Audience.PUBLIC, request).total

    report("ours, words alone, no facets", latencies(by_words, queries))
    agreeing = sum(by_words(query) == search_fts5(connection, query) for query in queries)
    print(f"totals agree in {agreeing} of {len(queries)} queries")


START = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.model import Audience
from catalog.ports import SearchRequest
imported = time.perf_counter()
index = TantivyIndex(Path(sys.argv[1]), SentenceEncoder())
opened = time.perf_counter()
index.search(Audience.PUBLIC, SearchRequest("battery", mode="keyword"))
words = time.perf_counter()
page = index.search(Audience.PUBLIC, SearchRequest("电池碳足迹"))
hybrid = time.perf_counter()
kind = "hybrid" if page.hits[0].reasons[-1].kind == "meaning" else "by words"
print(f"start: import {imported-begun:.2f} s, open {opened-imported:.2f} s, first answer by words {words-begun:.2f} s,"
      f" next, {kind}, {hybrid-begun:.2f} s after the start")
index.close()
"""


def measure(folder: Path, records: int, count: int) -> None:
    """Print all figures."""
    queries = list(iter_queries(3 * count))
    index = open_index(folder, records)

    def hybrid(query: Query) -> object:
        return index.search(Audience.PUBLIC, SearchRequest(query[1], query[0]))

    def suggest(query: Query) -> object:
        return index.suggest(Audience.PUBLIC, query[1][:4])

    latencies(hybrid, queries[:20])
    report("hybrid, ten facets, highlights, reasons", latencies(hybrid, queries[20:count]))
    report("the same, four clients at once", concurrent_latencies(hybrid, queries[count : 2 * count]))
    report("suggestions", latencies(suggest, queries[:count]))
    compare(index, records, queries[2 * count :][:100])
    index.close()
    subprocess.run([sys.executable, "-c", START, str(folder)], check=True, env=os.environ | {"PYTHONPATH": os.getcwd()})


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder:
        measure(options.folder, options.records, options.queries)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.records, options.queries)


if __name__ == "__main__":
    main()
