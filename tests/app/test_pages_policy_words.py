"""Policies in words: what one may, must and must not do, in both languages."""

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from app.i18n import Words
from app.pages.policy_words import PolicyWords, Terms
from ontology import terms
from ontology.description import Description

POLICY = NamedNode("http://example.org/offer")
PREFIXES = """
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> .
"""


def say(turtle: str, language: str = "en") -> Terms:
    about = Description(parse(PREFIXES + turtle, format=RdfFormat.TURTLE))
    name = lambda iri: terms.label(iri, language) or iri.rsplit("/", 1)[-1]  # noqa: E731
    return PolicyWords(about, Words(language), name).terms(POLICY)


def test_permission_with_purpose_and_duty() -> None:
    turtle = """ex:offer a odrl:Offer ; odrl:permission [ odrl:action odrl:use ;
        odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isAnyOf ; odrl:rightOperand ex:research ] ;
        odrl:duty [ odrl:action odrl:attribute ] ] ."""
    (rule,) = say(turtle).rules
    assert (rule.effect, rule.sentence) == ("permission", "You may use it.")
    assert rule.conditions == ("purpose: research",)
    assert [duty.sentence for duty in rule.duties] == ["You must name the provider."]
    (rule,) = say(turtle, "zh").rules
    assert rule.sentence == "可以使用。"
    assert rule.conditions == ("用途：research",)
    assert [duty.sentence for duty in rule.duties] == ["必须注明提供方。"]


def test_prohibition_of_two_acts() -> None:
    turtle = "ex:offer odrl:prohibition [ odrl:action odrl:distribute , odrl:sell ] ."
    assert {say(turtle).rules[0].sentence} <= {
        "You must not pass it on to others and sell it.",
        "You must not sell it and pass it on to others.",
    }
    assert say(turtle, "zh").rules[0].sentence.startswith("不得")


@pytest.mark.parametrize(
    ("operator", "en", "zh"),
    [
        ("lteq", "until 31 December 2026", "截至2026年12月31日"),
        ("gt", "after 31 December 2026", "在2026年12月31日之后"),
    ],
)
def test_dates_read_as_dates(operator: str, en: str, zh: str) -> None:
    turtle = f"""ex:offer odrl:permission [ odrl:action odrl:use ; odrl:constraint [ odrl:leftOperand odrl:dateTime ;
        odrl:operator odrl:{operator} ; odrl:rightOperand "2026-12-31"^^xsd:date ] ] ."""
    assert say(turtle).rules[0].conditions == (en,)
    assert say(turtle, "zh").rules[0].conditions == (zh,)


def test_durations_numbers_and_units() -> None:
    turtle = """ex:offer odrl:permission [ odrl:action odrl:use ;
        odrl:constraint [ odrl:leftOperand odrl:elapsedTime ; odrl:operator odrl:lteq ;
            odrl:rightOperand "P30D"^^xsd:duration ] ,
          [ odrl:leftOperand odrl:count ; odrl:operator odrl:lt ; odrl:rightOperand 5 ] ,
          [ odrl:leftOperand odrl:elapsedTime ; odrl:operator odrl:gteq ;
            odrl:rightOperand "P1DT12H"^^xsd:duration ] ] ."""
    assert set(say(turtle).rules[0].conditions) == {
        "time of use at most 30 days",
        "number of uses less than 5",
        "time of use at least P1DT12H",
    }
    assert "使用时长不超过 30天" in say(turtle, "zh").rules[0].conditions


def test_logical_constraints_name_their_parts() -> None:
    turtle = """ex:offer odrl:permission [ odrl:action odrl:use ; odrl:constraint [ odrl:or (
        [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand ex:research ]
        [ odrl:leftOperand odrl:spatial ; odrl:operator odrl:eq ; odrl:rightOperand ex:China ] ) ] ] ."""
    assert say(turtle).rules[0].conditions == ("one of these or more: purpose: research; place: China",)


def test_a_refined_action_is_a_condition() -> None:
    turtle = """ex:offer odrl:permission [ odrl:action [ rdf:value odrl:print ;
        odrl:refinement [ odrl:leftOperand odrl:resolution ; odrl:operator odrl:lteq ; odrl:rightOperand 1200 ] ] ] ."""
    (rule,) = say(turtle).rules
    assert rule.sentence == "You may print it."
    assert rule.conditions == ("resolution at most 1200",)


def test_who_it_is_for_and_what_mends_a_breach() -> None:
    turtle = """ex:offer a odrl:Agreement ; odrl:permission [ odrl:action odrl:use ; odrl:assignee ex:Bank ] ;
        odrl:prohibition [ odrl:action odrl:sell ; odrl:remedy [ odrl:action odrl:delete ] ] ;
        odrl:obligation [ odrl:action odrl:compensate ] ."""
    said = say(turtle)
    assert said.kind == "Agreement"
    assert [rule.sentence for rule in said.rules] == [
        "You may use it.",
        "You must not sell it.",
        "You must pay for it.",
    ]
    assert said.rules[0].conditions == ("for Bank only",)
    assert said.rules[1].duties[0].sentence == "You must delete it."


def test_what_is_unknown_is_called_by_its_name() -> None:
    turtle = """ex:offer odrl:permission [ odrl:action ex:hum ; odrl:constraint [ odrl:leftOperand ex:mood ;
        odrl:operator ex:resembles ; odrl:rightOperand "blue" ] ] ."""
    (rule,) = say(turtle).rules
    assert rule.sentence == "You may hum."
    assert rule.conditions == ("mood resembles blue",)


def test_a_cycle_ends() -> None:
    turtle = """ex:offer odrl:permission ex:rule .
        ex:rule odrl:action odrl:use ; odrl:duty ex:rule ; odrl:constraint ex:c . ex:c odrl:and ex:c ."""
    (rule,) = say(turtle).rules
    depth = 0
    while rule.duties:
        rule, depth = rule.duties[0], depth + 1
    assert depth < 10


def test_a_list_that_bites_its_tail_ends() -> None:
    turtle = """ex:offer odrl:permission [ odrl:action odrl:use ; odrl:constraint [ odrl:or ex:l ] ] .
        ex:l rdf:first ex:c ; rdf:rest ex:l . ex:c odrl:leftOperand odrl:count ."""
    assert say(turtle).rules[0].conditions


def test_a_policy_without_rules_says_nothing() -> None:
    assert say("ex:offer a odrl:Set ; odrl:inheritFrom ex:base .").inherits == ("http://example.org/base",)
