"""The whole import against a plain loop of rdflib and pySHACL, per record; foreign formats; findings per second.

``python -m benchmarks.bench_import --records 100000 --sample 100``

Ours parses, splits, canonicalises, hashes, validates, stores in the ledger and the stores of all audiences, and
indexes the text. The rival does less: it parses with rdflib, validates with pySHACL (shapes loaded once, as a user
would), and serialises into a file. Both see the same records, and must find the same violations.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyshacl
from rdflib import SH, Graph

from app.compose import open_catalogue
from benchmarks.synthetic import iter_records
from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.model import Registration, Severity
from catalog.preparing import Job, Prepared, prepare
from catalog.settings import Settings
from mappings import formats
from ontology.description import Description
from shapes import profiles
from shapes.validate import validate, with_background

HARVEST = Registration("benchmark", "urn:spacecat:source:benchmark", policy="harvest")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "records.nt"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(ntriples for _, _, ntriples in iter_records(options.records))
        measure_worker(file, folder)
        ours = measure_import(file, folder, options.records)
        rival = measure_rival(options.sample, folder)
        print(f"{'ratio':<34}{rival / ours:10.1f} x")
        measure_findings(options.sample * 20)
        measure_foreign(options.sample * 4, folder)


def measure_import(file: Path, folder: Path, records: int) -> float:
    """Import everything twice; return seconds per record of the first time."""
    with open_catalogue(Settings(data_dir=folder / "var", embedder="none")) as catalogue:
        first, outcomes = timed_import(catalogue, file)
        assert outcomes == {"created": records}, outcomes
        second, outcomes = timed_import(catalogue, file)
        assert outcomes == {"unchanged": records}, outcomes
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    tell("import, first time", first / records)
    tell("import again, all unchanged", second / records)
    print(f"{'peak memory':<34}{own:7} MB, and the largest worker {worker} MB")
    return first / records


def timed_import(catalogue: Catalogue, file: Path) -> tuple[float, dict[str, int]]:
    begun = time.perf_counter()
    with Importer(catalogue, "mappings.formats") as importer:
        outcomes = Counter(str(o.status) for o in importer.import_documents(find_documents(file), HARVEST))
    return time.perf_counter() - begun, dict(outcomes)


class _Sink:
    """Takes replies and counts the records in them."""

    def __init__(self) -> None:
        self.records = 0

    def send(self, message: object) -> None:
        if isinstance(message, Prepared):
            self.records += len(message.results)

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        return None


def measure_worker(file: Path, folder: Path) -> None:
    """Measure the part of the worker alone: parse, split, canonicalise, hash, validate."""
    validate("")
    sink = _Sink()
    begun = time.perf_counter()
    prepare(Job(str(file), file.name, str(folder / "spool"), "http://127.0.0.1:8000/"), sink)
    tell("parse, split, hash, validate", (time.perf_counter() - begun) / sink.records)


def measure_rival(sample: int, folder: Path) -> float:
    """Run the plain loop over a sample of the same records; return seconds per record."""
    shapes = Graph().parse(data=profiles.profile(profiles.RECORD).turtle(), format="turtle")
    records = [ntriples for _, _, ntriples in iter_records(sample)]
    found = []
    begun = time.perf_counter()
    with (folder / "rival.nt").open("w", encoding="utf-8") as out:
        for ntriples in records:
            graph = Graph().parse(data=ntriples, format="nt")
            data = Graph().parse(data=with_background(ntriples), format="nt")
            _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=True, inplace=True)
            found.append(len(list(report.subjects(SH.resultSeverity))))
            out.write(graph.serialize(format="nt"))
    spent = (time.perf_counter() - begun) / sample
    assert found == [len(validate(ntriples).results) for ntriples in records], "the engines do not agree"
    tell("rdflib + pySHACL, plain loop", spent)
    return spent


def measure_findings(count: int) -> None:
    """Measure checks and findings per second, one process."""
    records = [ntriples for _, _, ntriples in iter_records(count)]
    validate(records[0])
    begun = time.perf_counter()
    findings = sum(len(validate(ntriples).results) for ntriples in records)
    spent = time.perf_counter() - begun
    tell("SHACL check", spent / count)
    print(f"{'SHACL findings':<34}{findings / spent:10.0f} per s")


def measure_foreign(count: int, folder: Path) -> None:
    """Measure how fast documents of each foreign format are imported; the documents are exports of our records."""
    for name in formats.FORMATS:
        target = folder / name
        target.mkdir()
        records = list(iter_records(count))
        documents = [formats.export(name, Description.parse(text), iri).document for _, iri, text in records]
        if name == "dcat-us":  # a catalogue in one file, as agencies publish it
            documents = [{"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", "dataset": documents}]
        for number, document in enumerate(documents):
            (target / f"{number}.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        with (
            open_catalogue(Settings(data_dir=folder / f"var-{name}", embedder="none")) as catalogue,
            Importer(catalogue, "mappings.formats") as importer,
        ):
            begun = time.perf_counter()
            outcomes = list(importer.import_documents(find_documents(target), HARVEST))
            spent = time.perf_counter() - begun
        findings = sum(f.severity is not Severity.INFO for o in outcomes for f in o.findings)
        taken = sum(not outcome.code for outcome in outcomes)
        tell(f"import of {name}", spent / count, f"; {taken} of {count} taken, {findings} warnings and violations")


def tell(what: str, seconds: float, more: str = "") -> None:
    print(f"{what:<34}{1e3 * seconds:10.3f} ms per record, {1 / seconds:8.0f} per s{more}")


if __name__ == "__main__":
    main()
