"""Relevance on the ACORDAR test collection: words, vectors and both, against BM25 of ``bm25s``, by nDCG@10.

What fields, stems and meaning are worth is chosen on two folds and judged on the third, three times. Significance is by
a paired randomisation test over all queries. Run it with ``python -m benchmarks.relevance``.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import bm25s
import numpy as np

from catalog.engines import tantivy_queries, tantivy_search
from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.model import Action, Audience, Change, GraphIri, Iri, Kind, Record, Visibility
from catalog.ports import SearchRequest
from ontology.namespaces import DCAT, DCT, RDF

DATA = Path(os.environ.get("TEST_SHARED", "../shared")) / "data" / "acordar"
BOOSTS = ((0.0, 0.0), (0.0, 0.2), (0.3, 0.0), (0.3, 0.2), (0.3, 0.4), (0.6, 0.2))
"""Worth of title and keyword, and of stems, to choose from; the whole text counts 1."""

WEIGHTS = (0.1, 0.15, 0.2, 0.25, 0.3)
"""Shares of meaning to choose from."""

ROUNDS = 20_000


@dataclass(frozen=True)
class Collection:
    """Documents, queries, judgments (0 to 2) and the fold of each query."""

    documents: list[dict[str, object]]
    queries: dict[str, str]
    judged: dict[str, dict[str, int]]
    folds: dict[str, str]


def read_collection() -> Collection:
    """Read ACORDAR as it is shared with the project."""
    lines = {name: (DATA / name).read_text(encoding="utf-8").splitlines() for name in os.listdir(DATA)}
    judged: dict[str, dict[str, int]] = {}
    for line in lines["qrels.txt"]:
        query, _, document, grade = line.split()
        judged.setdefault(query, {})[document] = int(grade)
    queries = dict(line.split("\t", 1) for line in lines["queries.tsv"])
    folds = dict(line.split("\t") for line in lines["folds.tsv"])
    return Collection([json.loads(line) for line in lines["documents.jsonl"]], queries, judged, folds)


def ndcg(ranked: list[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Return nDCG with gains of 2^grade - 1."""

    def gain(found: list[int]) -> float:
        return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(found[:depth]))

    best = gain(sorted(grades.values(), reverse=True))
    found = gain([grades.get(document, 0) for document in ranked])
    return found / best if best else 0.0


def change_of(document: Mapping[str, object], seq: int) -> Change:
    """Return a judged dataset as a record."""
    iri = f"urn:acordar:{document['dataset_id']}"
    tags: list[str] = document.get("tags_guess", [])  # type: ignore[assignment]
    statements = [("title", str(document["title"])), ("description", str(document["text"]))]
    lines = [f"<{iri}> <{RDF}type> <{DCAT}Dataset> ."]
    lines += [f"<{iri}> <{DCT}{name}> {json.dumps(text)}@en ." for name, text in statements]
    lines += [f"<{iri}> <{DCAT}keyword> {json.dumps(tag)}@en ." for tag in tags]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(GraphIri(iri), Iri(iri), Kind.DATASET, Visibility.PUBLIC, "", "", "", moment, moment, seq=seq)
    return Change(seq, Action.CREATED, record, "\n".join(lines))


@contextmanager
def opened(collection: Collection) -> Iterator[TantivyIndex]:
    """Index the collection, vectors included."""
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder), SentenceEncoder())
        index.apply([change_of(document, seq) for seq, document in enumerate(collection.documents, 1)])
        while index.progress().vectors_missing:
            time.sleep(0.2)
        yield index
        index.close()


Scores = dict[str, float]
Setting = tuple[float, float, float]


def judge(collection: Collection, search: Callable[[str], list[str]]) -> Scores:
    """Return the nDCG@10 of each query."""
    return {query: ndcg(search(text), collection.judged[query]) for query, text in collection.queries.items()}


def ours(index: TantivyIndex, mode: str) -> Callable[[str], list[str]]:
    """Return a search that gives the identifiers of the first ten."""

    def search(text: str) -> list[str]:
        request = SearchRequest(text, mode=mode, size=10, facets=())
        return [hit.iri.rpartition(":")[2] for hit in index.search(Audience.PUBLIC, request).hits]

    return search


def rival(collection: Collection) -> Callable[[str], list[str]]:
    """Return BM25 of bm25s with its defaults and English stop words over the whole text of each dataset."""
    identifiers = [str(document["dataset_id"]) for document in collection.documents]
    texts = [str(document["text"]) for document in collection.documents]
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def search(text: str) -> list[str]:
        tokens = bm25s.tokenize(text, stopwords="en", show_progress=False)
        rows, _ = retriever.retrieve(tokens, k=10, show_progress=False)
        return [identifiers[row] for row in rows[0]]

    return search


def by_folds(collection: Collection, by_setting: Mapping[Setting, Scores]) -> tuple[Scores, dict[str, Setting]]:
    """Choose the setting for each fold on the two others; return the scores of all queries and the choices."""
    scores: Scores = {}
    chosen = {}
    for fold in sorted(set(collection.folds.values())):
        training = [query for query in collection.queries if collection.folds[query] != fold]
        best = max(by_setting, key=lambda setting: sum(by_setting[setting][query] for query in training))
        chosen[fold] = best
        scores |= {query: score for query, score in by_setting[best].items() if collection.folds[query] == fold}
    return scores, chosen


def judge_settings(
    collection: Collection, index: TantivyIndex, mode: str, settings: Iterable[Setting]
) -> dict[Setting, Scores]:
    """Return the scores of one mode under each setting (worth of fields, of stems, share of meaning)."""
    results = {}
    for setting in settings:
        fields, stems, tantivy_search.MEANING_WEIGHT = setting
        tantivy_queries.FIELD_BOOSTS.update(title=fields, keyword=fields)
        tantivy_queries.STEM_BOOST = stems
        results[setting] = judge(collection, ours(index, mode))
    return results


def mean(scores: Scores) -> float:
    """Return the mean over queries."""
    return sum(scores.values()) / len(scores)


def p_value(one: Scores, other: Scores) -> float:
    """Return the two-sided p of a paired randomisation test on the mean difference."""
    differences = np.array([one[query] - other[query] for query in one])
    signs = np.random.default_rng(1).choice((-1.0, 1.0), size=(ROUNDS, len(differences)))
    extreme = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12
    return float((extreme.sum() + 1) / (ROUNDS + 1))


def main() -> None:
    """Print the table."""
    collection = read_collection()
    with opened(collection) as index:
        vectors = judge(collection, ours(index, "vector"))
        words = judge_settings(collection, index, "keyword", [(*boosts, 0.0) for boosts in BOOSTS])
        both = judge_settings(
            collection, index, "hybrid", [(*boosts, weight) for boosts in BOOSTS for weight in WEIGHTS]
        )
    keyword, _ = by_folds(collection, words)
    hybrid, chosen = by_folds(collection, both)
    bm25 = judge(collection, rival(collection))
    results = {"bm25s": bm25, "keyword": keyword, "vectors": vectors, "hybrid": hybrid}
    for setting, scores in (words | both).items():
        print("all queries, fields {} stems {} meaning {}:".format(*setting), round(mean(scores), 4))
    folds = sorted(chosen)
    print("fields, stems and meaning chosen for each fold:", chosen)
    print(f"{'nDCG@10':10}", *(f"fold {fold}" for fold in folds), "  mean", "  p against hybrid", sep="  ")
    for name, scores in results.items():
        by_fold = [mean({q: s for q, s in scores.items() if collection.folds[q] == fold}) for fold in folds]
        p = f"{p_value(hybrid, scores):.4f}" if name != "hybrid" else ""
        print(f"{name:10}", *(f"{value:.4f}" for value in by_fold), f"{sum(by_fold) / len(by_fold):.4f}", p, sep="  ")


if __name__ == "__main__":
    main()
