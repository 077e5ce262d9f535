"""From descriptions to submissions: identity, canonical form, and what the checks find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pyoxigraph import Literal, RdfFormat, parse

from catalog.canonical import content_hash, to_content
from catalog.errors import IdentifierError, LimitExceededError
from catalog.identifiers import check_credit_code, check_object_code, looks_like_object_code
from catalog.intake import Rejection, Submission
from catalog.model import Finding, Iri, Kind, Severity
from catalog.safety import iter_markup, iter_unsafe_iris
from catalog.splitting import Description
from catalog.syntaxes.statements import Problem
from catalog.validating import validate_each
from ontology.namespaces import ADMS, DCT, SC, SKOS

_PUBLISHER = f"<{DCT}publisher>"
_IDENTIFIER = f"<{DCT}identifier>"
_OTHER_IDENTIFIER = f"<{ADMS}identifier>"
_NOTATION = f" <{SKOS}notation> "
_CREDIT_CODE = f"<{SC}unifiedSocialCreditCode>"
_MOST_CODES = 50
_MOST_FINDINGS = 200


def check_all(descriptions: Sequence[Description], name: str) -> list[Submission | Rejection]:
    """Return what becomes of descriptions in the document ``name``: submissions with all findings, or rejections."""
    results = [check(description, name) for description in descriptions]
    submissions = [result for result in results if isinstance(result, Submission)]
    found = validate_each([submission.content for submission in submissions])
    checked = iter(
        replace(submission, findings=_gravest(submission.findings + findings))
        for submission, findings in zip(submissions, found, strict=True)
    )
    return [next(checked) if isinstance(result, Submission) else result for result in results]


def _gravest(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if len(findings) <= _MOST_FINDINGS:
        return findings
    weights = {severity: weight for weight, severity in enumerate(Severity)}
    return tuple(sorted(findings, key=lambda finding: -weights[finding.severity])[:_MOST_FINDINGS])


def check(description: Description, name: str) -> Submission | Rejection:
    """Return the submission that a description in the document ``name`` makes, or why it makes none.

    Its findings are those of intake, not yet those of the shapes. Rejected are a resource without an IRI, a
    description of which something may be missing after a syntax error, and blank nodes that cannot be told apart.
    Whether findings keep the record out is for ``records.register``.
    """
    where = place(name, description.place)
    if description.subject.startswith("_:"):
        return Rejection(where, None, "record-without-iri", params={"kind": str(description.kind)})
    iri = description.subject[1:-1]
    lost = next((problem for problem in description.problems if problem.lost), None)
    if lost is not None:
        return Rejection(place(name, lost.line), iri, lost.code, params={"value": lost.value, "path": lost.path})
    try:
        content = to_content(description.lines)
    except LimitExceededError as error:
        return Rejection(where, iri, error.code, params=error.params)
    publisher, codes, subject_code, faults = _stated(description)
    return Submission(
        iri=Iri(iri),
        kind=description.kind,
        content=content,
        hash=content_hash(content),
        publisher=publisher,
        codes=codes,
        subject_code=subject_code,
        findings=(*_intake_findings(description, content), *faults, *description.losses),
        where=where,
    )


def place(name: str, line: int | str | None) -> str:
    """Return ``name`` and, where it is known, the line or other place in it."""
    return f"{name}:{line}" if line else name


def _finding(severity: Severity, focus: str, path: str, value: str, code: str) -> Finding:
    return Finding(severity, focus.strip("<>"), path.strip("<>"), value[:200], code, "", {})


def _intake_findings(description: Description, content: str) -> Iterator[Finding]:
    for prop, value in iter_unsafe_iris(content):
        yield _finding(Severity.UNSAFE, description.subject, prop, value, "iri-unsafe")
    for problem in description.problems:
        yield _left_out(problem, description.subject)
    for line in iter_markup(content):
        subject, prop, _ = line.split(" ", 2)
        yield _finding(Severity.INFO, subject, prop, _text(line), "markup-in-text")


def _left_out(problem: Problem, subject: str) -> Finding:
    return _finding(Severity.VIOLATION, problem.subject or subject, problem.path, problem.value, problem.code)


_Stated = tuple[str | None, tuple[str, ...], str | None, list[Finding]]


def _stated(description: Description) -> _Stated:
    """Return publisher, codes and social credit code as stated, and findings for codes that are mistyped."""
    publishers: list[str] = []
    named: set[str] = set()
    stating: list[str] = []
    subject_code: str | None = None
    faults: list[Finding] = []
    starts = tuple(
        f"{description.subject} {prop} " for prop in (_PUBLISHER, _IDENTIFIER, _OTHER_IDENTIFIER, _CREDIT_CODE)
    )
    for line in description.lines:
        if not line.startswith(starts):
            continue
        _, prop, value = line[:-2].split(" ", 2)
        if prop == _OTHER_IDENTIFIER:
            named.add(value)
        elif prop == _PUBLISHER:
            publishers += [value[1:-1]] if value.startswith("<") else []
        elif value.startswith('"') and prop == _IDENTIFIER:
            stating.append(line)
        elif value.startswith('"') and description.kind is Kind.PARTICIPANT:
            subject_code = _credit_code(line, faults)
    if named:
        stating += [line for line in description.lines if _NOTATION in line and line.split(" ", 1)[0] in named]
    codes = _codes(stating, description.subject, faults) if stating else ()
    return min(publishers, default=None), codes, subject_code, faults


def _credit_code(line: str, faults: list[Finding]) -> str | None:
    try:
        return check_credit_code(_text(line))
    except IdentifierError:
        subject, prop, _ = line.split(" ", 2)
        faults.append(_finding(Severity.VIOLATION, subject, prop, _text(line), "credit-code-mistyped"))
        return None


def _codes(lines: list[str], resource: str, faults: list[Finding]) -> tuple[str, ...]:
    codes: dict[str, None] = {}
    for line in lines:
        text = _text(line)
        fault = _code_fault(text)
        if fault is not None:
            subject, prop, _ = line.split(" ", 2)
            faults.append(_finding(fault, subject, prop, text, "object-code-mistyped"))
        elif text and text != resource[1:-1]:
            codes[text] = None
    return tuple(codes)[:_MOST_CODES]


def _code_fault(text: str) -> Severity | None:
    """Return how grave it is that ``text`` looks like an object code without being one; ``None`` if all is well.

    Other identifiers of 32 letters and digits exist; it is surely meant as an object code where its subject segment
    is a social credit code.
    """
    if not looks_like_object_code(text.strip()):
        return None
    try:
        check_object_code(text)
    except IdentifierError:
        try:
            check_credit_code(text.strip()[1:19])
        except IdentifierError:
            return Severity.WARNING
        return Severity.VIOLATION
    return None


def _text(line: str) -> str:
    """Return the lexical form of the literal in an N-Triples line, empty if it holds none."""
    value = next(iter(parse(line, RdfFormat.N_TRIPLES))).object
    return value.value if isinstance(value, Literal) else ""
