"""Every Croissant description that its makers publish, and every FirstData source, read in place."""

import io
import json
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from mappings import formats, rules
from ontology.description import Description
from tests.conformance.shared import require_shared

BASE = "https://catalogue.example/"

pytestmark = pytest.mark.conformance

NAMELESS = {"1.0/huggingface-squad/metadata.json": "it has neither a name nor an identifier nor an address"}
"""Descriptions among the valid ones that name nothing to identify them by, with the reason."""


def descriptions():
    """Paths of the dataset descriptions; the folder holds data files of some of them as well."""
    folder = require_shared("data/croissant/datasets")
    return [path for path in sorted(folder.rglob("*.json")) if "data" not in path.relative_to(folder).parts]


def invalid_descriptions():
    return sorted(require_shared("data/croissant/python").rglob("metadata.json"))


def read(path, name="croissant"):
    with path.open("rb") as stream:
        return list(formats.iter_records(name, stream, BASE))


def test_every_valid_croissant_description_is_read_with_its_title():
    paths = descriptions()
    assert len(paths) >= 80
    failures = {}
    for path in paths:
        assert formats.detect(path.read_bytes()[:8192], path.name) == "croissant", path
        (record,) = read(path)
        title = record.problem is None and Description.parse(record.ntriples).find(NamedNode(record.iri), "dct:title")
        if not title:
            failures["/".join(path.parts[-3:])] = record.problem
    assert failures.keys() == NAMELESS.keys(), failures
    print(f"\nCroissant: {len(paths) - len(failures)} of {len(paths)} read with a title; not: {NAMELESS}")


def test_every_field_of_a_description_becomes_a_data_item():
    for path in descriptions():
        (record,) = read(path)
        if record.problem is None:
            items = Description.parse(record.ntriples).values(NamedNode(record.iri), "sc:dataItem")
            assert len(items) >= len(set(field_names(json.loads(path.read_bytes())))), path


def field_names(document):
    sets = document.get("recordSet") or []
    for record_set in sets if isinstance(sets, list) else [sets]:
        fields = record_set.get("field") or []
        for field in fields if isinstance(fields, list) else [fields]:
            yield field.get("@id") or f"{record_set.get('name')}/{field['name']}"


def test_every_description_comes_back_from_its_own_format():
    for path in descriptions():
        (record,) = read(path)
        if record.problem is None:
            original = Description.parse(record.ntriples)
            written = formats.export("croissant", original, record.iri)
            again = formats.iter_records("croissant", io.BytesIO(written.to_bytes()), "https://elsewhere.example/")
            (returned,) = again
            assert returned.iri == record.iri
            resource = NamedNode(record.iri)
            for prop in ("dct:title", "dct:description", "dct:license", "dcat:landingPage", "dct:issued"):
                found = Description.parse(returned.ntriples).values(resource, prop)
                named = [term for term in original.values(resource, prop) if isinstance(term, (Literal, NamedNode))]
                assert set(named) <= set(found), (path, prop)


def test_every_invalid_description_has_an_outcome():
    outcomes = {}
    for path in invalid_descriptions():
        (record,) = read(path)
        outcomes["/".join(path.parts[-3:-1])] = record.problem.reason if record.problem else "read"
    assert len(outcomes) == 30
    assert {name: reason for name, reason in outcomes.items() if reason != "read"} == {
        "0.8/metadata_bad_type": "not-a-dataset",
        "0.8/metadata_missing_property_name": "no-identity",
        "1.0/metadata_bad_type": "not-a-dataset",
    }
    (multilingual,) = (path for path in invalid_descriptions() if "multilingual_fields" in path.parts)
    (record,) = read(multilingual)
    assert "not-a-text" in {loss.reason for loss in record.losses}


def test_a_new_format_needs_rules_and_no_code():
    firstdata = rules.load(Path(__file__).parents[1] / "data" / "firstdata.rules.yaml")
    paths = sorted(require_shared("data/firstdata/firstdata/sources").rglob("*.json"))
    assert len(paths) == 768
    languages = []
    for path in paths:
        (record,) = read(path, firstdata)
        assert record.problem is None, path
        languages.append(set(Description.parse(record.ntriples).texts(NamedNode(record.iri), "dct:title")))
    assert all("en" in found for found in languages)
    assert sum("zh" in found for found in languages) == 768
