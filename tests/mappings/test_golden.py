"""Small documents of each format and what they become, there and back."""

import json
from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse

from mappings import formats
from ontology.description import Description

GOLDEN = Path(__file__).parent / "golden"
BASE = "https://catalogue.example/"
MODEL = "http://127.0.0.1:8000/id/dataset/cell-carbon-footprint"


def canonical(text, syntax):
    dataset = Dataset(Quad(*triple) for triple in parse(text, format=syntax))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(str(quad) for quad in dataset)


def read_one(name):
    with (GOLDEN / f"{name}.json").open("rb") as stream:
        (record,) = formats.iter_records(name, stream, BASE)
    return record


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_document_becomes_the_expected_statements(name):
    expected = (GOLDEN / f"{name}.ttl").read_bytes()
    assert canonical(read_one(name).ntriples.encode(), RdfFormat.N_TRIPLES) == canonical(expected, RdfFormat.TURTLE)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_the_statements_become_a_document_again(name):
    record = read_one(name)
    back = formats.export(name, Description.parse(record.ntriples), record.iri)
    assert json.loads(back.to_bytes()) == json.loads((GOLDEN / f"{name}.back.json").read_bytes())
    assert back.losses == ()


@pytest.mark.parametrize("name", formats.FORMATS)
def test_what_was_written_is_recognised_and_read_as_the_same_record(name):
    record = read_one(name)
    written = GOLDEN / f"{name}.back.json"
    assert formats.detect(written.read_bytes()[:4096], written.name) == name
    with written.open("rb") as stream:
        (again,) = formats.iter_records(name, stream, "https://elsewhere.example/")
    syntax = RdfFormat.N_TRIPLES
    assert canonical(again.ntriples.encode(), syntax) == canonical(record.ntriples.encode(), syntax)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_record_of_the_catalogue_is_written_in_every_format(name):
    description = Description(parse((GOLDEN / "model.ttl").read_bytes(), format=RdfFormat.TURTLE))
    written = formats.export(name, description, MODEL, language="zh")
    assert json.loads(written.to_bytes()) == json.loads((GOLDEN / f"model.{name}.json").read_bytes())


def test_what_has_no_place_is_reported_with_its_path():
    losses = {(loss.path, loss.reason): loss for loss in read_one("ckan").losses}
    assert list(losses) == [("extras[key=harvest_object_id].value", "no-rule")]
    assert losses["extras[key=harvest_object_id].value", "no-rule"].pointer == "/extras/5/value"
    assert ("rai:dataBiases", "no-rule") in {(loss.path, loss.reason) for loss in read_one("croissant").losses}
    assert [loss.path for loss in read_one("dcat-us").losses] == ["primaryITInvestmentUII"]


def test_what_a_format_cannot_hold_is_reported_with_its_property():
    description = Description(parse((GOLDEN / "model.ttl").read_bytes(), format=RdfFormat.TURTLE))
    lost = {(loss.path, loss.reason) for loss in formats.export("dcat-us", description, MODEL).losses}
    assert ("sc:dataItem", "no-rule") in lost
    assert ("dct:title", "only-one-value") in lost
    assert not [path for path, _ in lost if path.startswith("dcat:theme")]
