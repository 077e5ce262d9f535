"""Search documents: what search takes from a record's graph."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from catalog.documents import Text, document_of, read_moment
from catalog.model import Action, Audience, Change, GraphIri, Iri, Kind, Record, Visibility

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
DATASET = """
<urn:d> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .
<urn:d> <http://purl.org/dc/terms/title> "电芯碳足迹"@zh .
<urn:d> <http://purl.org/dc/terms/title> "Cell footprint"@en .
<urn:d> <http://purl.org/dc/terms/description> "<p>Per cell &amp; batch</p>"@en .
<urn:d> <http://purl.org/dc/terms/identifier> "NDC-7" .
<urn:d> <http://www.w3.org/ns/dcat#keyword> "LCA"@en .
<urn:d> <http://www.w3.org/ns/dcat#theme> <http://publications.europa.eu/resource/authority/data-theme/ENVI> .
<urn:d> <http://purl.org/dc/terms/accrualPeriodicity> <https://w3id.org/spacecat/codes/update-frequency/004> .
<urn:d> <http://purl.org/dc/terms/publisher> _:p .
_:p <http://xmlns.com/foaf/0.1/name> "City of Ningde"@en .
<urn:d> <http://purl.org/dc/terms/modified> "2026-01-15"^^<http://www.w3.org/2001/XMLSchema#date> .
<urn:d> <http://www.w3.org/ns/dcat#distribution> _:f .
_:f <http://purl.org/dc/terms/format> <http://publications.europa.eu/resource/authority/file-type/CSV> .
_:f <http://www.w3.org/ns/dcat#mediaType> <http://www.iana.org/assignments/media-types/text/csv> .
_:f <http://purl.org/dc/terms/license> <urn:licence> .
<urn:d> <https://w3id.org/spacecat/ns#dataItem> _:i .
_:i <http://www.w3.org/ns/csvw#name> "pcfTotal" .
_:i <http://www.w3.org/ns/csvw#title> "碳足迹总量"@zh .
"""


def change(content: str, **fields: object) -> Change:
    values: dict[str, object] = {"kind": Kind.DATASET, "visibility": Visibility.PUBLIC} | fields
    record = Record(
        GraphIri("urn:g"), Iri("urn:d"), hash="", source="", actor="", created=MOMENT, modified=MOMENT, **values  # type: ignore[arg-type]
    )  # fmt: skip
    return Change(1, Action.CREATED, record, content)


def test_texts_come_by_field_and_language() -> None:
    document = document_of(change(DATASET))
    assert document is not None
    assert document.texts_of("title") == {"zh": "电芯碳足迹", "en": "Cell footprint"}
    assert document.texts_of("description") == {"en": "Per cell & batch"}
    assert Text("keyword", "en", "LCA") in document.texts
    assert Text("publisher", "en", "City of Ningde") in document.texts
    assert Text("item", "", "pcf Total") in document.texts
    assert Text("item", "zh", "碳足迹总量") in document.texts
    assert {"zh", "en"} <= document.texts_of("theme").keys()


def test_facet_values_are_canonical_and_each_there_once() -> None:
    document = document_of(change(DATASET))
    assert document is not None
    assert document.values["kind"] == ("dataset",)
    assert document.values["frequency"] == ("http://publications.europa.eu/resource/authority/frequency/MONTHLY",)
    assert document.values["format"] == ("http://publications.europa.eu/resource/authority/file-type/CSV",)
    assert document.values["licence"] == ("urn:licence",)
    assert "publisher" not in document.values


def test_the_resource_s_own_date_and_identifiers_count() -> None:
    document = document_of(change(DATASET, code="X1"))
    assert document is not None
    assert document.modified == datetime(2026, 1, 15, tzinfo=UTC)
    assert set(document.identifiers) == {"NDC-7", "X1", "urn:d", "urn:g"}


def test_a_bare_record_is_a_document_too() -> None:
    document = document_of(change(""))
    assert document is not None
    assert (document.texts, document.embedding_text(), document.modified) == ((), "", MOMENT)


def test_audiences_follow_the_one_rule() -> None:
    document = document_of(change(DATASET, visibility=Visibility.MEMBERS))
    assert document is not None
    assert document.audiences == {Audience.MEMBERS, Audience.OPERATORS}


def test_search_holds_nothing_of_what_is_withdrawn_or_a_working_graph() -> None:
    assert document_of(change("", withdrawn=MOMENT)) is None
    assert document_of(change(DATASET, kind=Kind.GRAPH)) is None


def test_what_is_embedded_is_short_and_has_every_title() -> None:
    long = DATASET + f'<urn:d> <http://purl.org/dc/terms/description> "{"长" * 30_000}"@zh .\n'
    document = document_of(change(long))
    assert document is not None
    assert len(document.embedding_text()) <= 510
    assert "电芯碳足迹" in document.embedding_text()
    assert "Cell footprint" in document.embedding_text()
    assert max(len(text.text) for text in document.texts) == 20_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", "2026-01-01T00:00:00+00:00"),
        ("2026-03", "2026-03-01T00:00:00+00:00"),
        ("2026-03-04", "2026-03-04T00:00:00+00:00"),
        ("2026-03-04T10:00:00+08:00", "2026-03-04T02:00:00+00:00"),
        ("2026-03-04T10:00:00", "2026-03-04T10:00:00+00:00"),
    ],
)
def test_dates_of_every_length_are_read(text: str, expected: str) -> None:
    moment = read_moment(text)
    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00+14:00", "99999-01-01", "2026-13", "20260101x"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_moment(text) is None
