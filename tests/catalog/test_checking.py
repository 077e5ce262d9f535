"""Checking: what a description becomes, and what is found wrong with it."""

from __future__ import annotations

import pytest

from catalog.checking import check, check_all
from catalog.intake import Rejection, Submission
from catalog.model import Kind, Severity
from catalog.splitting import Description
from catalog.syntaxes.statements import Problem

D = "<http://e/d>"
DCT = "http://purl.org/dc/terms/"
SC = "https://w3id.org/spacecat/ns#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
CREDIT_CODE = "91350100M000100Y43"
OBJECT_CODE_BODY = "7" + CREDIT_CODE + "0000" + "00000000"


def described(*statements: str, kind: Kind = Kind.DATASET, problems: list[Problem] | None = None) -> Description:
    lines = [f"{D} <{TYPE}> <http://www.w3.org/ns/dcat#Dataset> .", *statements]
    return Description(1, D, kind, lines, 7, problems or [])


def submitted(description: Description) -> Submission:
    [result] = check_all([description], "file.nt")
    assert isinstance(result, Submission)
    return result


def found(submission: Submission, component: str) -> list[tuple[Severity, str, str]]:
    return [(f.severity, f.path, f.value) for f in submission.findings if f.component == component]


def test_a_submission_says_what_it_is_and_where_it_was() -> None:
    submission = submitted(
        described(
            f'{D} <{DCT}identifier> "OLD-1" .',
            f"{D} <{DCT}publisher> <http://e/p> .",
            f"{D} <http://www.w3.org/ns/adms#identifier> _:i .",
            '_:i <http://www.w3.org/2004/02/skos/core#notation> "OLD-2"^^<http://e/type> .',
            f'<http://e/other> <{DCT}identifier> "not ours" .',
        )
    )
    assert submission.iri == "http://e/d"
    assert submission.publisher == "http://e/p"
    assert submission.codes == ("OLD-1", "OLD-2")
    assert submission.where == "file.nt:7"
    assert submission.content.count("\n") == 6
    assert "_:c14n0" in submission.content


def test_findings_of_the_shapes_come_with_messages_in_both_languages() -> None:
    findings = [finding for finding in submitted(described()).findings if finding.path == DCT + "title"]
    assert findings
    assert all({"zh", "en"} <= finding.messages.keys() for finding in findings)


def test_a_resource_without_an_iri_is_rejected() -> None:
    description = Description(1, "_:x", Kind.SERVICE, ['_:x <http://e/p> "1" .'], 3, [])
    assert check(description, "f.nt") == Rejection("f.nt:3", None, "record-without-iri", {"kind": "data-service"})


def test_a_description_that_lost_something_is_rejected_at_the_place_of_the_fault() -> None:
    problem = Problem("syntax-error", "no full stop", line=9, subject=D, lost=True)
    rejection = check(described(problems=[problem]), "f.ttl")
    assert isinstance(rejection, Rejection)
    assert (rejection.where, rejection.iri, rejection.code) == ("f.ttl:9", "http://e/d", "syntax-error")
    assert rejection.params["value"] == "no full stop"


def test_a_statement_left_out_is_a_violation() -> None:
    problem = Problem("iri-invalid", "http://e/a b", "http://e/p", 9, D)
    assert found(submitted(described(problems=[problem])), "iri-invalid") == [
        (Severity.VIOLATION, "http://e/p", "http://e/a b")
    ]


def test_a_clique_of_blank_nodes_is_rejected() -> None:
    clique = [f"_:b{i} <http://e/p> _:b{j} ." for i in range(12) for j in range(12) if i != j]
    rejection = check(described(*clique), "f.nt")
    assert isinstance(rejection, Rejection)
    assert rejection.code == "blank-nodes-alike"


def test_scripts_are_unsafe_and_markup_is_only_mentioned() -> None:
    submission = submitted(
        described(
            f'{D} <{DCT}title> "<script>alert(1)</script>" .',
            f"{D} <http://xmlns.com/foaf/0.1/page> <javascript:alert(1)> .",
        )
    )
    assert found(submission, "iri-unsafe") == [
        (Severity.UNSAFE, "http://xmlns.com/foaf/0.1/page", "javascript:alert(1)")
    ]
    assert found(submission, "markup-in-text") == [(Severity.INFO, DCT + "title", "<script>alert(1)</script>")]
    assert "<script>" in submission.content


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        (OBJECT_CODE_BODY + "0", Severity.VIOLATION),
        ("7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0", Severity.WARNING),
    ],
)
def test_a_wrong_check_character_of_an_object_code_is_found(code: str, severity: Severity) -> None:
    submission = submitted(described(f'{D} <{DCT}identifier> "{code}" .'))
    assert found(submission, "object-code-mistyped") == [(severity, DCT + "identifier", code)]
    assert submission.codes == ()


def test_a_participant_has_its_social_credit_code_checked() -> None:
    good = submitted(described(f'{D} <{SC}unifiedSocialCreditCode> "{CREDIT_CODE}" .', kind=Kind.PARTICIPANT))
    assert good.subject_code == CREDIT_CODE
    bad = submitted(described(f'{D} <{SC}unifiedSocialCreditCode> "{CREDIT_CODE[:-1]}9" .', kind=Kind.PARTICIPANT))
    assert bad.subject_code is None
    assert [severity for severity, _, _ in found(bad, "credit-code-mistyped")] == [Severity.VIOLATION]


def test_isomorphic_submissions_have_the_same_hash() -> None:
    first, second = (
        submitted(described(f"{D} <{DCT}creator> _:{name} .", f'_:{name} <http://e/p> "1.50" .')) for name in "xy"
    )
    assert first.hash == second.hash
    assert first.hash != submitted(described(f"{D} <{DCT}creator> _:x .", '_:x <http://e/p> "1.5" .')).hash
