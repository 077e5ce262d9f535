"""The W3C cases of SPARQL 1.1 Protocol, Graph Store Protocol and Service Description, against our endpoint."""

from __future__ import annotations

import pytest
from flask import Flask
from rdflib import RDF, Graph, Namespace, URIRef

from catalog.catalogue import Catalogue
from catalog.model import GraphIri
from catalog.updates import Updates
from tests.app.conftest import asking, fresh_site, fresh_space
from tests.conformance.http_cases import MF, Case, cases, play
from tests.conformance.shared import SHARED, require_shared

pytestmark = pytest.mark.conformance
__all__ = ["fresh_site", "fresh_space"]

SUITE = SHARED / "conformance" / "rdf-tests" / "sparql" / "sparql11"
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")


def manifest_cases(path: str, kind: URIRef) -> list[Case]:
    return cases(SUITE / path, kind) if SUITE.exists() else []


PROTOCOL = manifest_cases("protocol/manifest.ttl", MF.ProtocolTest)
INDIRECT = manifest_cases("graph-store-protocol/manifest-indirect.ttl", MF.GraphStoreProtocolTest)


def test_the_suite_is_there() -> None:
    require_shared("conformance/rdf-tests/sparql/sparql11")
    assert (len(PROTOCOL), len(INDIRECT)) == (34, 9)


@pytest.mark.parametrize("case", PROTOCOL, ids=lambda case: case.name)
def test_protocol(case: Case, fresh_site: Flask, fresh_space: Catalogue) -> None:
    fill(case, fresh_space)
    play(case, asking(fresh_site), "/sparql")


@pytest.mark.parametrize("case", INDIRECT, ids=lambda case: case.name)
def test_graph_store_protocol(case: Case, fresh_site: Flask) -> None:
    play(case, asking(fresh_site), "/graphs")


def fill(case: Case, catalogue: Catalogue) -> None:
    """Put the data of a case in place: documents named by what they describe."""
    contents = {}
    for data in case.manifest.objects(case.node, UT.graphData):
        name = str(case.manifest.value(data, RDFS.label))
        contents[GraphIri(name)] = f"<{name}> <{RDF.type}> <http://xmlns.com/foaf/0.1/Document> .\n"
    Updates(catalogue).replace(contents, "tester")


def test_service_description(fresh_site: Flask) -> None:
    answer = asking(fresh_site)("/sparql")
    description = Graph().parse(data=answer.data, format=answer.mimetype)
    (service,) = description.subjects(RDF.type, SD.Service)
    assert (service, SD.endpoint, URIRef("http://localhost/sparql")) in description
    assert set(description.objects(service, SD.supportedLanguage)) == {SD.SPARQL11Query, SD.SPARQL11Update}
    dataset = description.value(service, SD.defaultDataset)
    assert (description.value(dataset, SD.defaultGraph), RDF.type, SD.Graph) in description
