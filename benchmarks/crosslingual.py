"""Known-item search across languages: 766 sources described in Chinese and English (``firstdata``).

Records hold one language alone, queries are titles in the other. Run it with ``python -m benchmarks.crosslingual``.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from catalog.engines.sentence_encoder import SentenceEncoder
from catalog.engines.tantivy import TantivyIndex
from catalog.model import Action, Audience, Change, GraphIri, Iri, Kind, Record, Visibility
from catalog.ports import SearchRequest
from ontology.namespaces import DCAT, DCT, RDF

DATA = Path(os.environ.get("TEST_SHARED", "../shared")) / "data" / "firstdata"
Source = dict[str, dict[str, str]]


def read_sources() -> list[Source]:
    """Return name and description by language of all sources that have both in both languages, and two names."""
    files = sorted((DATA / "firstdata" / "sources").rglob("*.json"))
    sources = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    texts = [{field: source[field] for field in ("name", "description")} for source in sources]
    return [
        one
        for one in texts
        if all(text.get(tag) for text in one.values() for tag in ("zh", "en"))
        and one["name"]["zh"] != one["name"]["en"]
    ]


def change_of(source: Source, seq: int, language: str) -> Change:
    """Return a record in one language."""
    iri = f"urn:firstdata:{seq}"
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(GraphIri(iri), Iri(iri), Kind.DATASET, Visibility.PUBLIC, "", "", "", moment, moment, seq=seq)
    lines = [f"<{iri}> <{RDF}type> <{DCAT}Dataset> ."]
    for prop, field in (("title", "name"), ("description", "description")):
        lines.append(f"<{iri}> <{DCT}{prop}> {json.dumps(source[field][language])}@{language} .")
    return Change(seq, Action.CREATED, record, "\n".join(lines))


def ranks(sources: list[Source], asked: str, described: str, mode: str) -> list[int]:
    """Return at which place, of a hundred, each source is found; 100 if it is not among them."""
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder), SentenceEncoder())
        index.apply([change_of(source, seq, described) for seq, source in enumerate(sources, 1)])
        while index.progress().vectors_missing:
            time.sleep(0.1)
        places = []
        for seq, source in enumerate(sources, 1):
            request = SearchRequest(source["name"][asked], mode=mode, size=100, facets=())
            found = [hit.iri for hit in index.search(Audience.PUBLIC, request).hits]
            own = f"urn:firstdata:{seq}"
            places.append(found.index(Iri(own)) if own in found else 100)
        index.close()
    return places


def main() -> None:
    """Print how often the source is found first, and among ten."""
    sources = read_sources()
    print(f"{len(sources)} sources{'':16} first  among ten")
    for asked, described in (("zh", "en"), ("en", "zh")):
        for mode in ("keyword", "vector", "hybrid"):
            places = ranks(sources, asked, described, mode)
            first, ten = (sum(place < depth for place in places) / len(places) for depth in (1, 10))
            print(f"{asked} title, {described} record, {mode:8} {first:8.3f} {ten:9.3f}")


if __name__ == "__main__":
    main()
