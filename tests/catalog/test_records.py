"""Registering, revising and withdrawing, as every surface sees it: ledger, graphs of each audience, search."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.compose import open_catalogue
from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, GoneError, NotFoundError
from catalog.identifiers import check_object_code, make_object_code
from catalog.intake import Outcome, Status, Submission
from catalog.model import Audience, Finding, Iri, Kind, Registration, Severity, Visibility
from catalog.ports import SearchRequest
from catalog.records import change_visibility, get_content, get_record, get_record_of, register, withdraw
from catalog.settings import Settings

BASE = "http://127.0.0.1:8000/"
MEMBER = Registration("ann", "urn:source:a")
CREDIT_CODE = "91350900MA08C0001J"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(Settings(data_dir=tmp_path / "data", embedder="none")) as opened:
        yield opened


def submission(name: str, title: str = "Tram delays", **more: object) -> Submission:
    iri = f"{BASE}id/dataset/{name}"
    content = (
        f'<{iri}> <http://purl.org/dc/terms/title> "{title}"@en .\n'
        f"<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .\n"
    )
    digest = "sha256:" + hashlib.sha256(content.encode()).hexdigest()
    return Submission(Iri(iri), Kind.DATASET, content, digest, **more)  # type: ignore[arg-type]


def one(catalogue: Catalogue, what: Submission, how: Registration = MEMBER) -> Outcome:
    (outcome,) = register(catalogue, [what], how)
    return outcome


def finding(severity: Severity) -> Finding:
    return Finding(severity, "urn:x", "urn:p", "", "sh:minCount", "urn:s", {"en": "missing", "zh": "缺少"})


def seen_by(catalogue: Catalogue, graph: str | None) -> dict[str, set[Audience]]:
    """Return which audiences meet a record, by surface."""
    assert graph is not None

    def found(audience: Audience) -> bool:
        return any(hit.graph == graph for hit in catalogue.index.search(audience, SearchRequest("tram")).hits)

    def asked(audience: Audience) -> bool:
        query = "SELECT ?g WHERE { GRAPH ?g { ?s a <http://www.w3.org/ns/dcat#Dataset> } }"
        return any(row["g"].value == graph for row in catalogue.graphs.select(audience, query))

    return {
        "graph": {a for a in Audience if catalogue.graphs.triples(a, graph) is not None},  # type: ignore[arg-type]
        "sparql": {a for a in Audience if asked(a)},
        "search": {a for a in Audience if found(a)},
    }


EVERYBODY, MEMBERS, OPERATORS = set(Audience), {Audience.MEMBERS, Audience.OPERATORS}, {Audience.OPERATORS}


def test_what_is_new_is_created_and_seen_at_once_on_every_surface(catalogue: Catalogue) -> None:
    outcome = one(catalogue, submission("a"))
    assert outcome.status is Status.CREATED
    assert set(map(frozenset, seen_by(catalogue, outcome.graph).values())) == {frozenset(EVERYBODY)}


def test_the_same_again_changes_nothing(catalogue: Catalogue) -> None:
    first = one(catalogue, submission("a"))
    position = catalogue.ledger.position()
    again = one(catalogue, submission("a"))
    assert (again.status, again.graph) == (Status.UNCHANGED, first.graph)
    assert catalogue.ledger.position() == position


def test_a_revision_replaces_the_whole_graph(catalogue: Catalogue) -> None:
    graph = one(catalogue, submission("a", "Tram delays")).graph
    assert one(catalogue, submission("a", "Bus delays")).status is Status.UPDATED
    content = catalogue.graphs.triples(Audience.PUBLIC, graph)  # type: ignore[arg-type]
    assert content is not None
    assert "Bus delays" in content
    assert "Tram delays" not in content
    assert catalogue.index.search(Audience.PUBLIC, SearchRequest("tram")).total == 0
    assert [event.action.value for event in catalogue.ledger.history(graph or "")] == ["created", "updated"]


@pytest.mark.parametrize(
    ("visibility", "audiences"),
    [(Visibility.PUBLIC, EVERYBODY), (Visibility.MEMBERS, MEMBERS), (Visibility.DRAFT, OPERATORS)],
)
@pytest.mark.parametrize("before", Visibility)
def test_a_change_of_visibility_holds_at_once_on_every_surface(
    catalogue: Catalogue, before: Visibility, visibility: Visibility, audiences: set[Audience]
) -> None:
    graph = one(catalogue, submission("a"), Registration("ann", "urn:source:a", before)).graph
    change_visibility(catalogue, graph or "", visibility, "olga")
    assert list(seen_by(catalogue, graph).values()) == [audiences] * 3


def test_importing_again_keeps_the_visibility_that_an_operator_chose(catalogue: Catalogue) -> None:
    graph = one(catalogue, submission("a")).graph
    change_visibility(catalogue, graph or "", Visibility.MEMBERS, "olga")
    assert one(catalogue, submission("a")).status is Status.UNCHANGED
    assert one(catalogue, submission("a", "Tram lines")).status is Status.UPDATED
    assert seen_by(catalogue, graph)["graph"] == MEMBERS


def test_what_was_withdrawn_leaves_a_tombstone_and_nothing_else(catalogue: Catalogue) -> None:
    graph = one(catalogue, submission("a")).graph or ""
    withdraw(catalogue, graph, "olga")
    assert list(seen_by(catalogue, graph).values()) == [set()] * 3
    with pytest.raises(GoneError):
        get_record(catalogue, Audience.PUBLIC, graph)
    with pytest.raises(GoneError):
        change_visibility(catalogue, graph, Visibility.MEMBERS, "olga")
    position = catalogue.ledger.position()
    withdraw(catalogue, graph, "olga")
    assert catalogue.ledger.position() == position
    assert one(catalogue, submission("a")).status is Status.UPDATED
    assert seen_by(catalogue, graph)["search"] == EVERYBODY


def test_a_hidden_record_looks_like_none_at_all(catalogue: Catalogue) -> None:
    draft = one(catalogue, submission("a"), Registration("ann", "urn:source:a", Visibility.DRAFT))
    for withdrawn in (False, True):
        with pytest.raises(NotFoundError) as hidden:
            get_record_of(catalogue, Audience.MEMBERS, draft.iri or "")
        with pytest.raises(NotFoundError) as none:
            get_record_of(catalogue, Audience.MEMBERS, f"{BASE}id/dataset/none")
        assert hidden.value.code == none.value.code
        if not withdrawn:
            withdraw(catalogue, draft.graph or "", "olga")


def test_one_blocked_record_does_not_touch_the_others(catalogue: Catalogue) -> None:
    blocked = submission("b", findings=(finding(Severity.VIOLATION),))
    warned = submission("c", "Tram stops", findings=(finding(Severity.WARNING),))
    outcomes = register(catalogue, [submission("a"), blocked, warned], MEMBER)
    assert [outcome.status for outcome in outcomes] == [Status.CREATED, Status.REJECTED, Status.CREATED]
    assert outcomes[1].code == "record-blocked"
    assert outcomes[1].findings == blocked.findings
    stored = catalogue.ledger.find_record(outcomes[2].graph or "")
    assert stored is not None
    assert stored.findings == warned.findings


@pytest.mark.parametrize(
    ("policy", "severity", "status"),
    [
        ("member", Severity.VIOLATION, Status.REJECTED),
        ("harvest", Severity.VIOLATION, Status.CREATED),
        ("operator", Severity.VIOLATION, Status.CREATED),
        ("harvest", Severity.UNSAFE, Status.REJECTED),
        ("operator", Severity.UNSAFE, Status.REJECTED),
    ],
)
def test_what_blocks_is_the_sources_policy(
    catalogue: Catalogue, policy: str, severity: Severity, status: Status
) -> None:
    how = Registration("ann", "urn:source:a", policy=policy)
    assert one(catalogue, submission("a", findings=(finding(severity),)), how).status is status


def test_another_source_cannot_revise_a_record_unless_it_is_the_operators(catalogue: Catalogue) -> None:
    one(catalogue, submission("a"))
    hijack = one(catalogue, submission("a", "Mine now"), Registration("eve", "urn:source:b", policy="harvest"))
    assert (hijack.status, hijack.code) == (Status.REJECTED, "record-of-other-source")
    taken_over = one(catalogue, submission("a", "Ours"), Registration("olga", "urn:source:b", policy="operator"))
    assert taken_over.status is Status.UPDATED


def test_a_resource_that_comes_twice_is_revised_by_the_later_one(catalogue: Catalogue) -> None:
    outcomes = register(catalogue, [submission("a", "Tram 1"), submission("a", "Tram 2"), submission("b")], MEMBER)
    assert [outcome.status for outcome in outcomes] == [Status.CREATED, Status.UPDATED, Status.CREATED]
    content = get_content(catalogue, Audience.PUBLIC, get_record_of(catalogue, Audience.PUBLIC, outcomes[0].iri or ""))
    assert "Tram 2" in content


def test_every_dataset_gets_a_code_with_its_publishers_credit_code(catalogue: Catalogue) -> None:
    participant = Submission(
        Iri(f"{BASE}id/participant/p"),
        Kind.PARTICIPANT,
        f'<{BASE}id/participant/p> <http://xmlns.com/foaf/0.1/name> "P" .\n',
        "sha256:p",
        subject_code=CREDIT_CODE,
    )
    register(catalogue, [participant], MEMBER)
    outcome = one(catalogue, submission("a", publisher=participant.iri))
    record = catalogue.ledger.find_record(outcome.graph or "")
    assert record is not None
    assert check_object_code(record.code or "")[1:19] == CREDIT_CODE
    assert catalogue.ledger.find_by_code(record.code or "") == [record]


def test_a_stated_code_is_kept_and_cannot_be_taken_twice(catalogue: Catalogue) -> None:
    code = make_object_code("7", CREDIT_CODE, "stated")
    kept = one(catalogue, submission("a", codes=(code, "LEGACY-1")))
    taken = one(catalogue, submission("b", codes=(code,)))
    assert (taken.status, taken.code) == (Status.REJECTED, "object-code-taken")
    record = catalogue.ledger.find_record(kept.graph or "")
    assert record is not None
    assert record.code == code
    assert catalogue.ledger.find_by_code("LEGACY-1") == [record]


def test_literals_come_back_as_they_were_submitted(catalogue: Catalogue) -> None:
    iri = f"{BASE}id/dataset/a"
    line = f'<{iri}> <http://www.w3.org/ns/dcat#byteSize> "007.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
    one(catalogue, Submission(Iri(iri), Kind.DATASET, line, "sha256:x"))
    assert line in get_content(catalogue, Audience.PUBLIC, get_record_of(catalogue, Audience.PUBLIC, iri))


def test_a_second_process_is_told_who_holds_the_folder(catalogue: Catalogue) -> None:
    with pytest.raises(ConflictError) as caught, open_catalogue(catalogue.settings):
        pass
    assert caught.value.code == "catalogue-in-use"
