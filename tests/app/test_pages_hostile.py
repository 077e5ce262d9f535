"""A record made to break its page: markup in every text, dangerous addresses, and far too much of everything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from catalog.catalogue import Catalogue
from catalog.importing import Importer, find_documents
from catalog.intake import Status
from catalog.model import Registration, Visibility
from tests.app.conftest import BASE, record_of
from tests.app.test_pages import Page

EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(1)>&\\"' {{ 7*7 }} %(number)s"""
IRI = "id/dataset/hostile"


def document() -> str:
    keywords = " , ".join(f'"word {number}"@en' for number in range(1000))
    items = " , ".join(
        f'[ a csvw:Column ; csvw:name "{EVIL} {number}" ; csvw:title "{EVIL}"@en ; csvw:datatype xsd:string ; '
        f'skos:example "{EVIL}" ; sc:position {number} ]'
        for number in range(400)
    )
    ways = " , ".join(
        f'[ a dcat:Distribution ; dct:title "{EVIL}"@en ; dcat:accessURL <https://example.org/{number}> ; '
        f'dcat:byteSize "{"9" * 30}" ; dct:license <https://example.org/licence#{number}> ]'
        for number in range(150)
    )
    rules = " , ".join(
        f"[ odrl:action <https://example.org/act{number}> ; odrl:constraint [ odrl:leftOperand odrl:purpose ; "
        f'odrl:operator odrl:eq ; odrl:rightOperand "{EVIL}" ] ]'
        for number in range(150)
    )
    return f"""
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix csvw: <http://www.w3.org/ns/csvw#> . @prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix sc: <https://w3id.org/spacecat/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<{BASE}{IRI}> a dcat:Dataset ; dct:title "{EVIL}"@en , "标题{EVIL}"@zh , "{EVIL}"@x-odd ;
    dct:description "{EVIL} {"long text " * 4000}"@en ; dct:publisher [ a foaf:Agent ; foaf:name "{EVIL}" ] ;
    dct:issued "not a date"^^xsd:date ; sc:rowCount "many" ; dcat:version "{EVIL}" ; dct:identifier "{EVIL}" ;
    dcat:keyword {keywords} ; sc:dataItem {items} ; dcat:distribution {ways} ;
    odrl:hasPolicy [ a odrl:Offer ; odrl:permission {rules} ] ;
    <https://example.org/p> "{EVIL}" .
"""


@pytest.fixture
def hostile(fresh_space: Catalogue, tmp_path: Path) -> str:
    (tmp_path / "hostile.ttl").write_text(document(), encoding="utf-8")
    registration = Registration("operator", "urn:test", Visibility.PUBLIC, "harvest")
    with Importer(fresh_space) as importer:
        outcomes = list(importer.import_documents(find_documents(tmp_path / "hostile.ttl"), registration))
    assert [outcome.status for outcome in outcomes] == [Status.CREATED], outcomes
    return f"/record/{record_of(fresh_space, IRI).id}"


def test_its_pages_hold(fresh_site: Flask, hostile: str) -> None:
    client = fresh_site.test_client()
    for language in ("en", "zh"):
        for path in (hostile, hostile + "/neighbours", "/search?q=word", "/", "/browse/licence"):
            response = client.get(path, headers={"Accept": "text/html", "Accept-Language": language})
            html = response.get_data(as_text=True)
            assert response.status_code == 200, path
            assert len(html.encode()) < 150_000, (path, len(html))
            assert "<script>alert" not in html, path
            assert "<img" not in html, path
            assert "onerror=alert" not in re.sub(r"&lt;img src=x onerror=alert\(1\)&gt;", "", html.split("</head>")[1])
            assert not Page(html).unbalanced, path


def test_its_description_for_search_engines_is_json(fresh_site: Flask, hostile: str) -> None:
    html = fresh_site.test_client().get(hostile, headers={"Accept": "text/html"}).get_data(as_text=True)
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert block
    assert json.loads(block[1])["name"].startswith("</script><script>alert(1)")


def test_it_says_how_much_is_left_out(fresh_site: Flask, hostile: str) -> None:
    html = fresh_site.test_client().get(hostile, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "400 fields" in html
    assert html.count("are in the downloads.") >= 4
