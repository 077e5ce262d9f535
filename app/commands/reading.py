"""Commands that read: search, show, query, export, stats. All go through the API, as any program would."""

from __future__ import annotations

import csv
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import click

from app.client import API, Client, Reply, open_client
from app.commands.options import as_json, fail, public, say_json, settings_options
from app.speech import both, pick
from catalog.settings import Settings

_FACETS = (
    "kind", "theme", "industry", "publisher", "format", "licence", "frequency", "delivery", "language", "scenario"
)  # fmt: skip
_RECORD_ID = re.compile(r"[a-z2-7]{16}")
_COLUMN_WIDTH = 60


@click.command(help=both("Find records by words and meaning.", "按词语和语义查找记录。"))
@click.argument("text", nargs=-1)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="FACET=VALUE",
    help=both("Only records with this value; repeatable. Facets: ", "仅返回取此值的记录，可重复。分面：")
    + ", ".join(_FACETS),
)
@click.option("--sort", type=click.Choice(["relevance", "modified", "title"]), help=both("Order.", "排序方式。"))
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "keyword", "vector"]),
    help=both("By words, by meaning, or both.", "按词语、按语义或两者结合。"),
)
@click.option("--size", type=click.IntRange(1, 100), default=10, show_default=True, help=both("Hits.", "条数。"))
@click.option("--cursor", help=both("The page after an earlier one (`next`).", "继续前一页（`next`）。"))
@as_json
@public
@settings_options
def search(
    settings: Settings,
    text: tuple[str, ...],
    filters: tuple[str, ...],
    as_json: bool,
    public: bool,
    **options: Any,
) -> None:
    """Find records and say why each was found."""
    asked: dict[str, Any] = {"q": " ".join(text), "counts": as_json, **options}
    for given in filters:
        facet, mark, value = given.partition("=")
        if not mark or facet not in _FACETS:
            raise click.BadParameter(given, param_hint="--filter FACET=VALUE")
        asked.setdefault(facet, []).append(value)
    with open_client(settings, public=public) as client:
        page = client.get("/search", asked)
    if as_json:
        say_json(page)
        return
    for hit in page["hits"]:
        click.secho(pick(hit["title"]) or hit["iri"], bold=True)
        click.echo(f"  {' · '.join(part for part in (hit['id'], hit['kind'], pick(hit['publisher'])) if part)}")
        why = "; ".join(_reason(reason) for reason in hit["reasons"])
        if why:
            click.secho(f"  {why}", dim=True)
    total = page["total"]
    click.echo(
        both(f"Records: {total}, shown: {len(page['hits'])}", f"共 {total} 条，显示 {len(page['hits'])} 条"), err=True
    )
    if page["next"]:
        click.echo(both("More: --cursor ", "下一页：--cursor ") + page["next"], err=True)


def _reason(reason: dict[str, Any]) -> str:
    return f"{reason['field'] or reason['kind']}: {', '.join(reason['terms'])}" if reason["terms"] else reason["kind"]


@click.command(
    help=both(
        "Show a record, named by id, IRI, object code or legacy identifier.",
        "显示记录，可用编号、IRI、对象标识码或原有标识指定。",
    )
)
@click.argument("name")
@click.option(
    "--format", "form", help=both("Write its content instead: turtle, jsonld, …", "输出其内容：turtle、jsonld 等。")
)
@as_json
@public
@settings_options
def show(settings: Settings, name: str, form: str | None, as_json: bool, public: bool) -> None:
    """Show one record: what is known of it, or its content in a format."""
    with open_client(settings, public=public) as client:
        record_id = _find_id(client, name)
        if form:
            _copy(client.stream("GET", f"{API}/records/{record_id}/content", {"format": form}, accept="*/*"), None)
            return
        record = client.get(f"/records/{record_id}")
    if as_json:
        say_json(record)
    else:
        _say_record(record)


def _find_id(client: Client, name: str) -> str:
    """Return the id of the record that ``name`` means; ends the command where there is none or are several."""
    if _RECORD_ID.fullmatch(name):
        return name
    if "/record/" in name:
        return quote(name.rsplit("/", 1)[-1], safe="")
    if re.match(r"[a-z][a-z0-9+.-]*:", name, re.IGNORECASE):
        found = client.get("/records", {"iri": name})["records"]
    else:
        found = client.get(f"/identifiers/{quote(name, safe='')}")["records"]
    if not found:
        fail(both(f"There is no record of {name}.", f"没有描述 {name} 的记录。"), 4)
    if len(found) > 1:
        choices = "".join(f"\n  {record['id']}  {record['iri']}" for record in found)
        fail(both(f"{name} belongs to several records; name one:", f"{name} 对应多条记录，请指定其一：") + choices, 5)
    return str(found[0]["id"])


def _say_record(record: dict[str, Any]) -> None:
    click.secho(pick(record["title"]) or record["label"], bold=True)
    description = pick(record["description"])
    if description:
        click.echo(description)
    click.echo()
    facts = (
        (both("id", "编号"), record["id"]),
        (both("IRI", "IRI"), record["iri"]),
        (both("kind", "类型"), record["kind"]),
        (both("object code", "对象标识码"), record["code"]),
        (both("aliases", "原有标识"), ", ".join(record["aliases"])),
        (both("visibility", "可见范围"), record["visibility"]),
        (both("source", "来源"), record["source"]),
        (both("created", "登记时间"), record["created"]),
        (both("modified", "修改时间"), record["modified"]),
        (both("page", "页面"), record["links"]["html"]),
    )
    for label, value in facts:
        if value:
            click.echo(f"{pad(label, 12)} {value}")
    for finding in record["findings"]:
        click.secho(f"{finding['severity']}: {finding['path']} {pick(finding['messages'])}", fg="yellow")


@click.command(
    help=both(
        "Run a SPARQL query, given as text, by --file, or on standard input.",
        "执行 SPARQL 查询，可直接给出文本，或用 --file、标准输入提供。",
    )
)
@click.argument("text", required=False)
@click.option(
    "--file", "-f", type=click.File("r", encoding="utf-8"), help=both("File of the query.", "查询所在的文件。")
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "tsv", "json", "xml", "ttl", "nt", "jsonld", "rdf"]),
    help=both("Form of the result.", "结果的格式。"),
)
@as_json
@public
@settings_options
def query(
    settings: Settings, text: str | None, file: IO[str] | None, form: str | None, as_json: bool, public: bool
) -> None:
    """Run a query within the limits of the endpoint and write what comes back as it comes."""
    sparql = file.read() if file else text if text and text != "-" else sys.stdin.read()
    form = "json" if as_json else form or "table"
    with open_client(settings, public=public) as client:
        reply = client.stream(
            "POST",
            "/sparql",
            accept=_accepted(form),
            body=io.BytesIO(sparql.encode()),
            media_type="application/sparql-query",
        )
        if form == "table" and reply.headers["content-type"].startswith("text/csv"):
            _say_table(reply)
        else:
            _copy(reply, None)


_RESULTS = {
    "table": "text/csv",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
}
_GRAPHS = {
    "table": "text/turtle",
    "csv": "text/turtle",
    "tsv": "text/turtle",
    "json": "application/ld+json",
    "xml": "application/rdf+xml",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
}


def _accepted(form: str) -> str:
    """Accept the form for solutions and the nearest one for triples: which it is, the query decides."""
    return ", ".join(dict.fromkeys(kinds[form] for kinds in (_RESULTS, _GRAPHS) if form in kinds))


def _say_table(reply: Reply) -> None:
    rows = list(csv.reader(line.decode() + "\n" for line in reply.lines()))
    if not rows:
        return
    shown = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(display_width(row[place]) for row in shown if place < len(row)) for place in range(len(rows[0]))]
    for number, row in enumerate(shown):
        line = "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=False)).rstrip()
        click.secho(line, bold=number == 0)
    click.echo(both("Rows: ", "行数：") + str(len(rows) - 1), err=True)


def _cut(cell: str) -> str:
    text = " ".join(cell.split())
    while display_width(text) > _COLUMN_WIDTH:
        text = text[: max(1, len(text) - 1 - (display_width(text) - _COLUMN_WIDTH) // 2)]
        if display_width(text) < _COLUMN_WIDTH:
            return text + "…"
    return text


def display_width(text: str) -> int:
    """Return the columns that a terminal needs for ``text``: two for each wide character."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def pad(text: str, width: int) -> str:
    """Fill ``text`` with spaces to ``width`` columns of a terminal."""
    return text + " " * max(0, width - display_width(text))


@click.command(
    help=both("Write one record, or the whole catalogue, in a format.", "以指定格式输出单条记录或整个目录。")
)
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    default="trig",
    show_default=True,
    help=both(
        "turtle, jsonld, rdfxml, ntriples; trig and nquads keep graphs; croissant, ckan, dcat-us.",
        "turtle、jsonld、rdfxml、ntriples；trig 和 nquads 保留图名；croissant、ckan、dcat-us。",
    ),
)
@click.option("--kind", help=both("Only records of this kind.", "仅输出此类记录。"))
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help=both("File to write; without it standard output.", "输出文件；默认为标准输出。"),
)
@public
@settings_options
def export(
    settings: Settings, name: str | None, form: str, kind: str | None, output: Path | None, public: bool
) -> None:
    """Write what the caller may see; a file appears only when it is complete."""
    with open_client(settings, public=public) as client:
        if name:
            path, asked = f"{API}/records/{_find_id(client, name)}/content", {"format": form}
        else:
            path, asked = f"{API}/export", {"format": form} | ({"kind": kind} if kind else {})
        _copy(client.stream("GET", path, asked, accept="*/*"), None if output == Path("-") else output)


def _copy(reply: Reply, output: Path | None) -> None:
    if output is None:
        sink = sys.stdout.buffer
        for chunk in reply.chunks:
            sink.write(chunk)
        sink.flush()
        return
    partial = output.with_name(output.name + ".partial")
    with partial.open("wb") as file:
        file.writelines(reply.chunks)
    partial.replace(output)


@click.command(help=both("Say what the catalogue holds and how far its parts are.", "显示目录的内容数量及各部分进度。"))
@as_json
@public
@settings_options
def stats(settings: Settings, as_json: bool, public: bool) -> None:
    """Say what the caller may see, by kind, and how far graph store and index follow."""
    with open_client(settings, public=public) as client:
        status = client.get("/status")
    if as_json:
        say_json(status)
        return
    for line in _status_lines(status):
        click.echo(line)


def _status_lines(status: dict[str, Any]) -> Iterator[str]:
    yield from _aligned([(kind, str(count)) for kind, count in sorted(status["counts"].items())])
    yield both(f"{status['total']} records", f"共 {status['total']} 条记录")
    yield ""
    index, facts = status["index"], []
    for name, follower in status["followers"].items():
        late = both(f"{follower['lag']} behind", f"落后 {follower['lag']}")
        said = late if follower["lag"] else both("up to date", "已同步")
        facts.append((name, said + (f" ({follower['error']})" if follower["error"] else "")))
    if "position" in status:
        facts.append((both("changes in the ledger", "账本中的变更"), str(status["position"])))
        facts.append((both("records indexed", "已索引记录"), str(index["records"])))
    facts.append((both("vectors missing", "缺少向量"), str(index["vectors_missing"])))
    yield from _aligned(facts)


def _aligned(facts: Sequence[tuple[str, str]]) -> Iterable[str]:
    width = max((display_width(label) for label, _ in facts), default=0)
    return [f"{pad(label, width)}  {value}" for label, value in facts]
