"""Importing by upload: the form, each record's outcome, progress, and what the form refuses."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from catalog.catalogue import Catalogue
from catalog.model import Audience, Visibility
from tests.app.conftest import BASE, TOKENS

DOCUMENT = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@base <http://127.0.0.1:8000/> .
<id/dataset/good> a dcat:Dataset ; dct:title "好数据"@zh , "<b>Good</b>"@en ; dct:description "x"@en .
<id/dataset/bad> a dcat:Dataset ; dct:title "Bad"@en ; dcat:landingPage <javascript:alert(1)> .
"""


@pytest.fixture
def operator(fresh_site: Flask) -> FlaskClient:
    client = fresh_site.test_client()
    client.post("/sign-in", data={"token": TOKENS[Audience.OPERATORS]})
    return client


def send(client: FlaskClient, **changes: object) -> str:
    form: dict[str, object] = {
        "file": (BytesIO(DOCUMENT.encode()), "records.ttl"),
        "policy": "harvest",
        "visibility": "members",
        "source": "a friend",
    }
    response = client.post("/import", data={**form, **changes}, content_type="multipart/form-data")
    return response.headers.get("Location") or response.get_data(as_text=True)


def wait(client: FlaskClient, path: str) -> dict[str, Any]:
    pause = threading.Event()
    while not (state := client.get(path + ".json").get_json())["ended"]:
        pause.wait(0.05)
    return dict(state)


def test_each_record_has_its_outcome(operator: FlaskClient, fresh_space: Catalogue) -> None:
    path = send(operator)
    state = wait(operator, path)
    assert state["percent"] == 100
    assert state["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    html = operator.get(path).get_data(as_text=True)
    assert "Done." in html
    assert "id/dataset/bad" in html
    assert "would run as a program" in html
    record = fresh_space.ledger.find_by_iri(BASE + "id/dataset/good")
    assert record is not None
    assert (record.visibility, record.source) == (Visibility.MEMBERS, "urn:spacecat:source:a%20friend")
    shown = operator.get(f"/record/{record.id}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "&lt;b&gt;Good&lt;/b&gt;" in shown
    assert "<b>Good" not in shown
    again = send(operator)
    assert wait(operator, again)["counts"] == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 1}
    assert "records.ttl" in operator.get("/import").get_data(as_text=True)
    operator.post(again + "/stop")
    assert operator.get(again).status_code == 200


def test_a_file_that_is_no_rdf_is_rejected_with_its_reason(operator: FlaskClient) -> None:
    path = send(operator, file=(BytesIO(b"@prefix ex: <http"), "broken.ttl"))
    counts = wait(operator, path)["counts"]
    assert (counts["created"], counts["rejected"] > 0) == (0, True)
    assert "outcome-rejected" in operator.get(path).get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"file": (BytesIO(b""), "")}, "No file was sent"),
        ({"policy": "anything"}, "policy cannot be anything"),
        ({"visibility": "nobody"}, "visibility cannot be nobody"),
    ],
)
def test_a_form_that_is_wrong_says_what(operator: FlaskClient, changes: dict[str, object], text: str) -> None:
    assert text in send(operator, **changes)


def test_an_import_that_never_was_is_not_found(operator: FlaskClient) -> None:
    assert operator.get("/import/999").status_code == 404
