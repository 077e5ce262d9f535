"""The fast engine may stand in for pySHACL because it finds the same: one statement of it, over many records."""

from collections import defaultdict
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from ontology.namespaces import DCAT, DCT, SH, XSD
from shapes import fast, reference
from shapes.profiles import DCAT_AP, RECORD
from shapes.report import Report
from shapes.validate import UNCHECKED, compile_profile, validate
from tests.shapes.mutations import mistaken_records
from tests.shapes.records import RECORDS, ntriples

PROFILES = [RECORD, DCAT_AP]
COMPARED = {DCAT + "startDate", DCAT + "endDate", DCT + "issued", DCT + "modified"}


def assert_equal_reports(record: str, profile: str) -> None:
    """Compare focus, path, value, component and severity of every result, the shape and both messages with them.

    Left out is the order of two values that have none, such as a date and a number: there pySHACL follows the order
    that rdflib sorts by, or fails; the fast engine reports it, as SHACL §4.5.4 asks.
    """
    quick, thorough = (validate(record, profile, engine=name) for name in (fast.NAME, reference.NAME))
    if [result.shape for result in thorough.results] != [UNCHECKED]:
        unordered = subjects_without_order(record)
        assert comparable(quick, unordered) == comparable(thorough, unordered)


def comparable(report: Report, unordered: set[str]) -> list[tuple[str, ...]]:
    return sorted(
        (*result.key, result.shape, *sorted(result.messages.values()))
        for result in report.results
        if result.component != SH + "LessThanOrEqualsConstraintComponent" or result.focus not in unordered
    )


def subjects_without_order(record: str) -> set[str]:
    """Return the subjects that have values to be compared which are not dates of one type."""
    types = defaultdict(set)
    for quad in parse(record, format=RdfFormat.N_TRIPLES):
        if quad.predicate.value in COMPARED:
            subject = str(quad.subject) if isinstance(quad.subject, BlankNode) else quad.subject.value
            types[subject].add(date_type(quad.object))
    return {subject for subject, found in types.items() if len(found) > 1 or None in found}


def date_type(value: NamedNode | BlankNode | Literal) -> tuple[str, bool] | None:
    """Return the datatype of a valid date or date and time, and whether it has a time zone; None for all else."""
    read = {XSD + "date": date.fromisoformat, XSD + "dateTime": datetime.fromisoformat}
    if not isinstance(value, Literal) or value.datatype.value not in read:
        return None
    try:
        found = read[value.datatype.value](value.value)
    except ValueError:
        return None
    return value.datatype.value, getattr(found, "tzinfo", None) is not None


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", RECORDS)
def test_records_as_documented(kind: str, profile: str):
    assert_equal_reports(ntriples(RECORDS[kind]), profile)


@pytest.mark.parametrize("profile", PROFILES)
@given(record=mistaken_records())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_records_with_mistakes(profile: str, record: str):
    assert_equal_reports(record, profile)


def test_many_records_at_once():
    """Blank nodes keep their names where a graph is large enough to be read in parts."""
    one = ntriples(RECORDS["dataset"].replace("dct:title", "dct:alternative"))
    many = "".join(
        one.replace("cell-carbon-footprint", f"cell-{n}").replace("_:", f"_:n{n}x").replace('"pcf_total"', f'"f{n}"')
        for n in range(40)
    ).replace("odrl/2/isAnyOf", "odrl/2/unheardOf")
    assert_equal_reports(many, RECORD)
    assert any(result.focus.startswith("_:n39x") for result in validate(many).results)


def test_the_fast_engine_is_used():
    objection = None if fast.AVAILABLE else "not installed"
    assert [compile_profile(name).objection for name in PROFILES] == [objection, objection]
    assert validate(ntriples(RECORDS["dataset"])).engine == (fast.NAME if fast.AVAILABLE else reference.NAME)


def test_what_the_fast_engine_refuses_goes_to_the_reference():
    record = ntriples(RECORDS["dataset"])
    line = next(line for line in record.split("\n") if line.split(" ", 2)[1] == "<http://purl.org/dc/terms/issued>")
    start = " ".join(line.split(" ", 2)[:2])
    changed = record.replace(line, f'{start} "0a"^^<http://www.w3.org/2001/XMLSchema#hexBinary> .')
    assert validate(changed).engine == reference.NAME


def test_checksums_are_checked_by_the_fast_engine_with_equal_results():
    record = ntriples(RECORDS["dataset"]).replace('"2.1"', '"0a"^^<http://www.w3.org/2001/XMLSchema#hexBinary>')
    assert "hexBinary" in record
    found = [
        [r.key for r in validate(record, profile, engine=engine).results]
        for profile in PROFILES
        for engine in (fast.NAME, reference.NAME)
    ]
    assert found[0] == found[1]
    assert found[2] == found[3]
    assert validate(record).engine == (fast.NAME if fast.AVAILABLE else reference.NAME)
