"""Register, revise, withdraw: the only ways in which a record changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from catalog.catalogue import Catalogue
from catalog.errors import GoneError, IdentifierError, NotFoundError
from catalog.identifiers import OBJECT_TYPES, looks_like_object_code, make_object_code, record_graph
from catalog.intake import Outcome, Status, Submission
from catalog.ledger import Entry
from catalog.model import Action, Audience, Finding, GraphIri, Iri, Record, Registration, Severity, Visibility
from catalog.visibility import may_know, may_see

BLOCKING: dict[str, frozenset[Severity]] = {
    "member": frozenset({Severity.VIOLATION, Severity.UNSAFE}),
    "harvest": frozenset({Severity.UNSAFE}),
    "operator": frozenset({Severity.UNSAFE}),
}
"""Which severities keep a record out, by the policy of its source."""


def register(catalogue: Catalogue, submissions: Sequence[Submission], registration: Registration) -> list[Outcome]:
    """Register each submission as a new record, a revision, or nothing where it says what is known already.

    All that are accepted are committed together; on return every surface shows them. The outcomes are in the order
    of the submissions; one that is rejected does not touch the others.
    """
    outcomes: list[Outcome] = []
    with catalogue.writing:
        for batch in _without_repeats(submissions):
            outcomes += _register_batch(catalogue, batch, registration)
    return outcomes


def rehearse(catalogue: Catalogue, submissions: Sequence[Submission], registration: Registration) -> list[Outcome]:
    """Return the outcomes that :func:`register` would give now, each submission by itself; nothing is stored."""
    return [
        outcome
        for batch in _without_repeats(submissions)
        for outcome in _plan_batch(catalogue, batch, registration).outcomes
    ]


def _without_repeats(submissions: Sequence[Submission]) -> list[list[Submission]]:
    """Cut where a resource comes a second time, so that the later one revises the earlier."""
    batches: list[list[Submission]] = [[]]
    seen: set[str] = set()
    for submission in submissions:
        if submission.iri in seen:
            batches.append([])
            seen = set()
        seen.add(submission.iri)
        batches[-1].append(submission)
    return batches


@dataclass(slots=True)
class _Plan:
    """What registering a batch comes to: an outcome for each submission, and what is to be written."""

    outcomes: list[Outcome] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    findings: dict[GraphIri, tuple[Finding, ...]] = field(default_factory=dict)


def _register_batch(catalogue: Catalogue, batch: list[Submission], registration: Registration) -> list[Outcome]:
    plan = _plan_batch(catalogue, batch, registration)
    if plan.findings:
        catalogue.ledger.update_findings(plan.findings)
    catalogue.following.hand_on(catalogue.ledger.commit(plan.entries))
    return plan.outcomes


def _plan_batch(catalogue: Catalogue, batch: list[Submission], registration: Registration) -> _Plan:
    graphs = [_graph_of(catalogue, submission, registration) for submission in batch]
    known = catalogue.ledger.records_of(graphs)
    codes = _Codes(catalogue, batch)
    now = datetime.now(UTC).replace(microsecond=0)
    plan = _Plan()
    for submission, graph in zip(batch, graphs, strict=True):
        earlier = known.get(graph)
        try:
            _check_acceptable(submission, earlier, registration)
            code = codes.choose(submission, graph, earlier)
        except IdentifierError as error:
            plan.outcomes.append(_rejected(submission, graph, error))
            continue
        record = _as_registered(submission, graph, earlier, registration, now, code)
        status = _status(earlier, record)
        if status is not Status.UNCHANGED:
            plan.entries.append(_entry(submission, record, earlier))
        elif earlier is not None and earlier.findings != submission.findings:
            plan.findings[graph] = submission.findings
        plan.outcomes.append(Outcome(submission.where, submission.iri, graph, status, findings=submission.findings))
    return plan


def _graph_of(catalogue: Catalogue, submission: Submission, registration: Registration) -> GraphIri:
    return registration.graphs.get(submission.iri) or record_graph(catalogue.settings.base_iri, submission.iri)


def _check_acceptable(submission: Submission, earlier: Record | None, registration: Registration) -> None:
    """Raise ``IdentifierError`` where the record may not come in."""
    blocking = blocking_findings(submission.findings, registration.policy)
    if blocking:
        raise IdentifierError("record-blocked", where=submission.where, count=len(blocking))
    if earlier is None or registration.policy == "operator":
        return
    if earlier.source != registration.source:
        # A harvested file could otherwise replace what a member registered, by describing its IRI.
        raise IdentifierError("record-of-other-source", where=submission.iri, source=earlier.source)


def _as_registered(
    submission: Submission,
    graph: GraphIri,
    earlier: Record | None,
    registration: Registration,
    now: datetime,
    code: str | None,
) -> Record:
    visibility = registration.visibility or (earlier.visibility if earlier else Visibility.PUBLIC)
    return Record(
        graph=graph,
        iri=submission.iri,
        kind=submission.kind,
        visibility=visibility,
        hash=submission.hash,
        source=registration.source,
        actor=registration.actor,
        created=earlier.created if earlier else now,
        modified=now,
        code=code,
        findings=submission.findings,
    )


def _status(earlier: Record | None, record: Record) -> Status:
    if earlier is None:
        return Status.CREATED
    same = earlier.hash == record.hash and earlier.visibility == record.visibility and earlier.code == record.code
    return Status.UNCHANGED if same and earlier.withdrawn is None else Status.UPDATED


def _entry(submission: Submission, record: Record, earlier: Record | None) -> Entry:
    aliases = tuple(code for code in submission.codes if code != record.code)
    return Entry(
        record=record,
        action=Action.UPDATED if earlier else Action.CREATED,
        document=submission.content,
        aliases=aliases,
        subject_code=submission.subject_code,
    )


def _rejected(submission: Submission, graph: GraphIri, error: IdentifierError) -> Outcome:
    params = {**error.params, "where": error.where}
    return Outcome(
        submission.where, submission.iri, graph, Status.REJECTED, error.code, params, findings=submission.findings
    )


class _Codes:
    """Object codes for one batch: those that come in are respected if free, the others are made."""

    def __init__(self, catalogue: Catalogue, batch: Sequence[Submission]) -> None:
        self._operator = catalogue.settings.operator_code
        publishers = {s.publisher for s in batch if s.publisher}
        self._subjects = catalogue.ledger.subject_codes(publishers)
        self._subjects |= {s.iri: s.subject_code for s in batch if s.subject_code}
        self._made = {s.iri: self._make(s, 0) for s in batch if s.kind in OBJECT_TYPES}
        stated = {code for s in batch for code in s.codes if looks_like_object_code(code)}
        self._taken = catalogue.ledger.codes_taken({*self._made.values(), *stated})

    def _make(self, submission: Submission, attempt: int) -> str:
        subject = self._subjects.get(submission.publisher or "", self._operator)
        seed = submission.iri if attempt == 0 else f"{submission.iri}#{attempt}"
        return make_object_code(OBJECT_TYPES[submission.kind], subject, seed)

    def choose(self, submission: Submission, graph: str, earlier: Record | None) -> str | None:
        """Return the code of a record. Raises ``IdentifierError`` where it states one that belongs to another."""
        if submission.kind not in OBJECT_TYPES:
            return None
        stated = next((code for code in submission.codes if looks_like_object_code(code)), None)
        if stated and self._taken.get(stated, graph) != graph:
            raise IdentifierError("object-code-taken", where=stated, graph=self._taken[stated])
        code = stated or (earlier.code if earlier else None) or self._made[submission.iri]
        attempt = 0
        while self._taken.get(code, graph) != graph:
            attempt += 1
            code = self._make(submission, attempt)
        self._taken[code] = graph
        return code


def withdraw(catalogue: Catalogue, graph: str, actor: str) -> Record:
    """Withdraw a record: its content leaves every surface, a tombstone stays. Withdrawing twice changes nothing.

    Raises ``NotFoundError`` if there is no such record.
    """
    with catalogue.writing:
        record = _stored(catalogue, graph)
        if record.withdrawn is not None:
            return record
        now = datetime.now(UTC).replace(microsecond=0)
        gone = replace(record, withdrawn=now, modified=now, actor=actor)
        catalogue.following.hand_on(catalogue.ledger.commit([Entry(gone, Action.WITHDRAWN)]))
        return gone


def change_visibility(catalogue: Catalogue, graph: str, visibility: Visibility, actor: str) -> Record:
    """Change who may see a record; on return it holds on every surface.

    Raises ``NotFoundError`` if there is no such record, ``GoneError`` if it was withdrawn.
    """
    with catalogue.writing:
        record = _stored(catalogue, graph)
        if record.withdrawn is not None:
            raise GoneError("record-gone", graph=graph)
        if record.visibility is visibility:
            return record
        now = datetime.now(UTC).replace(microsecond=0)
        changed = replace(record, visibility=visibility, modified=now, actor=actor)
        catalogue.following.hand_on(catalogue.ledger.commit([Entry(changed, Action.VISIBILITY)]))
        return changed


def _stored(catalogue: Catalogue, graph: str) -> Record:
    record = catalogue.ledger.find_record(graph)
    if record is None:
        raise NotFoundError("record-unknown", where=graph)
    return record


def get_record(catalogue: Catalogue, audience: Audience, graph: str) -> Record:
    """Return a record that ``audience`` may see.

    Raises ``NotFoundError`` where there is none or it is hidden, which must look the same, and ``GoneError`` where
    it was withdrawn and the audience could see it before.
    """
    return _seen(catalogue.ledger.find_record(graph), audience, graph)


def get_record_of(catalogue: Catalogue, audience: Audience, iri: str) -> Record:
    """Return the record that describes the resource ``iri``; raises as :func:`get_record` does."""
    return _seen(catalogue.ledger.find_by_iri(Iri(iri)), audience, iri)


def _seen(record: Record | None, audience: Audience, wanted: str) -> Record:
    if record is None or not may_know(audience, record):
        raise NotFoundError("record-unknown", where=wanted)
    if not may_see(audience, record):
        raise GoneError("record-gone", where=wanted, graph=record.graph)
    return record


def get_content(catalogue: Catalogue, audience: Audience, record: Record) -> str:
    """Return the named graph of a record as N-Triples, literals as they were submitted.

    Raises ``NotFoundError`` where the audience may not see it.
    """
    content = catalogue.ledger.find_content(record)
    if content is None or not may_see(audience, record):
        raise NotFoundError("record-unknown", where=record.graph)
    return content


def blocking_findings(findings: Sequence[Finding], policy: str) -> list[Finding]:
    """Return those findings that keep a record out under the policy of its source."""
    return [finding for finding in findings if finding.severity in BLOCKING[policy]]
