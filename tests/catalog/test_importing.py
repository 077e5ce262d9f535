"""Import: each record has its own outcome, whatever its neighbours are, and importing twice changes nothing."""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.compose import open_catalogue
from app.errors import error_texts, messages_of
from catalog import importing
from catalog.catalogue import Catalogue
from catalog.errors import InputError, LimitExceededError, NotFoundError
from catalog.identifiers import make_object_code
from catalog.importing import Document, Importer, Progress, find_documents, received
from catalog.intake import Outcome, Status
from catalog.model import Audience, Registration, Severity
from catalog.records import get_content, get_record_of
from catalog.settings import Settings

HARVEST = Registration("ann", "urn:source:a", policy="harvest")
MEMBER = Registration("ann", "urn:source:a", policy="member")
PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix e: <http://e/> .
"""
GOOD = 'e:good a dcat:Dataset ; dct:title "good"@en ; dct:description "good"@en .\n'
DCAT_US = "https://project-open-data.cio.gov/v1.1/schema"
Import = Callable[..., list[Outcome]]


@contextmanager
def opened(folder: Path, time_s: float = 10.0) -> Iterator[Catalogue]:
    settings = Settings(data_dir=folder / "var", embedder="none", import_time_s=time_s, import_memory_mb=1024)
    with open_catalogue(settings) as catalogue:
        yield catalogue


@contextmanager
def loading(catalogue: Catalogue, folder: Path) -> Iterator[Import]:
    """Import one document, given by its text or bytes and its name."""
    with Importer(catalogue, "mappings.formats") as importer:

        def run(content: str | bytes, name: str = "in.ttl", registration: Registration = HARVEST) -> list[Outcome]:
            content = PREFIXES + content if name.endswith(".ttl") and isinstance(content, str) else content
            file = folder / name
            file.write_bytes(content.encode() if isinstance(content, str) else content)
            return list(importer.import_documents([Document(file, name)], registration))

        yield run


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with opened(tmp_path) as catalogue:
        yield catalogue


@pytest.fixture
def load(catalogue: Catalogue, tmp_path: Path) -> Iterator[Import]:
    with loading(catalogue, tmp_path) as run:
        yield run


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Import]:
    """Like ``load``, for tests that need no empty catalogue."""
    folder = tmp_path_factory.mktemp("standing")
    with opened(folder) as catalogue, loading(catalogue, folder) as run:
        yield run


def statuses(outcomes: list[Outcome]) -> dict[str, str]:
    return {(outcome.iri or "?").removeprefix("http://e/"): str(outcome.status) for outcome in outcomes}


def test_a_record_is_created_then_unchanged_then_updated(load: Import, catalogue: Catalogue) -> None:
    assert [outcome.status for outcome in load(GOOD)] == [Status.CREATED]
    position = catalogue.ledger.position()
    assert [outcome.status for outcome in load(GOOD)] == [Status.UNCHANGED]
    assert catalogue.ledger.position() == position
    assert [outcome.status for outcome in load(GOOD.replace('"good"@en', '"better"@en'))] == [Status.UPDATED]


def test_the_same_content_in_another_syntax_is_unchanged(load: Import) -> None:
    load('e:d a dcat:Dataset ; dct:title "t"@en ; dct:creator [ foaf:name "n" ] .')
    data = {
        "@id": "http://e/d",
        "@type": "http://www.w3.org/ns/dcat#Dataset",
        "http://purl.org/dc/terms/title": {"@value": "t", "@language": "en"},
        "http://purl.org/dc/terms/creator": {"http://xmlns.com/foaf/0.1/name": "n"},
    }
    assert [outcome.status for outcome in load(json.dumps(data), "in.jsonld")] == [Status.UNCHANGED]


def test_literals_are_kept_as_they_were_written(load: Import, catalogue: Catalogue) -> None:
    load('e:d a dcat:Dataset ; dct:title "t" ; dcat:spatialResolutionInMeters 1.50 .')
    content = get_content(catalogue, Audience.PUBLIC, get_record_of(catalogue, Audience.PUBLIC, "http://e/d"))
    assert '"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>' in content


def test_an_export_comes_back_unchanged(load: Import, catalogue: Catalogue) -> None:
    load(GOOD)
    content = get_content(catalogue, Audience.PUBLIC, get_record_of(catalogue, Audience.PUBLIC, "http://e/good"))
    assert "CatalogRecord" in content
    assert [outcome.status for outcome in load(content, "export.nt")] == [Status.UNCHANGED]


def test_a_file_cannot_forge_what_the_catalogue_says_of_a_record(load: Import, catalogue: Catalogue) -> None:
    [outcome] = load(GOOD)
    forged = f'<{outcome.graph}> a dcat:CatalogRecord ; foaf:primaryTopic e:good ; dct:creator "eve" .'
    assert [again.status for again in load(GOOD + forged)] == [Status.UNCHANGED]
    content = get_content(catalogue, Audience.PUBLIC, get_record_of(catalogue, Audience.PUBLIC, "http://e/good"))
    assert "eve" not in content


DEEP_JSON = '{"http://e/p":' * 50_000 + "1" + "}" * 50_000
DEEP_XML = '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">' + "<e:a><e:b>" * 50_000
ENTITIES = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ha"}">' for i in range(10))
TRIPLE_TERMS = "e:x e:p " + "<<( e:x e:p " * 20_000 + "1" + " )>>" * 20_000 + " ."


@pytest.mark.parametrize(
    ("name", "content", "code", "where"),
    [
        ("a.ttl", "e:x a dcat:Dataset ; dct:title 'unclosed .", "syntax-error", "a.ttl:3"),
        ("a.nt", "this is not RDF", "syntax-error", "a.nt:1"),
        ("a.rdf", "<rdf:RDF>", "syntax-error", "a.rdf:line 1"),
        ("a.jsonld", '{"@id": }', "syntax-error", "a.jsonld:line 1, column 9"),
        ("a.dat", "what is this?", "syntax-unknown", "a.dat"),
        ("a.ttl", "", "no-record-found", "a.ttl"),
        ("a.ttl", "e:x a foaf:Agent ; foaf:name 'x' .", "no-record-found", "a.ttl"),
        ("a.nt", "<http://e/a> <http://e/p> 'x' .".encode("utf-16"), "encoding-not-utf8", "a.nt:line 1"),
        ("a.ttl", "<http://e/a> <http://e/p> 'é' .".encode("latin-1"), "encoding-not-utf8", "a.ttl:line 1"),
        ("a.rdf", f"<!DOCTYPE r [{ENTITIES}]><r>&e9;</r>", "entity-refused", "a.rdf:line 1"),
        ("a.ttl", TRIPLE_TERMS, "triple-term", "a.ttl"),
        ("a.jsonld", DEEP_JSON, "nesting-too-deep", "a.jsonld"),
        ("a.json", f'{{"dataset": [{{"title": {"1" * 20_000}}}]}}', "syntax-error", "a.json"),
        ("data.json", f'{{"conformsTo": "{DCAT_US}", "dataset": [{"1" * 20_000}]}}', "number-too-long", "data.json"),
        ("a.rdf", DEEP_XML, "nesting-too-deep", "a.rdf:line 1"),
        ("a.jsonld", '{"@context": "https://evil.example/"}', "context-refused", "a.jsonld:/@context"),
        ("a.ttl", b"<http://e/a> <http://e/p> '" + b"x" * (20 << 20) + b"' .", "token-too-long", "a.ttl"),
        ("a.nt.gz", gzip.compress(b"#" * (70 << 20)), "gzip-too-large", "a.nt.gz"),
        ("a.nt.gz", b"\x1f\x8bnonsense", "gzip-invalid", "a.nt.gz"),
        ("a.ttl", "[] a dcat:Dataset ; dct:title 'nameless' .", "record-without-iri", "a.ttl"),
    ],
)
def test_bad_input_is_rejected_with_its_place_and_reason(
    standing: Import, name: str, content: str | bytes, code: str, where: str
) -> None:
    outcomes = standing(content, name)
    assert {outcome.status for outcome in outcomes} == {Status.REJECTED}
    assert (code, where) in {(outcome.code, outcome.where) for outcome in outcomes}
    assert statuses(standing(GOOD)).keys() == {"good"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("e:bad a dcat:Dataset ; dct:title 'x' ; dcat:landingPage <http://e/a b> .", "syntax-error"),
        ("e:bad a dcat:Dataset ; dct:title 'x' ; dcat:landingPage <javascript:alert(1)> .", "record-blocked"),
        ("e:bad a dcat:Dataset ; dct:title 'x' ; nope:p 1 .", "syntax-error"),
        (
            "e:bad a dcat:Dataset ; dct:title 'x' ; e:p "
            + " , ".join(f"_:b{i}" for i in range(12))
            + " . "
            + "".join(f"_:b{i} e:p _:b{j} . " for i in range(12) for j in range(12) if i != j),
            "blank-nodes-alike",
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_record_does_not_spoil_a_good_one(standing: Import, bad: str, code: str, first: bool) -> None:
    outcomes = standing(bad + "\n" + GOOD if first else GOOD + bad + "\n")
    assert statuses(outcomes) in ({"good": word, "bad": "rejected"} for word in ("created", "unchanged"))
    assert [outcome.code for outcome in outcomes if outcome.status is Status.REJECTED] == [code]


def test_a_record_that_kills_the_worker_is_rejected_alone(tmp_path: Path) -> None:
    # Alike, but no node has many neighbours: only the time limit ends the search for a canonical form.
    torus = "".join(
        f"_:n{i}x{j} e:p _:n{(i + 1) % 8}x{j} , _:n{i}x{(j + 1) % 8} . " for i in range(8) for j in range(8)
    )
    bad = f"e:bad a dcat:Dataset ; dct:title 'x' ; e:p _:n0x0 . {torus}"
    others = [f'e:d{i} a dcat:Dataset ; dct:title "d{i}" .\n' for i in range(20)]
    with opened(tmp_path, time_s=3.0) as catalogue, loading(catalogue, tmp_path) as load:
        outcomes = load("".join(others[:10]) + bad + "".join(others[10:]))
    assert Counter(outcome.status for outcome in outcomes) == {Status.CREATED: 20, Status.REJECTED: 1}
    [rejected] = [outcome for outcome in outcomes if outcome.status is Status.REJECTED]
    assert rejected.iri == "http://e/bad"
    assert rejected.code in ("time-limit", "memory-limit")


def test_markup_is_kept_as_text(standing: Import) -> None:
    [outcome] = standing('e:markup a dcat:Dataset ; dct:title "<script>alert(1)</script>"@en .')
    assert outcome.status is Status.CREATED
    assert [f.severity for f in outcome.findings if f.component == "markup-in-text"] == [Severity.INFO]


def test_a_member_is_held_to_every_violation_and_a_harvest_is_not(load: Import) -> None:
    bad = "e:d a dcat:Dataset ."
    statement = ' e:d dct:identifier "791350100M000100Y430000000000000" .'
    member, harvest = load(bad + statement, registration=MEMBER), load(bad + statement)
    assert [outcome.code for outcome in member] == ["record-blocked"]
    assert [outcome.status for outcome in harvest] == [Status.CREATED]
    assert {f.severity for f in harvest[0].findings} >= {Severity.VIOLATION}
    assert member[0].findings == harvest[0].findings


def test_a_resource_described_twice_in_one_document_is_one_record(load: Import) -> None:
    assert statuses(load(GOOD + 'e:good dcat:keyword "k" .')) == {"good": "created"}


def test_what_a_harvest_takes_in_spite_of_faults_says_what_they_are(load: Import) -> None:
    wrong = "791350100M000100Y433501X5UK4O7K0"
    good = GOOD.removesuffix(" .\n")
    data = f'{good} ; dct:relation <<( e:a e:b e:c )>>, e:x ; dct:identifier "{wrong}" .'
    [outcome] = load(data)
    assert outcome.status is Status.CREATED
    told = {finding.component: finding for finding in outcome.findings if finding.component in error_texts()}
    assert told.keys() == {"triple-term", "object-code-mistyped"}
    assert {finding.severity for finding in told.values()} == {Severity.VIOLATION}
    assert told["object-code-mistyped"].value == wrong
    assert all(messages_of(finding).keys() == {"en", "zh"} for finding in told.values())
    [refused] = load(data.replace("e:good", "e:strict"), registration=MEMBER)
    assert (refused.status, refused.code) == (Status.REJECTED, "record-blocked")


def test_an_object_code_belongs_to_one_record(load: Import) -> None:
    code = make_object_code("7", "91350100M000100Y43", "http://e/first")
    outcomes = load("".join(f'e:{name} a dcat:Dataset ; dct:identifier "{code}" . ' for name in ("first", "second")))
    assert statuses(outcomes) == {"first": "created", "second": "rejected"}
    assert [outcome.code for outcome in outcomes] == ["", "object-code-taken"]


def test_a_resource_of_an_unknown_kind_beside_records_has_an_outcome_of_its_own(load: Import) -> None:
    outcomes = load(GOOD + 'e:odd a e:Unheard ; dct:title "odd" . e:a a foaf:Agent ; foaf:name "a" .')
    assert statuses(outcomes) == {"good": "created", "odd": "rejected"}
    assert (outcomes[0].code, outcomes[0].params["value"]) == ("kind-unknown", "http://e/Unheard")


def test_many_resources_of_unknown_kinds_are_counted_in_the_end(load: Import) -> None:
    outcomes = load(GOOD + "".join(f'e:odd{i} a e:Unheard ; dct:title "odd" . ' for i in range(250)))
    codes = Counter(outcome.code for outcome in outcomes)
    assert codes == {"": 1, "kind-unknown": 100, "kinds-unknown": 1}
    assert [outcome.params["value"] for outcome in outcomes if outcome.code == "kinds-unknown"] == [150]


def test_lines_are_told_for_line_syntaxes(load: Import) -> None:
    dataset = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset>"
    title = "<http://purl.org/dc/terms/title>"
    outcomes = load(
        f'# a comment\n<http://e/a> {dataset} .\n<http://e/a> {title} "a" .\nnonsense\n'
        f'<http://e/b> {dataset} .\n<http://e/b> {title} "b" .\n<http://e/b> {title} "unclosed\n',
        "in.nt",
    )
    assert {(outcome.iri, outcome.where, outcome.code) for outcome in outcomes} == {
        ("http://e/a", "in.nt:2", ""),
        ("http://e/b", "in.nt:5", ""),
        (None, "in.nt:4", "syntax-error"),
    }
    [b] = [outcome for outcome in outcomes if outcome.iri == "http://e/b"]
    assert "syntax-error" in {finding.component for finding in b.findings}


def test_foreign_json_is_converted(load: Import) -> None:
    document = {
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "dataset": [
            {"@type": "dcat:Dataset", "identifier": "a", "title": "A", "description": "An A"},
            {"@type": "dcat:Dataset", "title": 5, "identifier": []},
            {"@type": "dcat:Dataset", "identifier": "b", "title": "B", "description": "A B"},
        ],
    }
    outcomes = load(json.dumps(document), "data.json")
    assert Counter(outcome.status for outcome in outcomes)[Status.CREATED] >= 2
    assert all(outcome.where.startswith("data.json:/dataset/") for outcome in outcomes)
    again = load(json.dumps(document), "data.json")
    assert {outcome.status for outcome in again} <= {Status.UNCHANGED, Status.REJECTED}


def test_a_folder_is_imported_file_by_file(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "README.md").write_text("not imported")
    (folder / "a.ttl").write_text(PREFIXES + GOOD)
    (folder / "sub" / "b.ttl.gz").write_bytes(gzip.compress((PREFIXES + GOOD.replace("e:good", "e:b")).encode()))
    (folder / "c.nt").write_text("nonsense")
    with Importer(catalogue) as importer:
        outcomes = list(importer.import_documents(find_documents(folder), HARVEST))
    assert {(outcome.where, str(outcome.status)) for outcome in outcomes} == {
        ("a.ttl", "created"),
        ("sub/b.ttl.gz", "created"),
        ("c.nt:1", "rejected"),
        ("c.nt", "rejected"),
    }


def test_a_resource_that_two_documents_describe_otherwise_keeps_the_first(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, title in (("a.ttl", "first"), ("b.ttl", "second"), ("c.ttl", "first")):
        (folder / name).write_text(f'{PREFIXES} e:d a dcat:Dataset ; dct:title "{title}" .')
    with Importer(catalogue) as importer:
        runs = [list(importer.import_documents(find_documents(folder), HARVEST)) for _ in range(2)]
    found = [{(outcome.where, str(outcome.status), outcome.code) for outcome in outcomes} for outcomes in runs]
    repeated = ("b.ttl", "rejected", "record-repeated")
    assert found[0] == {("a.ttl", "created", ""), repeated, ("c.ttl", "unchanged", "")}
    assert found[1] == {("a.ttl", "unchanged", ""), repeated, ("c.ttl", "unchanged", "")}


def test_reading_without_storing(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(PREFIXES + GOOD + "[] a dcat:Dataset ; dct:title 'x' .")
    with Importer(catalogue) as importer:
        results = list(importer.iter_submissions(find_documents(tmp_path / "a.ttl")))
    assert {type(result).__name__ for result in results} == {"Submission", "Rejection"}
    assert catalogue.ledger.position() == 0


def test_there_must_be_something_to_import(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        find_documents(tmp_path / "nothing")
    with pytest.raises(InputError):
        find_documents(tmp_path)


def test_standard_input_and_uploads_are_streams(catalogue: Catalogue) -> None:
    data = (PREFIXES + GOOD).encode()
    with received(io.BytesIO(data), "upload", 1 << 20, media_type="text/turtle") as document:
        with Importer(catalogue) as importer:
            assert statuses(list(importer.import_documents([document], HARVEST))) == {"good": "created"}
        assert document.path.exists()
    assert not document.path.exists()
    with pytest.raises(LimitExceededError), received(io.BytesIO(data), "upload", 10):
        pass


def many(count: int) -> bytes:
    dataset = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset>"
    title = "<http://purl.org/dc/terms/title>"
    return "".join(
        f'<http://e/{i}> {dataset} .\n<http://e/{i}> {title} "number {i}"@en .\n' for i in range(count)
    ).encode()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 50)


@pytest.mark.usefixtures("small_batches")
def test_progress_is_told_and_only_grows(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "many.nt"
    file.write_bytes(many(60))
    told: list[Progress] = []
    with Importer(catalogue) as importer:
        outcomes = list(importer.import_documents(find_documents(file), HARVEST, told.append))
    assert len(outcomes) == 60
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert [p.bytes_read for p in told] == sorted(p.bytes_read for p in told)
    assert told[-1] == Progress("many.nt", file.stat().st_size, file.stat().st_size, 60, 60)


@pytest.mark.usefixtures("small_batches")
def test_an_import_that_was_stopped_is_taken_up_again(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "many.nt"
    file.write_bytes(many(300))
    stop = threading.Event()
    with Importer(catalogue) as importer:
        first = []
        for outcome in importer.import_documents(find_documents(file), HARVEST, stop=stop):
            first.append(outcome)
            stop.set()
        assert 0 < len(first) < 300
        again = Counter(o.status for o in importer.import_documents(find_documents(file), HARVEST))
    assert again == {Status.UNCHANGED: len(first), Status.CREATED: 300 - len(first)}
