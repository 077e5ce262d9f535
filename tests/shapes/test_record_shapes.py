"""What the shapes of the ``record`` profile say about a record with one thing wrong."""

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from ontology.description import Description
from ontology.namespaces import RDF, RDFS, SH
from shapes.profiles import DCAT_AP, profile, profiles
from shapes.validate import UNCHECKED, validate
from tests.shapes.records import CODE, EU, RECORDS, ntriples

SHAPES = "https://w3id.org/spacecat/shapes"
SHAPE = SHAPES + "#"

# kind, what is replaced, by what, name of the shape that objects, severity
TITLE = 'dct:title "动力电池单体碳足迹核算数据"@zh , "Carbon footprint of traction battery cells"@en'
DESCRIPTION = 'dct:description "按生产批次核算的碳足迹。"@zh , "Carbon footprint by production batch."@en'
MISTAKES = [
    ("dataset", TITLE, "", "TitleRequired", "violation"),
    ("dataset", '"Carbon footprint of traction battery cells"@en', '" "@en', "TitleText", "violation"),
    ("dataset", '"Carbon footprint of traction battery cells"@en', '"Carbon"', "TitleLanguage", "warning"),
    ("dataset", '"Carbon footprint of traction battery cells"@en', '"另一个"@zh', "TitleUnique", "warning"),
    ("dataset", '"动力电池单体碳足迹核算数据"@zh , ', "", "TitleChinese", "info"),
    ("dataset", DESCRIPTION, "", "DescriptionRequired", "violation"),
    ("dataset", "dct:publisher <id/participant/ningde-cells>", 'dct:publisher "Ningde"', "PublisherNode", "violation"),
    ("dataset", "dct:publisher <id/participant/ningde-cells>", "", "PublisherRecommended", "warning"),
    ("dataset", "gbt4754/C", "gbt4754/Z", "IndustryCode", "violation"),
    ("dataset", "security-level/003", "quality-grade/003", "SecurityLevelCode", "violation"),
    ("dataset", "delivery-mode/batch", "delivery-mode/pigeon", "DeliveryModeCode", "violation"),
    ("dataset", "data-theme/ENVI", "data-theme/NONE", "ThemeKnown", "info"),
    ("dataset", "frequency/MONTHLY", "frequency/SOMETIMES", "FrequencyKnown", "warning"),
    ("dataset", "access-right/RESTRICTED", "access-right/NOBODY", "AccessRightsKnown", "warning"),
    ("dataset", '"2025-03-01"^^xsd:date', '"2025-02-30"^^xsd:date', "IssuedDate", "violation"),
    ("dataset", '"2025-03-01"^^xsd:date', '"March 2025"', "IssuedDate", "violation"),
    ("dataset", 'dcat:endDate "2025-12-31"', 'dcat:endDate "2022-12-31"', "PeriodOrder", "violation"),
    ("dataset", "sc:rowCount 120000", "sc:rowCount -1", "RowCountNumber", "violation"),
    ("dataset", "odrl:hasPolicy <id/dataset/cell-carbon-footprint#offer>", "", "PolicyRecommended", "warning"),
    ("dataset", "<mailto:data@example.org>", "<https://example.org/>", "ContactEmail", "warning"),
    ("dataset", '"1048576"^^xsd:nonNegativeInteger', '"-5"^^xsd:integer', "ByteSizeNumber", "violation"),
    ("dataset", "dcat:accessURL <https://example.org/pcf>", 'dcat:accessURL "pcf"', "AccessURLNode", "violation"),
    ("dataset", "file-type/CSV", "file-type/PUNCHED_CARD", "FormatKnown", "info"),
    ("dataset", 'csvw:name "pcf_total" ;', "", "ItemName", "violation"),
    ("dataset", "csvw:datatype xsd:decimal ;", "", "ItemDatatype", "violation"),
    ("dataset", 'csvw:title "碳足迹总量"@zh , "Total carbon footprint"@en ;', "", "ItemTitleRecommended", "warning"),
    ("dataset", "csvw:required true", 'csvw:required "yes"', "ItemRequired", "violation"),
    ("dataset", "sc:position 3", "sc:position 0", "ItemPosition", "violation"),
    ("dataset", "odrl:permission", "dct:relation", None, None),
    ("dataset", "odrl:action odrl:use ;", "", "RuleAction", "violation"),
    ("dataset", "odrl:operator odrl:isAnyOf ;", "", "PolicyConstraint", "violation"),
    ("dataset", "odrl:operator odrl:isAnyOf", "odrl:operator odrl:roughly", "ConstraintOperator", "violation"),
    ("dataset", "odrl:assigner <id/participant/ningde-cells>", "odrl:uid <x:y>", "OfferAssigner", "warning"),
    ("catalog", "dct:publisher <id/participant/operator> ;", "", "PublisherRequired", "violation"),
    ("catalog", "space-kind/industry", "space-kind/imaginary", "SpaceKindCode", "violation"),
    ("dataset-series", "update-frequency/004", "topic/A0100", "FrequencyKnown", "warning"),
    ("data-service", "dcat:endpointURL <https://example.org/api> ;", "", "EndpointRequired", "violation"),
    ("data-service", "service-type/002", "service-type/099", "ServiceTypeCode", "violation"),
    ("participant", 'foaf:name "宁德电芯"@zh , "Ningde Cells"@en ;', "", "NameRequired", "violation"),
    ("participant", '"91350900M000100Y43"', '"9135090"', "CreditCode", "violation"),
    ("participant", '"91350900M000100Y43"', '"91350900I000100Y43"', "CreditCode", "violation"),
    ("participant", '"3509"', '"35"', "AreaCode", "violation"),
    ("participant", "participant-role/provider", "participant-role/guest", "ParticipantRoleCode", "violation"),
    ("component", "sc:componentType <", "dct:type <", "ComponentTypeRequired", "violation"),
    ("scenario", "sc:urgency 5", "sc:urgency 6", "UrgencyScore", "violation"),
    ("scenario", "sc:value 4", 'sc:value "high"', "ValueScore", "violation"),
    ("scenario", "sc:satisfiedBy <id/dataset/cell-carbon-footprint>", "", "SatisfiedByRecommended", "info"),
    ("policy", "odrl:action odrl:distribute", "", "RuleAction", "violation"),
    ("data-model", "sc:dataItem [", "dct:relation [", "ModelItemsRecommended", "warning"),
    ("catalog-record", '"public"', '"secret"', "RecordVisibility", "violation"),
    ("catalog-record", '"dataset"', '"thing"', "RecordKind", "violation"),
    ("catalog-record", '"791350900M', '"891350900M', "RecordObjectCode", "violation"),
    ("catalog-record", "ABCDEFGH*", "ABCDEFGH*•old-17", None, None),
]


@pytest.mark.parametrize("kind", RECORDS)
def test_a_full_record_of_each_kind_is_faultless(kind):
    assert validate(ntriples(RECORDS[kind])).results == ()


@pytest.mark.parametrize(("kind", "right", "wrong", "shape", "severity"), MISTAKES)
def test_a_mistake_is_found(kind, right, wrong, shape, severity):
    turtle = RECORDS[kind]
    assert right in turtle
    results = validate(ntriples(turtle.replace(right, wrong, 1).replace("; ;", ";").replace(";\n    ;", ";"))).results
    if shape is None:
        assert results == ()
    else:
        assert (SHAPE + shape, severity) in {(result.shape, result.severity) for result in results}


def test_an_offer_needs_a_permission_or_a_prohibition():
    results = validate(
        ntriples("<id/o> a odrl:Offer ; odrl:assigner <id/p> ; odrl:obligation [ odrl:action odrl:pay ] .")
    )
    assert [result.shape for result in results.results] == [SHAPE + "OfferRules"]


def test_national_and_eu_frequencies_are_both_welcome():
    eu, national = f"{EU}frequency/MONTHLY", f"{CODE}update-frequency/004"
    assert validate(ntriples(RECORDS["dataset"].replace(eu, national))).results == ()


def test_a_policy_may_name_the_action_for_all_its_rules():
    text = "<id/p> a odrl:Set ; odrl:action odrl:use ; odrl:permission [ odrl:target <id/d> ] ."
    assert validate(ntriples(text)).results == ()


def test_a_distribution_may_lead_to_a_service_alone():
    text = RECORDS["dataset"].replace(
        "dcat:accessURL <https://example.org/pcf> ; dcat:downloadURL", "dcat:accessService"
    )
    assert [result.severity for result in validate(ntriples(text)).results] == ["warning"]


def test_results_name_the_blank_node_as_the_record_does():
    record = "".join(line + "\n" for line in ntriples(RECORDS["dataset"]).splitlines() if "csvw#name" not in line)
    item = next(line.split()[2] for line in record.splitlines() if "#dataItem" in line)
    (result,) = validate(record).results
    assert (result.focus, result.path) == (item, "http://www.w3.org/ns/csvw#name")


def test_context_is_known_but_not_judged():
    record = ntriples(f"<id/d> a dcat:Dataset ; dct:temporal <id/t> ; dcat:theme <{EU}data-theme/ENVI> .")
    context = ntriples("<id/t> a dct:PeriodOfTime . <id/other> a dcat:Dataset .")
    shapes = {result.shape for result in validate(record, DCAT_AP, context=context).results}
    assert not any(shape.endswith("Dataset-Temporal-class") for shape in shapes)
    assert {result.focus.rsplit("/", 1)[1] for result in validate(record, DCAT_AP, context=context).results} == {"d"}
    assert any(result.shape.endswith("Dataset-Temporal-class") for result in validate(record, DCAT_AP).results)


def test_a_record_that_defeats_pyshacl_still_gets_an_answer():
    record = ntriples("<id/t> a dct:PeriodOfTime ; dcat:startDate [] ; dcat:endDate '2026-01-01'^^xsd:date .")
    report = validate(record, engine="pyshacl")
    assert [(result.shape, result.severity) for result in report.results] == [(UNCHECKED, "violation")]
    assert set(report.results[0].messages) == {"zh", "en"}
    assert validate(record).violations


@pytest.mark.parametrize("name", [known.name for known in profiles()])
def test_every_constraint_has_a_message_in_both_languages(name):
    shapes = Description(quad.triple for quad in parse(profile(name).turtle(), format=RdfFormat.TURTLE))
    # what a shape may say without checking anything by itself
    words = "name description targetClass targetObjectsOf targetSubjectsOf property order group path severity message"
    silent = {RDF + "type", RDFS + "label", *(SH + word for word in words.split())}
    checking = [
        node
        for node in shapes.subjects()
        if isinstance(node, NamedNode) and node.value.startswith(SHAPES) and shapes.properties(node).keys() - silent
    ]
    assert len(checking) > 90
    assert [node for node in checking if set(shapes.texts(node, "sh:message")) != {"zh", "en"}] == []


def test_the_hash_of_a_profile_stays_the_same_and_differs_between_profiles():
    hashes = {known.name: known.hash() for known in profiles()}
    assert hashes == {known.name: known.hash() for known in profiles()}
    assert len(set(hashes.values())) == len(hashes)
    assert all(value.startswith("sha256:") for value in hashes.values())
