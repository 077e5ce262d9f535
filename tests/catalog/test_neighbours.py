"""One hop in the graph, as each audience may see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.compose import open_catalogue
from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.model import Audience, Kind, Registration, Visibility
from catalog.neighbours import find_neighbours
from catalog.records import change_visibility, withdraw
from catalog.settings import Settings
from ontology.namespaces import DCAT, DCT, ODRL, SC

BASE = "http://127.0.0.1:8000/id/"
SPACE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix sc: <https://w3id.org/spacecat/ns#> .
@base <http://127.0.0.1:8000/id/> .
<maker> a sc:Participant , foaf:Organization , foaf:Agent ; foaf:name "Maker"@en .
<data> a dcat:Dataset ; dct:title "Data"@en ; dct:publisher <maker> ;
    dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ;
    odrl:hasPolicy [ a odrl:Offer ; odrl:assigner <maker> ; odrl:permission [ odrl:action odrl:use ] ] ;
    dcat:distribution [ a dcat:Distribution ; dcat:accessURL <https://example.org/> ; dcat:accessService <service> ] .
<service> a dcat:DataService ; dct:title "Service"@en ; dct:publisher <maker> ;
    dcat:endpointURL <https://example.org/api> ; dcat:servesDataset <data> .
"""


@contextmanager
def filled(folder: Path) -> Iterator[Catalogue]:
    (folder / "space.ttl").write_text(SPACE, encoding="utf-8")
    with open_catalogue(Settings(data_dir=folder / "data", embedder="none")) as opened:
        with Importer(opened) as importer:
            registration = Registration("operator", "urn:test", Visibility.PUBLIC, "harvest")
            assert len(list(importer.import_documents(find_documents(folder / "space.ttl"), registration))) == 3
        yield opened


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with filled(tmp_path_factory.mktemp("neighbours")) as opened:
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Catalogue]:
    with filled(tmp_path) as opened:
        yield opened


def links(catalogue: Catalogue, name: str, audience: Audience = Audience.PUBLIC) -> set[tuple[bool, str, str]]:
    return {
        (one.outgoing, one.property, one.iri.removeprefix(BASE))
        for one in find_neighbours(catalogue.graphs, audience, BASE + name)
        if one.record is not None
    }


def test_both_directions_and_what_nested_parts_say(catalogue: Catalogue) -> None:
    assert links(catalogue, "data") == {
        (True, DCT + "publisher", "maker"),
        (True, ODRL + "assigner", "maker"),
        (True, DCAT + "accessService", "service"),
        (False, DCAT + "servesDataset", "service"),
    }


def test_terms_are_neighbours_without_a_record(catalogue: Catalogue) -> None:
    found = find_neighbours(catalogue.graphs, Audience.PUBLIC, BASE + "data")
    themes = [one for one in found if one.property == DCAT + "theme"]
    assert [(one.record, one.kind) for one in themes] == [(None, None)]
    (user,) = find_neighbours(catalogue.graphs, Audience.PUBLIC, themes[0].iri)
    assert (user.iri, user.kind, user.outgoing) == (BASE + "data", Kind.DATASET, False)


def test_a_hidden_record_and_a_withdrawn_one_are_nobodys_neighbours(fresh: Catalogue) -> None:
    service, data = fresh.ledger.find_by_iri(BASE + "service"), fresh.ledger.find_by_iri(BASE + "data")
    assert service is not None
    assert data is not None
    change_visibility(fresh, service.graph, Visibility.MEMBERS, "operator")
    assert {name for _, _, name in links(fresh, "data")} == {"maker"}
    assert {name for _, _, name in links(fresh, "maker")} == {"data"}
    assert links(fresh, "service") == {(False, DCAT + "accessService", "data")}  # what a visible record says itself
    assert "service" in {name for _, _, name in links(fresh, "data", Audience.MEMBERS)}
    withdraw(fresh, data.graph, "operator")
    assert {name for _, _, name in links(fresh, "maker", Audience.OPERATORS)} == {"service"}
    assert links(fresh, "service") == set()


def test_the_order_is_stable(catalogue: Catalogue) -> None:
    first = find_neighbours(catalogue.graphs, Audience.PUBLIC, BASE + "maker")
    assert first == find_neighbours(catalogue.graphs, Audience.PUBLIC, BASE + "maker")


@pytest.mark.parametrize("iri", ["", "not an iri", "http://example.org/<script>", SC + "nothing"])
def test_what_is_no_iri_or_unknown_has_none(catalogue: Catalogue, iri: str) -> None:
    assert find_neighbours(catalogue.graphs, Audience.PUBLIC, iri) == []
