"""From a description to a submission: identity, canonical form, and what the checks find."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, RdfFormat, parse

from catalog.canonical import content_hash, to_content
from catalog.errors import IdentifierError, LimitExceededError
from catalog.identifiers import check_credit_code, check_object_code, looks_like_object_code
from catalog.intake import Rejection, Submission
from catalog.model import Finding, Iri, Kind, Severity
from catalog.safety import has_markup, iter_unsafe_iris
from catalog.splitting import Description
from catalog.syntaxes.statements import Problem
from ontology.namespaces import ADMS, DCT, SC, SKOS
from shapes.report import SEVERITIES
from shapes.validate import validate

_PUBLISHER = f"<{DCT}publisher>"
_IDENTIFIER = f"<{DCT}identifier>"
_OTHER_IDENTIFIER = f"<{ADMS}identifier>"
_NOTATION = f"<{SKOS}notation>"
_CREDIT_CODE = f"<{SC}unifiedSocialCreditCode>"
_MOST_CODES = 50
_MOST_FINDINGS = 200


def check(description: Description, name: str) -> Submission | Rejection:
    """Return the submission that a description in the document ``name`` makes, or why it makes none.

    Rejected are a resource without an IRI, a description of which something may be missing after a syntax error,
    and blank nodes that cannot be told apart. Whether findings keep the record out is for ``records.register``.
    """
    where = place(name, description.line)
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
    codes, subject_code, faults = _codes(description)
    findings = [*_intake_findings(description, iri), *faults, *_shape_findings(content), *_markup(description)]
    return Submission(
        iri=Iri(iri),
        kind=description.kind,
        content=content,
        hash=content_hash(content),
        publisher=_publisher(description),
        codes=codes,
        subject_code=subject_code,
        findings=tuple(findings[:_MOST_FINDINGS]),
        where=where,
    )


def place(name: str, line: int | str | None) -> str:
    """Return ``name`` and, where it is known, the line or other place in it."""
    return f"{name}:{line}" if line else name


def finding_of(problem: Problem, focus: str) -> Finding:
    """Return the finding that tells about a statement which could not be taken."""
    return _finding(Severity.VIOLATION, problem.subject or focus, problem.path, problem.value, problem.code)


def _finding(severity: Severity, focus: str, path: str, value: str, code: str) -> Finding:
    return Finding(severity, focus.strip("<>"), path.strip("<>"), value, code, "", {})


def _intake_findings(description: Description, iri: str) -> Iterator[Finding]:
    for prop, value in iter_unsafe_iris(description.lines):
        yield _finding(Severity.UNSAFE, iri, prop, value[:200], "iri-unsafe")
    for problem in description.problems:
        yield finding_of(problem, iri)


def _shape_findings(content: str) -> Iterator[Finding]:
    for r in validate(content).results:
        severity = Severity(r.severity) if r.severity in SEVERITIES else Severity.VIOLATION
        yield Finding(severity, r.focus, r.path, r.value, r.component, r.shape, r.messages)


def _markup(description: Description) -> Iterator[Finding]:
    for line in description.lines:
        if "<" in line:
            subject, prop, value = line.split(" ", 2)
            if value.startswith('"') and has_markup(value[: value.rfind('"')]):
                yield _finding(Severity.INFO, subject, prop, _text(line)[:200], "markup-in-text")


def _publisher(description: Description) -> str | None:
    values = [value for prop, value in _own(description) if prop == _PUBLISHER and value.startswith("<")]
    return min(values)[1:-1] if values else None


def _own(description: Description) -> Iterator[tuple[str, str]]:
    """Iterate over (property, value) of the resource itself."""
    start = description.subject + " "
    for line in description.lines:
        if line.startswith(start):
            prop, value = line[len(start) : -2].split(" ", 1)
            yield prop, value


def _codes(description: Description) -> tuple[tuple[str, ...], str | None, list[Finding]]:
    """Return the codes a description states, its social credit code, and findings for those that are mistyped."""
    start = description.subject + " "
    named = {value for prop, value in _own(description) if prop == _OTHER_IDENTIFIER}
    codes: list[str] = []
    subject_code: str | None = None
    faults: list[Finding] = []
    for line in description.lines:
        subject, prop, value = line.split(" ", 2)
        own = line.startswith(start)
        states_code = prop == _IDENTIFIER if own else (prop == _NOTATION and subject in named)
        if states_code and value.startswith('"'):
            text = _text(line)
            fault = _code_fault(text)
            if fault is not None:
                faults.append(_finding(fault, subject, prop, text, "object-code-mistyped"))
            elif text and text != description.subject[1:-1]:
                codes.append(text)
        elif own and prop == _CREDIT_CODE and value.startswith('"'):
            try:
                subject_code = check_credit_code(_text(line))
            except IdentifierError:
                faults.append(_finding(Severity.VIOLATION, subject, prop, _text(line), "credit-code-mistyped"))
    return tuple(dict.fromkeys(codes))[:_MOST_CODES], subject_code if _is_participant(description) else None, faults


def _is_participant(description: Description) -> bool:
    return description.kind is Kind.PARTICIPANT


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
    """Return the lexical form of the literal in an N-Triples line."""
    value = next(iter(parse(line, RdfFormat.N_TRIPLES))).object
    assert isinstance(value, Literal)
    return value.value
