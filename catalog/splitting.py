"""From statements to records: a spool on disk that gathers statements by subject, and the walk over its roots.

A root is a resource of a class in ``KIND_CLASSES`` about which more is said than its class. Its record is its own
statements and those about what it points to, as far as that is nested in it: blank nodes always, IRIs that are not
roots themselves up to a depth. Nested resources that several records share are copied into each. The spool keeps
lexical forms, which a triple store would not, and survives the process that fills it, so that the walk can go on
after a record that killed it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from catalog.errors import LimitExceededError
from catalog.model import KIND_CLASSES, Finding, Kind
from catalog.nested import is_nested_class
from catalog.safety import MAX_HOPS, MAX_NESTED_STATEMENTS, MAX_STATEMENTS
from catalog.syntaxes.statements import Problem, Statements
from ontology.namespaces import DCAT, DCT, FOAF, RDF, RDFS, SKOS

_TYPE = f"<{RDF}type>"
_TOPIC = f"<{FOAF}primaryTopic>"
_KINDS = {f"<{cls}>": kind for cls, kind in KIND_CLASSES.items()}
_PRECEDENCE = {kind: rank for rank, kind in enumerate(Kind)}
_RECORD = f"<{DCAT}record>"
_MEMBERSHIP = frozenset(
    {f"<{DCAT}{name}>" for name in ("dataset", "service", "catalog", "resource")}
    | {f"<{DCT}hasPart>", f"<{RDFS}member>"}
)
"""What joins a catalogue with its members: a blank node that is only a member is not nested."""

_LEAVES = frozenset({f"<{SKOS}Concept>", f"<{SKOS}ConceptScheme>"})
"""Classes whose resources are taken without what they point to, or a whole vocabulary would follow."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a document says about one root, as N-Triples lines; ``subject`` is its N-Triples term.

    ``place`` is its line or JSON pointer, where there is one; ``losses`` what conversion left behind.
    """

    position: int
    subject: str
    kind: Kind
    lines: list[str]
    place: int | str | None
    problems: list[Problem]
    losses: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource of unknown ``classes`` (IRIs) that belongs to no record; ``subject`` is its N-Triples term."""

    subject: str
    line: int | None
    classes: tuple[str, ...]


class Spool:
    """Statements by subject in one SQLite file; filled once, then walked."""

    def __init__(self, file: Path | str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.executescript(
            """
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
            PRAGMA temp_store = MEMORY;
            CREATE TABLE IF NOT EXISTS run (subject TEXT, line INTEGER, told INTEGER, familiar INTEGER, text TEXT);
            CREATE TABLE IF NOT EXISTS root (subject TEXT PRIMARY KEY, rank INTEGER) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS strange (subject TEXT PRIMARY KEY, taken INTEGER DEFAULT 0) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS topic (target TEXT, subject TEXT);
            CREATE TABLE IF NOT EXISTS problem (
                code TEXT, value TEXT, path TEXT, line INTEGER, subject TEXT, lost INTEGER, taken INTEGER DEFAULT 0);
            CREATE TABLE IF NOT EXISTS walk (position INTEGER PRIMARY KEY, subject TEXT, rank INTEGER, line INTEGER);
            """
        )
        self._described = lru_cache(4096)(self._fetch)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, statements: Statements) -> None:
        """Take statements in."""
        runs: list[tuple[str, int | None, bool, bool, str]] = []
        first = 0
        self._db.execute("BEGIN")
        for subject, group in groupby(statements.text, _subject):
            lines = list(group)
            line = statements.lines[first] if statements.lines else None
            runs.append((subject, line, *self._note_types(subject, lines), "\n".join(lines)))
            first += len(lines)
        self._db.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?)", runs)
        self._db.execute("COMMIT")

    def _note_types(self, subject: str, lines: list[str]) -> tuple[bool, bool]:
        """Note what makes ``subject`` a root; say whether more than its class is told, and a class is familiar."""
        told, classes = False, []
        of_type, of_topic = f"{subject} {_TYPE} ", f"{subject} {_TOPIC} "
        for line in lines:
            if line.startswith(of_type):
                classes.append(line[len(of_type) : -2])
            else:
                told = True
                if line.startswith(of_topic):
                    self._db.execute("INSERT INTO topic VALUES (?, ?)", (line[len(of_topic) : -2], subject))
        return told, self._note_classes(subject, classes)

    def _note_classes(self, subject: str, classes: list[str]) -> bool:
        """Note a root or a resource of unknown class; say whether a class is familiar."""
        ranks = [_PRECEDENCE[_KINDS[cls]] for cls in classes if cls in _KINDS]
        if ranks:
            self._db.execute(
                "INSERT INTO root VALUES (?, ?) ON CONFLICT DO UPDATE SET rank = min(rank, excluded.rank)",
                (subject, min(ranks)),
            )
            return True
        familiar = any(is_nested_class(cls[1:-1]) for cls in classes)
        if classes and not familiar and subject[0] == "<":
            self._db.execute("INSERT OR IGNORE INTO strange (subject) VALUES (?)", (subject,))
        return familiar

    def add_problem(self, problem: Problem) -> None:
        """Keep a problem for the record that it concerns."""
        row = (problem.code, problem.value, problem.path, problem.line, problem.subject, problem.lost)
        columns = "code, value, path, line, subject, lost"
        self._db.execute(f"INSERT INTO problem ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - our own words

    def finish(self, own_records: str) -> None:
        """Settle what the roots are; subjects under the IRI ``own_records`` are left out.

        Those are catalogue records of this catalogue's own, which come along when an export is imported again.
        """
        self._db.execute("CREATE INDEX run_subject ON run (subject)")
        self._db.execute("CREATE INDEX topic_target ON topic (target)")
        own = f"<{own_records}"
        self._db.execute("DELETE FROM run WHERE subject >= ? AND subject < ?", (own, own + "\U0010ffff"))
        self._db.execute(
            "DELETE FROM root WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.subject = root.subject AND told)"
        )
        self._db.execute(
            """
            DELETE FROM strange WHERE EXISTS (SELECT 1 FROM run WHERE run.subject = strange.subject AND familiar)
                OR NOT EXISTS (SELECT 1 FROM run WHERE run.subject = strange.subject AND told)
            """
        )
        self._drop_nested_roots()
        self._db.execute(
            """
            INSERT INTO walk SELECT row_number() OVER (ORDER BY place), subject, rank, line FROM (
                SELECT root.subject, rank, min(run.rowid) AS place, run.line
                FROM root JOIN run USING (subject) GROUP BY root.subject)
            """
        )

    def count(self) -> int:
        """Return the number of roots; 0 before ``finish``."""
        return int(self._db.execute("SELECT count(*) FROM walk").fetchone()[0])

    def _drop_nested_roots(self) -> None:
        """Drop policies and blank nodes that another resource points to: they are nested in it."""
        query = "SELECT subject FROM root WHERE rank = ? OR subject GLOB '_:*'"
        candidates = {subject for (subject,) in self._db.execute(query, (_PRECEDENCE[Kind.POLICY],))}
        if not candidates:
            return
        nested = set()
        for (text,) in self._db.execute("SELECT text FROM run"):
            for line in text.split("\n"):
                subject, prop, value = line.split(" ", 2)
                value = value[:-2]
                if value in candidates and value != subject and prop not in _MEMBERSHIP:
                    nested.add(value)
        self._db.executemany("DELETE FROM root WHERE subject = ?", ((subject,) for subject in nested))

    def iter_descriptions(self, start: int = 1) -> Iterator[Description | LimitExceededError]:
        """Walk over the roots in the order of the document, from position ``start`` on.

        A root whose description is beyond measure comes as an error whose ``where`` is its subject.
        """
        self._roots = {subject for (subject,) in self._db.execute("SELECT subject FROM walk")}
        self._troubled = {subject for (subject,) in self._db.execute("SELECT subject FROM problem")}
        self._strange = {subject for (subject,) in self._db.execute("SELECT subject FROM strange")}
        self._topics = bool(self._db.execute("SELECT EXISTS (SELECT * FROM topic)").fetchone()[0])
        self._subjects = {hash(subject) for (subject,) in self._db.execute("SELECT DISTINCT subject FROM run")}
        kinds = list(Kind)
        rows = self._db.execute("SELECT * FROM walk WHERE position >= ? ORDER BY position", (start,)).fetchall()
        for position, subject, rank, line in rows:
            try:
                lines, subjects = self._describe(subject)
            except LimitExceededError as error:
                yield error
                continue
            for part in self._strange & subjects:
                self._db.execute("UPDATE strange SET taken = 1 WHERE subject = ?", (part,))
            problems = self._problems_of(subjects) if self._troubled else []
            yield Description(position, subject, kinds[rank], lines, line, problems)

    def get_root(self, position: int) -> tuple[str, int | None]:
        """Return the subject and line of the root at ``position``."""
        subject, line = self._db.execute("SELECT subject, line FROM walk WHERE position = ?", (position,)).fetchone()
        return subject, line

    def iter_stray_problems(self) -> Iterator[Problem]:
        """Iterate over the problems that the walk found to be about no record."""
        return map(_problem, self._db.execute("SELECT * FROM problem WHERE NOT taken ORDER BY rowid"))

    def find_leftovers(self, most: int) -> tuple[list[Leftover], int]:
        """Return resources of unknown classes that the walk met in no record, ``most`` at most, and how many more.

        What such a resource points to is nested in it and so not told as well.
        """
        rows = self._db.execute(
            """
            SELECT subject, line, min(run.rowid) AS place FROM strange JOIN run USING (subject) WHERE NOT taken
            GROUP BY subject ORDER BY place
            """
        ).fetchall()
        found: list[Leftover] = []
        nested: set[str] = set()
        for number, (subject, line, _) in enumerate(rows):
            if len(found) == most:
                return found, sum(subject not in nested for subject, _, _ in rows[number:])
            if subject not in nested:
                found.append(Leftover(subject, line, self._classes(subject)))
                nested |= self._parts(subject)
        return found, 0

    def _classes(self, subject: str) -> tuple[str, ...]:
        of_type = f"{subject} {_TYPE} <"
        return tuple(line[len(of_type) : -3] for line in self._fetch(subject) if line.startswith(of_type))

    def _parts(self, subject: str) -> set[str]:
        try:
            return self._describe(subject)[1]
        except LimitExceededError:
            return set()

    def _fetch(self, subject: str) -> list[str]:
        rows = self._db.execute("SELECT text FROM run WHERE subject = ? ORDER BY rowid", (subject,))
        return [line for (text,) in rows for line in text.split("\n")]

    def _describe(self, root: str) -> tuple[list[str], set[str]]:
        """Return the statements of a record and all its subjects."""
        lines = self._fetch(root)
        if len(lines) > MAX_STATEMENTS:
            raise _too_large(root, MAX_STATEMENTS)
        most = len(lines) + MAX_NESTED_STATEMENTS
        seen = {root}
        queue = _nested(lines, 0)
        if self._topics:
            topics = self._db.execute("SELECT subject FROM topic WHERE target = ?", (root,))
            queue += [(subject, 1) for (subject,) in topics]
        while queue:
            subject, hops = queue.pop()
            if subject in seen or subject in self._roots:
                continue
            seen.add(subject)
            if hash(subject) not in self._subjects:
                continue
            found = self._described(subject)
            lines += found
            if len(lines) > most:
                raise _too_large(root, most)
            queue += _nested(found, hops)
        return lines, seen

    def _problems_of(self, subjects: set[str]) -> list[Problem]:
        found: list[Problem] = []
        for subject in self._troubled & subjects:
            found += map(_problem, self._db.execute("SELECT * FROM problem WHERE subject = ?", (subject,)))
            self._db.execute("UPDATE problem SET taken = 1 WHERE subject = ?", (subject,))
        return found


def _subject(line: str) -> str:
    return line.split(" ", 1)[0]


def _problem(row: tuple[str, str, str, int | None, str | None, int, int]) -> Problem:
    return Problem(*row[:5], lost=bool(row[5]))


def _too_large(root: str, most: int) -> LimitExceededError:
    return LimitExceededError("record-too-large", where=root, limit="statements", value=most)


def _nested(lines: list[str], hops: int) -> list[tuple[str, int]]:
    """Return what ``lines`` point to, with the number of IRIs on the way from the root."""
    found = []
    leaf = hops >= MAX_HOPS
    for line in lines:
        if '"' in line:
            continue
        _, prop, value = line.split(" ", 2)
        if prop == _TYPE:
            leaf = leaf or value[:-2] in _LEAVES
        elif value[0] == "_":
            found.append((value[:-2], hops))
        elif prop != _RECORD:
            found.append((value[:-2], hops + 1))
    return [(term, depth) for term, depth in found if depth == hops] if leaf else found
