"""Both engines find the same in real catalogues, against our profiles and the shapes that SEMIC publishes."""

from collections import defaultdict
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from ontology.namespaces import DCAT, RDF
from shapes import fast, reference
from shapes.profiles import DCAT_AP, RECORD, profile
from shapes.validate import CompiledShapes, with_background
from tests.conformance.shared import require_shared
from tests.shapes.mutations import mistaken_records
from tests.shapes.test_engines_agree import assert_equal_reports, comparable, subjects_without_order

pytestmark = pytest.mark.conformance

SAMPLE = "data/databe/data-gov-be-sample200.ttl"
SEMIC = "data/dcat-ap/releases/3.0.0/shacl/dcat-ap-SHACL.ttl"


@cache
def sample() -> tuple[str, ...]:
    """Cut the sample into records: a dataset with all that hangs on it, other datasets aside."""
    about = defaultdict(list)
    for quad in parse(path=require_shared(SAMPLE), format=RdfFormat.TURTLE):
        about[quad.subject].append(quad.triple)
    is_dataset = (NamedNode(RDF + "type"), NamedNode(DCAT + "Dataset"))
    roots = [node for node, triples in about.items() if any((t.predicate, t.object) == is_dataset for t in triples)]
    return tuple(record(root, about, set(roots)) for root in roots)


def record(root, about, roots) -> str:
    seen, waiting, lines = {root}, [root], []
    while waiting:
        for triple in about.get(waiting.pop(), ()):
            lines.append(f"{triple} .\n")
            target = triple.object
            if not isinstance(target, Literal) and target not in seen and target not in roots:
                seen.add(target)
                waiting.append(target)
    return "".join(lines)


@pytest.mark.parametrize("name", [RECORD, DCAT_AP])
def test_real_datasets_against_our_profiles(name: str):
    assert len(sample()) == 200
    for text in sample():
        assert_equal_reports(text, name)


def test_real_datasets_against_the_shapes_of_semic():
    shapes = CompiledShapes(require_shared(SEMIC).read_text(encoding="utf-8"))
    assert shapes.objection is None
    found = 0
    for text in sample():
        data = with_background(text)
        quick, thorough = (shapes.check(data, engine) for engine in (fast.NAME, reference.NAME))
        assert (quick.engine, thorough.engine) == (fast.NAME, reference.NAME)
        assert comparable(quick, subjects_without_order(text)) == comparable(thorough, subjects_without_order(text))
        found += len(quick.results)
    assert found > 0


@pytest.mark.parametrize("name", [RECORD, DCAT_AP])
@given(text=mistaken_records())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_records_with_mistakes(name: str, text: str):
    assert_equal_reports(text, name)


@pytest.mark.parametrize("name", [RECORD, DCAT_AP])
def test_the_profiles_are_wellformed(name: str):
    """At run time the profiles are trusted; this is why they may be."""
    assert CompiledShapes(profile(name).turtle()).objection is None
