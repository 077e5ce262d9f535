"""What answers at the addresses that IRIs are: forms, headers, tombstones, codes and vocabulary, by audience."""

from __future__ import annotations

import pytest
from flask import Flask
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse
from werkzeug.http import http_date

from app.formats import FORMATS, NEGOTIABLE
from catalog.catalogue import Catalogue
from catalog.model import Audience, Visibility
from catalog.records import change_visibility, get_content
from tests.app.conftest import BASE, DRAFTS, MEMBERS, PUBLIC, VISIBLE, WITHDRAWN, Ask, asking, put, record_of

DATASET = "id/dataset/cell-footprint"
RDF = [form.name for form in NEGOTIABLE]
ADMS_STATUS = "http://www.w3.org/ns/adms#status"


def path_of(catalogue: Catalogue, name: str, ending: str = "") -> str:
    return f"/record/{record_of(catalogue, name).id}" + (f".{ending}" if ending else "")


def canonical(data: bytes | str, syntax: RdfFormat | None) -> Dataset:
    triples = Dataset(quad for quad in parse(data, format=syntax))
    plain = Dataset(type(quad)(quad.subject, quad.predicate, quad.object) for quad in triples)
    plain.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return plain


@pytest.mark.parametrize("name", RDF)
@pytest.mark.parametrize("by", ["accept", "ending"])
def test_every_form_says_the_same(ask: Ask, small_space: Catalogue, name: str, by: str) -> None:
    form, record = FORMATS[name], record_of(small_space, DATASET)
    if by == "accept":
        response = ask(path_of(small_space, DATASET), headers={"Accept": form.media_type})
    else:
        response = ask(path_of(small_space, DATASET, form.ending), headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (200, form.media_type)
    expected = canonical(get_content(small_space, Audience.PUBLIC, record), RdfFormat.N_TRIPLES)
    assert canonical(response.get_data(), form.syntax) == expected


def test_literals_stand_as_they_were_submitted(ask: Ask, small_space: Catalogue) -> None:
    for form in NEGOTIABLE:
        assert "0120000" in ask(path_of(small_space, DATASET, form.ending)).get_data(as_text=True)


def test_turtle_is_readable(ask: Ask, small_space: Catalogue) -> None:
    text = ask(path_of(small_space, DATASET, "ttl")).get_data(as_text=True)
    assert f"<{BASE}{DATASET}> a dcat:Dataset ;" in text
    assert "sc:dataItem [\n        a csvw:Column ;" in text
    assert "_:" not in text


@pytest.mark.parametrize("ending", ["croissant.json", "ckan.json", "dcat-us.json"])
def test_foreign_formats_have_addresses_of_their_own(ask: Ask, small_space: Catalogue, ending: str) -> None:
    response = ask(path_of(small_space, DATASET, ending))
    assert response.status_code == 200
    assert "River Cells" in response.get_data(as_text=True)
    assert response.get_json()


def test_the_page_comes_to_those_who_read(ask: Ask, small_space: Catalogue) -> None:
    for headers in ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, {}, {"Accept": "*/*"}):
        response = ask(path_of(small_space, DATASET), headers=headers)
        assert (response.status_code, response.mimetype) == (200, "text/html")
    assert ask(path_of(small_space, DATASET, "html"), headers={"Accept": "text/turtle"}).mimetype == "text/html"


def test_weights_decide_between_forms(ask: Ask, small_space: Catalogue) -> None:
    accept = "text/html;q=0.2, application/rdf+xml;q=0.9, text/turtle;q=0.5"
    assert ask(path_of(small_space, DATASET), headers={"Accept": accept}).mimetype == "application/rdf+xml"


def test_what_cannot_be_written_is_406_with_the_list(ask: Ask, small_space: Catalogue) -> None:
    response = ask(path_of(small_space, DATASET), headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/turtle" in response.get_data(as_text=True)


@pytest.mark.parametrize("ending", ["ttl", "jsonld", "croissant.json"])
def test_a_known_form_is_not_sent_again(ask: Ask, small_space: Catalogue, ending: str) -> None:
    path = path_of(small_space, DATASET, ending)
    first = ask(path)
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    again = ask(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", tag)
    assert ask(path, headers={"If-None-Match": '"other"'}).status_code == 200
    since = http_date(record_of(small_space, DATASET).modified)
    assert first.headers["Last-Modified"] == since
    assert ask(path, headers={"If-Modified-Since": since}).status_code == 304


def test_forms_and_languages_have_tags_of_their_own(ask: Ask, small_space: Catalogue) -> None:
    tags = {ask(path_of(small_space, DATASET, form.ending)).headers["ETag"] for form in NEGOTIABLE}
    tags |= {
        ask(path_of(small_space, DATASET, "html"), headers={"Accept-Language": tag}).headers["ETag"]
        for tag in ("en", "zh")
    }
    assert len(tags) == len(NEGOTIABLE) + 2


def test_the_tag_changes_with_the_record(fresh_space: Catalogue, fresh_site: Flask) -> None:
    ask, path = asking(fresh_site), f"/record/{put(fresh_space, 'id/dataset/a', Visibility.PUBLIC, 'One').id}.ttl"
    first = ask(path).headers["ETag"]
    put(fresh_space, "id/dataset/a", Visibility.PUBLIC, "Two")
    assert ask(path, headers={"If-None-Match": first}).status_code == 200


def test_headers_say_what_belongs_together(ask: Ask, small_space: Catalogue) -> None:
    response = ask(path_of(small_space, DATASET, "ttl"))
    links, record = response.headers["Link"], record_of(small_space, DATASET)
    assert f'<{record.graph}>; rel="canonical"' in links
    assert f'<{record.iri}>; rel="describes"' in links
    assert 'rel="type"' in links
    for form in FORMATS.values():
        assert f"</record/{record.id}.{form.ending}>" in links
    assert {"Accept", "Authorization"} <= set(response.vary)


def test_what_is_not_public_is_not_for_shared_caches(ask: Ask, small_space: Catalogue) -> None:
    assert "public" in ask(path_of(small_space, DATASET, "ttl")).headers["Cache-Control"]
    members = ask(path_of(small_space, MEMBERS[0], "ttl"), audience=Audience.MEMBERS)
    assert "private" in members.headers["Cache-Control"]


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("ending", ["", "ttl", "html", "nq"])
def test_records_answer_by_audience(ask: Ask, small_space: Catalogue, audience: Audience, ending: str) -> None:
    for name in PUBLIC + MEMBERS + DRAFTS:
        response = ask(path_of(small_space, name, ending), audience=audience)
        assert response.status_code == (200 if name in VISIBLE[audience] else 404), name


@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/n-quads"])
def test_a_withdrawn_record_leaves_a_tombstone(ask: Ask, small_space: Catalogue, accept: str) -> None:
    response = ask(path_of(small_space, WITHDRAWN[0]), headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (410, accept)
    syntax = next(form.syntax for form in NEGOTIABLE if form.media_type == accept)
    said = {(quad.predicate.value, quad.object.value) for quad in parse(response.get_data(), format=syntax)}
    assert (ADMS_STATUS, "http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN") in said
    assert "http://www.w3.org/ns/prov#invalidatedAtTime" in {prop for prop, _ in said}
    assert "Old price list" not in response.get_data(as_text=True)


def test_tombstones_are_for_those_who_could_see_the_record(ask: Ask, small_space: Catalogue) -> None:
    path = path_of(small_space, WITHDRAWN[1], "ttl")
    assert ask(path).status_code == 404
    assert ask(path, audience=Audience.MEMBERS).status_code == 410


def test_a_withdrawn_record_has_a_page_that_says_so(ask: Ask, small_space: Catalogue) -> None:
    response = ask(path_of(small_space, WITHDRAWN[0]), headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (410, "text/html")
    assert "Old price list" not in response.get_data(as_text=True)


def test_a_change_of_visibility_holds_at_once(fresh_space: Catalogue, fresh_site: Flask) -> None:
    ask, record = asking(fresh_site), put(fresh_space, "id/dataset/a", Visibility.PUBLIC)
    assert ask(f"/record/{record.id}.ttl").status_code == 200
    change_visibility(fresh_space, record.graph, Visibility.DRAFT, "operator")
    assert ask(f"/record/{record.id}.ttl").status_code == 404
    assert ask(f"/record/{record.id}.ttl", audience=Audience.OPERATORS).status_code == 200


@pytest.mark.parametrize(
    "path", ["/record/none", "/record/none.ttl", "/record/.ttl", "/record/a.exe", "/id/none", "/id/a/b.ttl"]
)
def test_nothing_is_404(ask: Ask, path: str) -> None:
    assert ask(path, headers={"Accept": "text/turtle"}).status_code == 404


def test_a_resource_leads_to_its_record(ask: Ask, small_space: Catalogue) -> None:
    record = record_of(small_space, DATASET)
    for path, target in (
        (DATASET, record.id),
        (DATASET + ".ttl", record.id + ".ttl"),
        (DATASET + ".ckan.json", record.id + ".ckan.json"),
    ):
        response = ask("/" + path)
        assert (response.status_code, response.headers["Location"]) == (303, f"/record/{target}")
    assert ask("/" + DRAFTS[0]).status_code == 404
    assert ask("/" + DRAFTS[0], audience=Audience.OPERATORS).status_code == 303


def test_codes_lead_to_records(ask: Ask, small_space: Catalogue) -> None:
    record = record_of(small_space, DATASET)
    for code in (record.code, "RC-LCA-2023-07"):
        response = ask(f"/code/{code}")
        assert (response.status_code, response.headers["Location"]) == (303, f"/record/{record.id}")
    assert ask("/code/DRAFT-9").status_code == 404
    assert ask("/code/DRAFT-9", audience=Audience.OPERATORS).status_code == 303


def test_a_code_of_several_records_offers_the_choice(ask: Ask, small_space: Catalogue) -> None:
    response = ask("/code/SHARED-1")
    assert response.status_code == 300
    for name in ("id/dataset/tram-delays", "id/data-service/footprint-api"):
        assert record_of(small_space, name).graph in response.get_data(as_text=True)


def test_a_mistyped_object_code_says_so(ask: Ask, small_space: Catalogue) -> None:
    code = record_of(small_space, DATASET).code or ""
    response = ask(f"/code/{code[:-1]}{'A' if code[-1] != 'A' else 'B'}", headers={"Accept": "application/json"})
    assert response.status_code == 422
    assert response.get_json()["params"]["expected"] == code[-1]


@pytest.mark.parametrize("path", ["/ns", "/codes/update-frequency", "/codes/update-frequency/001"])
@pytest.mark.parametrize("name", RDF)
def test_vocabulary_comes_in_every_syntax(ask: Ask, path: str, name: str) -> None:
    form = FORMATS[name]
    response = ask(path, headers={"Accept": form.media_type})
    assert (response.status_code, response.mimetype) == (200, form.media_type)
    assert sum(1 for _ in parse(response.get_data(), format=form.syntax)) > 20
    again = ask(path, headers={"Accept": form.media_type, "If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_vocabulary_by_ending_and_for_readers(ask: Ask) -> None:
    assert ask("/ns.ttl").mimetype == "text/turtle"
    assert ask("/codes/gbt4754.jsonld").mimetype == "application/ld+json"
    assert ask("/ns", headers={"Accept": "text/html"}).status_code == 303
    for path in ("/codes/none", "/codes/gbt4754/ZZ", "/ns.docx", "/codes/gbt4754.ckan.json"):
        assert ask(path).status_code == 404


@pytest.mark.parametrize("path", ["/ns.ttl", "/api/v1/codes"])
def test_scripts_of_other_sites_may_read(ask: Ask, path: str) -> None:
    headers = ask(path, headers={"Origin": "https://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
