"""A small real catalogue for all tests of surfaces: embedded engines in a temporary folder.

Read-only, made once a session: ``small_space`` (the open catalogue), ``site`` (the application over it) and ``ask``
(a test client that asks as an audience). Its records are those of ``tests/data/small-space``: public ones, one for
members and one draft, and two that were withdrawn (``old-prices``, public; ``old-audits``, members). ``record_of``
gives the record of a resource, named as in ``id/dataset/cell-footprint``.

Tests that write take ``fresh_space`` and ``fresh_site``, empty and their own; ``put`` registers a record there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.compose import open_catalogue
from app.web import create_app
from catalog.canonical import content_hash, to_content
from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.intake import Status, Submission
from catalog.model import Audience, Iri, Kind, Record, Registration, Visibility
from catalog.records import register, withdraw
from catalog.settings import Settings
from ontology.namespaces import DCAT, DCT, RDF

os.environ["LC_ALL"] = "C.UTF-8"  # the command line speaks the language of the terminal, tests read English

SPACE = Path(__file__).parents[1] / "data" / "small-space"
BASE = "http://127.0.0.1:8000/"
TOKENS = {Audience.PUBLIC: "", Audience.MEMBERS: "a-member", Audience.OPERATORS: "the-operator"}
PUBLIC = [
    "id/participant/river-cells",
    "id/catalog/small-space",
    "id/dataset/cell-footprint",
    "id/dataset/tram-delays",
    "id/data-service/footprint-api",
    "id/scenario/battery-passport",
    "id/policy/open-terms",
]
MEMBERS = ["id/dataset/supplier-audits"]
DRAFTS = ["id/dataset/planned-recycling"]
WITHDRAWN = ["id/dataset/old-prices", "id/dataset/old-audits"]
VISIBLE = {
    Audience.PUBLIC: PUBLIC,
    Audience.MEMBERS: PUBLIC + MEMBERS,
    Audience.OPERATORS: PUBLIC + MEMBERS + DRAFTS,
}
Ask = Callable[..., TestResponse]


def settings_for(folder: Path, embedder: str = "none") -> Settings:
    """Return settings of a space in ``folder`` with known tokens; by default without a model, which takes seconds."""
    return Settings(
        data_dir=folder,
        embedder=embedder,
        operator_token=TOKENS[Audience.OPERATORS],
        member_tokens=(TOKENS[Audience.MEMBERS],),
    )


def fill(catalogue: Catalogue) -> None:
    """Register the records of the small space, and withdraw those that shall be withdrawn."""
    with Importer(catalogue, "mappings.formats") as importer:
        for name, visibility in (
            ("public", Visibility.PUBLIC),
            ("policies", Visibility.PUBLIC),
            ("members", Visibility.MEMBERS),
            ("drafts", Visibility.DRAFT),
        ):
            registration = Registration("operator", "urn:spacecat:source:small-space", visibility, "member")
            outcomes = list(importer.import_documents(find_documents(SPACE / f"{name}.ttl"), registration))
            rejected = [outcome for outcome in outcomes if outcome.status is not Status.CREATED]
            assert not rejected, rejected
    for name in WITHDRAWN:
        withdraw(catalogue, record_of(catalogue, name).graph, "operator")
    pause = threading.Event()
    while catalogue.index.progress().vectors_missing:
        pause.wait(0.05)


def put(catalogue: Catalogue, name: str, visibility: Visibility, title: str = "Something") -> Record:
    """Register a dataset without the worker that an import needs, and return its record."""
    iri = Iri(BASE + name)
    content = to_content(
        [f"<{iri}> <{RDF}type> <{DCAT}Dataset> .\n", f'<{iri}> <{DCT}title> "{title}"@en .\n'],
    )
    submission = Submission(iri, Kind.DATASET, content, content_hash(content))
    register(catalogue, [submission], Registration("operator", "urn:spacecat:source:test", visibility, "operator"))
    return record_of(catalogue, name)


def record_of(catalogue: Catalogue, name: str) -> Record:
    """Return the record of a resource named relative to the base, whoever may see it."""
    record = catalogue.ledger.find_by_iri(BASE + name)
    assert record is not None, name
    return record


def asking(app: Flask) -> Ask:
    """Return what sends a request as an audience: ``ask("/", audience=…, method=…, headers=…, …)``."""

    def ask(path: str, *, audience: Audience = Audience.PUBLIC, method: str = "GET", **more: Any) -> TestResponse:
        headers = {**more.pop("headers", {})}
        if TOKENS[audience]:
            headers["Authorization"] = f"Bearer {TOKENS[audience]}"
        more.setdefault("buffered", True)
        return app.test_client().open(path, method=method, headers=headers, **more)

    return ask


@pytest.fixture(scope="session")
def small_space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with open_catalogue(settings_for(tmp_path_factory.mktemp("small-space"), "sentence-encoder")) as catalogue:
        fill(catalogue)
        yield catalogue


@pytest.fixture(scope="session")
def site(small_space: Catalogue) -> Flask:
    return create_app(small_space)


@pytest.fixture(scope="session")
def ask(site: Flask) -> Ask:
    return asking(site)


@pytest.fixture
def fresh_space(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(settings_for(tmp_path / "data")) as catalogue:
        yield catalogue


@pytest.fixture
def fresh_site(fresh_space: Catalogue) -> Flask:
    return create_app(fresh_space)
