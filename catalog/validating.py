"""Validates many records at once where that finds the same as validating each alone.

One check of fifty records costs less than half of fifty checks. It is the same where no record says anything about
a resource that another one names: then every node sees the same statements as it would alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalog.model import Finding, Severity
from shapes.report import SEVERITIES, Result
from shapes.validate import validate

_AT_ONCE = 50
_MOST_BYTES = 1 << 19
_BLANK = re.compile(r"_:r(\d+)x")
_BLANK_OBJECT = re.compile(r"> _:(?=c14n\d+ \.$)", re.MULTILINE)


def validate_each(contents: Sequence[str]) -> list[tuple[Finding, ...]]:
    """Return the findings of the shapes for each record, given as canonical N-Triples."""
    findings: list[tuple[Finding, ...]] = []
    for group in _groups(contents):
        findings += _validate_group(group)
    return findings


class _Group:
    """Records to be checked at once: no two of them say different things about one resource."""

    def __init__(self) -> None:
        self.contents: list[str] = []
        self.subjects: list[set[str]] = []
        self._describing: dict[str, str] = {}
        self._named: set[str] = set()
        self._size = 0

    def takes(self, content: str) -> bool:
        """Take a record in, if it has nothing to do with those that are here."""
        subjects, objects = _named(content)
        full = len(self.contents) >= _AT_ONCE or self._size + len(content) > _MOST_BYTES
        if self.contents and (full or not self._is_apart(content, subjects, objects)):
            return False
        self.contents.append(content)
        self.subjects.append(subjects)
        self._describing |= dict.fromkeys(subjects, content)
        self._named |= objects
        self._size += len(content)
        return True

    def _is_apart(self, content: str, subjects: set[str], objects: set[str]) -> bool:
        if not objects.isdisjoint(self._describing) or not subjects.isdisjoint(self._named):
            return False
        shared = subjects & self._describing.keys()
        return all(_is_said_alike(subject, content, self._describing[subject]) for subject in shared)


def _named(content: str) -> tuple[set[str], set[str]]:
    """Return the IRIs about which a record says something, and those that it only names."""
    lines = content.split("\n")[:-1]
    subjects = {line.split(" ", 1)[0] for line in lines if line[0] == "<"}
    objects = {line.split(" ", 2)[2][:-2] for line in lines if line[-3] == ">" and '"' not in line}
    return subjects, objects - subjects


def _is_said_alike(subject: str, content: str, other: str) -> bool:
    """Say whether two records say the same of ``subject``, blank nodes aside, whose labels do not compare."""
    said, said_there = _about(subject, content), _about(subject, other)
    return said == said_there and "> _:" not in said


def _about(subject: str, content: str) -> str:
    """Return the lines about ``subject``, which stand together: canonical N-Triples are sorted."""
    start = 0 if content.startswith(f"{subject} ") else content.index(f"\n{subject} ") + 1
    last = content.rfind(f"\n{subject} ") + 1
    return content[start : content.index("\n", max(start, last)) + 1]


def _groups(contents: Sequence[str]) -> list[_Group]:
    groups = [_Group()]
    for content in contents:
        if not groups[-1].takes(content):
            groups.append(_Group())
            groups[-1].takes(content)
    return groups


def _validate_group(group: _Group) -> list[tuple[Finding, ...]]:
    if len(group.contents) == 1:
        return [tuple(_finding(result) for result in validate(content).results) for content in group.contents]
    describing: dict[str, list[int]] = {}
    for number, subjects in enumerate(group.subjects):
        for subject in subjects:
            describing.setdefault(subject[1:-1], []).append(number)
    found: list[list[Finding]] = [[] for _ in group.contents]
    alone: set[int] = set()
    for result in validate("".join(_apart(*each) for each in enumerate(group.contents))).results:
        label = _BLANK.match(result.focus)
        owners = [int(label[1])] if label else describing.get(result.focus)
        if not result.focus:  # no engine could check them together
            alone |= set(range(len(group.contents)))
        elif owners is None:  # a resource that is only named, so perhaps checked for the sake of one record alone
            alone |= {number for number, content in enumerate(group.contents) if f"<{result.focus}>" in content}
        for number in owners or ():
            found[number].append(_finding(result))
    for number in alone:
        found[number] = [_finding(result) for result in validate(group.contents[number]).results]
    return [tuple(findings) for findings in found]


def _apart(number: int, content: str) -> str:
    """Return a record with its blank nodes labelled as no other record labels them."""
    if "_:c14n" not in content:
        return content
    label = f"_:r{number}x"
    content = ("\n" + content).replace("\n_:", "\n" + label)[1:]
    return _BLANK_OBJECT.sub("> " + label, content)


def _finding(result: Result) -> Finding:
    severity = Severity(result.severity) if result.severity in SEVERITIES else Severity.VIOLATION
    focus, value = _own_label(result.focus), _own_label(result.value)
    return Finding(severity, focus, result.path, value, result.component, result.shape, result.messages)


def _own_label(term: str) -> str:
    """Return a blank node's label as it is in its record."""
    return _BLANK.sub("_:", term, count=1) if term.startswith("_:r") else term
