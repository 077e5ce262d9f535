"""Loads documents through the API, tells what was rejected and why, and counts."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click

from app.client import API, Client, ProblemError
from app.speech import both, pick
from catalog.errors import EngineUnavailableError

_DEMO = Path(__file__).parent / "demo"
_DEMO_VISIBILITY = {"members": "members", "drafts": "draft"}
_SHOWN_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Source:
    """One document to be loaded. ``path`` is ``None`` for standard input; ``name`` is what outcomes call it."""

    path: Path | None
    name: str
    parameters: dict[str, str | bool | None]


def demonstration() -> list[Source]:
    """Return the documents of the demonstration space, participants first, so that codes carry theirs."""
    files = sorted(_DEMO.glob("*.ttl"), key=lambda file: (not file.stem.startswith("participant"), file.name))
    return [
        Source(file, file.name, {"source": "demo", "policy": "member", "visibility": _DEMO_VISIBILITY.get(file.stem)})
        for file in files
    ]


def iter_sources(paths: Iterable[Path], parameters: dict[str, str | bool | None]) -> Iterator[Source]:
    """Yield what is to be loaded. Raises ``InputError`` for a folder without a document of a known ending."""
    from catalog.importing import find_documents

    for path in paths:
        if path == Path("-"):
            yield Source(None, "stdin", parameters)
        else:
            yield from (Source(document.path, document.name, parameters) for document in find_documents(path))


def load_all(client: Client, sources: Iterable[Source], *, lines: bool = False) -> Counter[str]:
    """Load every source and return how many records ended in which way; with ``lines``, outcomes are JSON lines.

    A document that cannot be read at all counts as one rejected record and does not stop the others.
    """
    from tqdm import tqdm

    sources = list(sources)
    counts: Counter[str] = Counter()
    total = sum(source.path.stat().st_size for source in sources if source.path)
    with tqdm(total=total, unit="B", unit_scale=True, disable=None if not lines else True, leave=False) as bar:
        for source in sources:
            done = 0.0
            for line in _load(client, source):
                if "progress" in line:
                    done = _advance(bar, source, done, line["progress"])
                elif "status" in line:
                    counts[line["status"]] += 1
                    bar.set_postfix_str(both(f"{counts.total()} records", f"{counts.total()} 条"), refresh=False)
                if lines:
                    click.echo(json.dumps(line, ensure_ascii=False))
                elif "problem" in line or line.get("status") == "rejected":
                    with tqdm.external_write_mode(file=sys.stderr):
                        click.echo(_in_words(source, line), err=True)
                counts["rejected"] += "problem" in line
            _advance(bar, source, done, 1.0)
    if not lines:
        _say_summary(counts)
    return counts


def _advance(bar: Any, source: Source, done: float, now: float) -> float:
    if source.path:
        bar.update((now - done) * source.path.stat().st_size)
    return now


def _load(client: Client, source: Source) -> Iterator[dict[str, Any]]:
    with _opened(source) as body:
        try:
            reply = client.stream(
                "POST",
                f"{API}/imports",
                {**source.parameters, "name": source.name, "progress": True},
                accept="application/x-ndjson",
                body=body,
                media_type="application/octet-stream",
            )
        except ProblemError as error:
            if error.status in (401, 403):
                raise
            yield {"problem": error.body}
            return
        whole = False
        for text in reply.lines():
            line = json.loads(text)
            whole = whole or "summary" in line or "problem" in line
            yield line
    if not whole:
        raise EngineUnavailableError("answer-cut-short", where=source.name)


def _opened(source: Source) -> IO[bytes]:
    if source.path:
        return source.path.open("rb")
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller; a request needs to know the size
    shutil.copyfileobj(sys.stdin.buffer, kept)
    kept.seek(0)
    return kept


def _in_words(source: Source, line: dict[str, Any]) -> str:
    if "problem" in line:
        problem = line["problem"]
        return click.style(f"✗ {source.name}: {problem.get('detail') or problem.get('title')}", fg="red")
    head = " ".join(part for part in (line["where"], line["iri"]) if part)
    text = click.style(f"✗ {head}: {line['message']}", fg="red")
    blocking = [f for f in line["findings"] if f["severity"] in ("violation", "unsafe")]
    for finding in blocking[:_SHOWN_FINDINGS]:
        text += f"\n    {finding['severity']}: {finding['path']} {pick(finding['messages'])}"
    if len(blocking) > _SHOWN_FINDINGS:
        more = len(blocking) - _SHOWN_FINDINGS
        text += both(f"\n    … and {more} more", f"\n    …… 另有 {more} 项")
    return text


def _say_summary(counts: Counter[str]) -> None:
    words = {
        "created": both("created", "条新增"),
        "updated": both("updated", "条更新"),
        "unchanged": both("unchanged", "条未变"),
        "rejected": both("rejected", "条被拒"),
    }
    click.echo(both(", ", "，").join(f"{counts[status]} {word}" for status, word in words.items()))
