"""Every real catalogue in the shared data is imported: counts as expected, and a second import changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.compose import open_catalogue
from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.model import Registration
from catalog.settings import Settings
from tests.conformance.shared import require_shared

pytestmark = pytest.mark.conformance


@dataclass(frozen=True)
class Real:
    """A catalogue: ``created`` and ``rejected`` (by code) are what its first import ends in."""

    path: str
    created: int
    rejected: dict[str, int]


CATALOGUES = [
    Real("databe/data-gov-be-sample200.ttl", 210, {}),
    Real("databe/data-gov-be-2025-04.nt.gz", 18_445, {}),
    Real(
        "dcat-ap",
        16,
        {"context-refused": 14, "kind-unknown": 4, "no-record-found": 11, "record-repeated": 62, "syntax-error": 5},
    ),
    Real("geodcat-ap", 2, {"no-record-found": 69, "record-repeated": 3}),
    Real(
        "dxwg-dcat3",
        76,
        {
            "kind-unknown": 18,
            "no-record-found": 38,
            "record-repeated": 71,
            "record-without-iri": 15,
            "syntax-error": 2,
        },
    ),
    Real("odrl-vocab", 200, {"context-refused": 11, "no-record-found": 105, "record-repeated": 1, "syntax-error": 23}),
    Real("croissant", 52, {"foreign-record-unusable": 4, "no-record-found": 25, "record-repeated": 54}),
]
"""Rejected are, besides snippets that do not parse, documents without records (shapes, vocabularies, contexts), those
with contexts that are not bundled, blank nodes as records, resources that two files describe otherwise, and resources
of mistyped or unknown classes (``dcat:Catalogue``, ADMS with ``https``, EARL assertions). Of the 17,828 datasets and
776 services of data.gov.be, 160 are named by their class alone and so are no records."""


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(Settings(data_dir=tmp_path, embedder="none")) as opened:
        yield opened


def imported(catalogue: Catalogue, path: Path) -> tuple[Counter[str], Counter[str]]:
    """Import and return the outcomes by status, and the rejected by code."""
    registration = Registration("conformance", "urn:spacecat:source:real", policy="harvest")
    statuses, codes = Counter[str](), Counter[str]()
    with Importer(catalogue, "mappings.formats") as importer:
        for outcome in importer.import_documents(find_documents(path), registration):
            statuses[outcome.status] += 1
            if outcome.code:
                codes[outcome.code] += 1
    return statuses, codes


@pytest.mark.parametrize("real", CATALOGUES, ids=lambda real: real.path)
def test_a_real_catalogue_is_imported_and_importing_it_again_changes_nothing(catalogue: Catalogue, real: Real) -> None:
    path = require_shared("data/" + real.path)
    statuses, codes = imported(catalogue, path)
    assert (statuses["created"], dict(codes)) == (real.created, real.rejected)
    assert statuses["updated"] == 0
    position = catalogue.ledger.position()
    assert (catalogue.graphs.position(), catalogue.index.position()) == (position, position)
    again, codes_again = imported(catalogue, path)
    assert again["unchanged"] == statuses["created"] + statuses["unchanged"]
    assert codes_again == codes
    assert catalogue.ledger.position() == position
