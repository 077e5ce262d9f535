"""Checking with any shapes: which engine, what is refused, and what is said where the shapes say nothing."""

import pytest

from ontology.namespaces import SH, XSD
from shapes import fast, guard
from shapes.profiles import UnknownProfileError, profile
from shapes.report import in_order
from shapes.validate import CompiledShapes, ShapesInvalidError, validate, validate_with
from tests.shapes.records import PREFIX_LINES

EX = "@prefix ex: <https://example.org/> .\n" + PREFIX_LINES
DATA = EX + 'ex:a a ex:Thing ; ex:p "x"@zh , ex:b , [ ex:q 1 ] .'


def shape(constraints: str) -> str:
    return EX + f"ex:S a sh:NodeShape ; sh:targetClass ex:Thing ; {constraints} ."


def test_a_shape_without_a_message_is_explained_in_both_languages():
    report = validate_with(shape("sh:property [ sh:path ex:missing ; sh:minCount 1 ]"), DATA)
    (result,) = report.results
    assert result.key == (
        "https://example.org/a",
        "https://example.org/missing",
        "",
        SH + "MinCountConstraintComponent",
        "violation",
    )
    assert result.messages == {"zh": "缺少必需的值。", "en": "A required value is missing."}
    assert report.conforms is False
    assert report.counts() == {"violation": 1}


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_messages_keep_their_languages(engine):
    shapes = shape("sh:property ex:P") + 'ex:P sh:path ex:no ; sh:minCount 1 ; sh:message "缺"@zh , "gone"@en .'
    (result,) = validate_with(shapes, DATA, engine=engine).results
    assert (result.messages, result.shape) == ({"zh": "缺", "en": "gone"}, "https://example.org/P")


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_values_are_written_as_in_ntriples(engine):
    report = validate_with(shape("sh:property [ sh:path ex:p ; sh:datatype xsd:integer ]"), DATA, engine=engine)
    values = sorted(result.value for result in report.results)
    assert values[:1] == ['"x"@zh']
    assert values[1].startswith("_:")
    assert values[2] == "https://example.org/b"


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
@pytest.mark.parametrize(
    ("path", "rendered"),
    [
        ("( ex:p ex:q )", "(<https://example.org/p>/<https://example.org/q>)"),
        ("[ sh:inversePath ex:p ]", "^<https://example.org/p>"),
        ("[ sh:zeroOrMorePath ex:p ]", "(<https://example.org/p>)*"),
        (
            "[ sh:alternativePath ( ex:p [ sh:zeroOrOnePath ex:q ] ) ]",
            "(<https://example.org/p>|(<https://example.org/q>)?)",
        ),
    ],
)
def test_paths_are_written_as_in_sparql(engine, path, rendered):
    (result,) = validate_with(shape(f"sh:property [ sh:path {path} ; sh:minCount 9 ]"), DATA, engine=engine).results
    assert result.path == rendered


def test_results_come_gravest_first():
    constraints = "; ".join(
        f"sh:property [ sh:path ex:missing ; sh:minCount 1 ; sh:severity {severity} ]"
        for severity in ("sh:Info", "ex:Fatal", "sh:Violation", "sh:Warning")
    )
    report = validate_with(shape(constraints), DATA)
    severities = [result.severity for result in report.results]
    assert severities == ["https://example.org/Fatal", "violation", "warning", "info"]
    assert report.engine == "pyshacl"
    assert in_order(list(reversed(report.results))) == report.results


@pytest.mark.parametrize(
    "shapes",
    [
        shape("sh:property [ sh:minCount 1 ]"),
        shape("sh:property [ sh:path ex:p , ex:q ; sh:minCount 1 ]"),
        shape('sh:property [ sh:path ex:p ; sh:minCount "many" ]'),
        shape('sh:targetNode ex:a ; sh:sparql [ sh:select "SELECT nonsense" ]'),
    ],
)
def test_ill_formed_shapes_are_refused(shapes):
    with pytest.raises(ShapesInvalidError) as raised:
        validate_with(shapes, DATA)
    assert raised.value.reason


def test_turtle_that_does_not_parse_is_a_syntax_error():
    with pytest.raises(SyntaxError):
        validate_with("this is no Turtle", DATA)
    with pytest.raises(SyntaxError):
        validate_with(shape("sh:property [ sh:path ex:p ; sh:minCount 1 ]"), "neither is this")


def test_an_unknown_profile_is_named_in_the_error():
    with pytest.raises(UnknownProfileError, match="imaginary"):
        validate("", "imaginary")
    with pytest.raises(UnknownProfileError):
        profile("imaginary")


@pytest.mark.parametrize(
    ("constraints", "objection"),
    [
        ("sh:property [ sh:path ex:p ; sh:minCount 1 ]", None),
        ("sh:property [ sh:path ex:p ; sh:minCount 1 ; sh:severity ex:Fatal ]", "severity"),
        ("sh:rule [ a sh:TripleRule ]", "sh:rule"),
        ("sh:target [ a sh:SPARQLTarget ]", "sh:target"),
        ("sh:js [ ]", "sh:js"),
        ('sh:deactivated "1"^^xsd:boolean', "sh:deactivated"),
        ('sh:property [ sh:path ex:p ; sh:pattern "(?=x)" ]', "pattern"),
        ('sh:property [ sh:path ex:p ; sh:pattern "(a)\\\\1" ]', "pattern"),
        ('sh:property [ sh:path ex:p ; sh:pattern "a" ; sh:flags "x" ]', "sh:flags"),
        ('sh:hasValue "0a"^^xsd:hexBinary', "datatype"),
        ("sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:C ] ]", "qualified"),
        ("sh:property [ sh:path ex:p ; sh:qualifiedMinCount 1 ]", "qualified"),
        ("sh:not ex:S", "recursion"),
        ("sh:or ( [ sh:property [ sh:path ex:p ; sh:node ex:S ] ] [ sh:class ex:C ] )", "recursion"),
        ("a owl:Class", "owl:Class"),
    ],
)
def test_what_speaks_against_the_fast_engine(constraints, objection):
    compiled = CompiledShapes(shape(constraints), trusted=True)
    assert compiled.objection == (objection if fast.AVAILABLE else "not installed")


def test_deep_nesting_goes_to_the_reference():
    deep = "sh:not [ " * (guard.MAX_DEPTH + 2) + "sh:class ex:C" + " ]" * (guard.MAX_DEPTH + 2)
    compiled = CompiledShapes(shape(deep), trusted=True)
    assert compiled.objection == ("depth" if fast.AVAILABLE else "not installed")


def test_shapes_without_any_shape_pass_nothing_by_the_fast_engine():
    compiled = CompiledShapes(EX + "ex:a ex:b ex:c .", trusted=True)
    assert compiled.objection == ("no shapes" if fast.AVAILABLE else "not installed")


def test_inexact_datatypes_in_the_data_go_to_the_reference():
    compiled = CompiledShapes(shape("sh:property [ sh:path ex:p ; sh:datatype xsd:hexBinary ]"), trusted=True)
    data = '<urn:a> <https://example.org/p> "0a"^^<%s> .\n' % (XSD + "hexBinary")
    assert compiled.check(data).engine == "pyshacl"
    assert compiled.check("").engine == ("shacl" if fast.AVAILABLE else "pyshacl")
