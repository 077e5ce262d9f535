"""The demonstration space is valid DCAT-AP by the shapes that SEMIC publishes, not by ours alone."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from ontology.namespaces import RDFS, SH
from shapes.profiles import DCAT_AP
from shapes.validate import CompiledShapes, validate, with_background
from tests.conformance.shared import require_shared

pytestmark = pytest.mark.conformance

RELEASES = "data/dcat-ap/releases"


@cache
def demonstration() -> str:
    """Return the whole space as one graph, so that each reference finds what it refers to."""
    files = sorted((Path(__file__).parents[2] / "app" / "demo").glob("*.ttl"))
    base = "http://127.0.0.1:8000/"
    quads = [
        quad
        for file in files
        for quad in parse(path=file, format=RdfFormat.TURTLE, base_iri=base, rename_blank_nodes=True)
    ]
    return "".join(f"{quad.triple} .\n" for quad in quads)


def semic_shapes(version: str) -> str:
    """Return the shapes of a release, less two things that cannot be met.

    3.0.1 refers to property shapes that it lacks (SEMICeu/DCAT-AP issue 448); and both ask that web addresses be typed
    ``rdfs:Resource``, which everything is without saying so (RDFS §2.1).
    """
    path = require_shared(f"{RELEASES}/{version}/shacl/dcat-ap-SHACL.ttl")
    triples = [quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE)]
    subjects = {triple.subject for triple in triples}
    dangling = {t for t in triples if t.predicate.value == SH + "property" and t.object not in subjects}
    everything = {t for t in triples if t.predicate.value == SH + "class" and t.object.value == RDFS + "Resource"}
    return "".join(f"{triple} .\n" for triple in triples if triple not in dangling | everything)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.1"])
def test_the_demonstration_space_is_valid(version):
    report = CompiledShapes(semic_shapes(version)).check(with_background(demonstration()))
    assert Counter((result.shape, result.path, result.value) for result in report.results) == Counter()


def test_the_demonstration_space_is_valid_by_our_own_writing_too():
    assert validate(demonstration(), DCAT_AP).violations == ()
