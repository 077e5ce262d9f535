"""Operations on single records, and lists of them: read, change visibility, withdraw."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.api.cursors import read_cursor, write_cursor
from app.api.operations import Call, Operation, Parameter
from app.api.present import Presenter
from app.formats import FORMATS, get_format, write_catalogue, write_record
from app.labelling import Labels
from catalog import records
from catalog.errors import NotFoundError, ParameterError
from catalog.identifiers import check_object_code
from catalog.model import GraphIri, Kind, Record, Visibility
from catalog.neighbours import find_neighbours
from catalog.visibility import may_know, may_see, visibilities_of

ID = Parameter(
    "id",
    ("Id of the record: the last part of its address.", "记录的编号，即其地址的最后一段。"),
    {"type": "string", "maxLength": 200},
    place="path",
)
_KIND = Parameter(
    "kind",
    ("Only records of this kind.", "仅返回此类记录。"),
    {"type": "string", "enum": [kind.value for kind in Kind]},
)
_OPERATOR = "operator"


def get_record_by_id(call: Call) -> Record:
    """Return the record that ``id`` names.

    Raises ``NotFoundError`` where there is none for this audience, ``GoneError`` where it was withdrawn.
    """
    return records.get_record(call.catalogue, call.audience, graph_of(call))


def graph_of(call: Call) -> GraphIri:
    """Return the graph of the record that ``id`` names, whether or not there is one."""
    return GraphIri(f"{call.catalogue.settings.base_iri}record/{call['id']}")


def list_records(call: Call) -> dict[str, Any]:
    """List records by address, page by page; the one of a resource, whatever its state, where ``iri`` names it."""
    if call["iri"] is not None:
        found = call.catalogue.ledger.find_by_iri(call["iri"])
        known = found is not None and may_know(call.audience, found)
        return {"records": Presenter(call).records([found] if found and known else []), "next": None}
    asked = {name: call[name] for name in ("kind", "visibility", "state", "source")}
    after = read_cursor(call["cursor"], asked) if call["cursor"] else ""
    page = list(islice(_iter_listed(call, after), call["size"] + 1))
    shown = page[: call["size"]]
    following = write_cursor(shown[-1].graph, asked) if len(page) > len(shown) else None
    return {"records": Presenter(call).records(shown), "next": following}


def _iter_listed(call: Call, after: str) -> Iterator[Record]:
    wanted = visibilities_of(call.audience)
    if call["visibility"]:
        wanted &= {Visibility(call["visibility"])}
    kind = Kind(call["kind"]) if call["kind"] else None
    withdrawn = None if call["state"] == "all" else call["state"] == "withdrawn"
    found = call.catalogue.ledger.iter_records(
        after=after, kind=kind, visibilities=wanted, source=call["source"], withdrawn=withdrawn
    )
    return (record for record in found if record.kind is not Kind.GRAPH or kind is Kind.GRAPH)


def get_record(call: Call) -> dict[str, Any]:
    """Return what the catalogue knows of a record, with its findings and history."""
    record = get_record_by_id(call)
    ledger = call.catalogue.ledger
    content = records.get_content(call.catalogue, call.audience, record)
    history = [event for event in ledger.history(record.graph) if event.visibility in visibilities_of(call.audience)]
    return Presenter(call).detail(record, content, ledger.aliases(record.graph), history)


def list_neighbours(call: Call) -> dict[str, Any]:
    """Return what a record is connected with, one hop away, as far as the caller may see it."""
    record = get_record_by_id(call)
    found = find_neighbours(call.catalogue.graphs, call.audience, record.iri)
    return {"iri": record.iri, "neighbours": Presenter(call).neighbours(found)}


def get_content(call: Call) -> Response:
    """Return a record in a format, literals as they were submitted."""
    record = get_record_by_id(call)
    form = get_format(call["format"])
    body = write_record(form, record, records.get_content(call.catalogue, call.audience, record), _labels(call))
    response = Response(body, content_type=form.content_type)
    response.set_etag(f"{record.hash.removeprefix('sha256:')[:32]}-{record.seq}-{form.name}")
    return response.make_conditional(request)


def _labels(call: Call) -> Labels:
    return Labels(call.catalogue.graphs, call.audience)


def export(call: Call) -> Response:
    """Stream every current record that the caller may see as one document."""
    form = get_format(call["format"])
    kind = Kind(call["kind"]) if call["kind"] else None
    return Response(write_catalogue(form, _contents(call, kind), _labels(call)), content_type=form.content_type)


def _contents(call: Call, kind: Kind | None) -> Iterator[tuple[Record, str]]:
    ledger = call.catalogue.ledger
    for record in ledger.iter_records(kind=kind, visibilities=visibilities_of(call.audience)):
        content = ledger.find_content(record) if may_see(call.audience, record) else None
        if content is not None and (kind is Kind.GRAPH or record.kind is not Kind.GRAPH):
            yield record, content


def find_identified(call: Call) -> dict[str, Any]:
    """Return the record of an object code, or all those with a legacy identifier."""
    code = call["code"]
    if len(code) == _OBJECT_CODE_LENGTH and code.isalnum() and code.isupper():
        code = check_object_code(code)
    found = [r for r in call.catalogue.ledger.find_by_code(code) if may_see(call.audience, r)]
    if not found:
        raise NotFoundError("identifier-unknown", where=call["code"])
    return {"records": Presenter(call).records(found)}


_OBJECT_CODE_LENGTH = 32


def change_record(call: Call) -> dict[str, Any]:
    """Change who may see a record."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) != {"visibility"} or body["visibility"] not in set(Visibility):
        expected = '{"visibility": "' + " | ".join(Visibility) + '"}'
        raise ParameterError("body-invalid", where="body", expected=expected)
    records.change_visibility(call.catalogue, graph_of(call), Visibility(body["visibility"]), _OPERATOR)
    return get_record(call)


def withdraw_record(call: Call) -> dict[str, Any]:
    """Withdraw a record; doing it twice changes nothing."""
    return {"records": Presenter(call).records([records.withdraw(call.catalogue, graph_of(call), _OPERATOR)])}


_RDF = tuple(dict.fromkeys(form.media_type for form in FORMATS.values()))
_FORMAT = Parameter(
    "format",
    (
        f"Format by name, file ending or media type: {', '.join(FORMATS)}.",
        f"格式，可用名称、文件扩展名或媒体类型：{'、'.join(FORMATS)}。",
    ),
    {"type": "string", "maxLength": 100, "default": "turtle"},
)

OPERATIONS = (
    Operation(
        "GET",
        "/records",
        "list_records",
        ("List records, page by page.", "分页列出记录。"),
        list_records,
        "RecordPage",
        (
            _KIND,
            Parameter(
                "visibility",
                ("Only records with this visibility.", "仅返回此可见范围的记录。"),
                {"type": "string", "enum": [visibility.value for visibility in Visibility]},
            ),
            Parameter(
                "state",
                ("Whether to list what is current, what was withdrawn, or both.", "列出现行记录、已撤销记录或全部。"),
                {"type": "string", "enum": ["current", "withdrawn", "all"], "default": "current"},
            ),
            Parameter("source", ("Only records from this source.", "仅返回来自此来源的记录。"), {"type": "string"}),
            Parameter(
                "iri",
                (
                    "The record of the resource with this IRI, whatever its kind or state.",
                    "描述此 IRI 所指资源的记录，不论类型和状态。",
                ),
                {"type": "string"},
            ),
            Parameter(
                "size",
                ("Records per page.", "每页条数。"),
                {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
            ),
            Parameter(
                "cursor",
                ("`next` of the page before this one.", "上一页返回的 `next`。"),
                {"type": "string", "maxLength": 4000},
            ),
        ),
    ),
    Operation(
        "GET",
        "/records/{id}",
        "get_record",
        ("What the catalogue knows of a record, with findings and history.", "记录的信息、检查结果与变更历史。"),
        get_record,
        "Record",
        (ID,),
        problems=(404, 410),
    ),
    Operation(
        "PATCH",
        "/records/{id}",
        "change_record",
        ("Change who may see a record.", "更改记录的可见范围。"),
        change_record,
        "Record",
        (ID,),
        problems=(404, 410),
        body="VisibilityChange",
        operator=True,
    ),
    Operation(
        "DELETE",
        "/records/{id}",
        "withdraw_record",
        ("Withdraw a record; a tombstone stays.", "撤销记录，仅保留撤销说明。"),
        withdraw_record,
        "Records",
        (ID,),
        problems=(404,),
        operator=True,
    ),
    Operation(
        "GET",
        "/records/{id}/neighbours",
        "list_neighbours",
        ("What a record is connected with, one hop away.", "与记录直接相连的资源。"),
        list_neighbours,
        "Neighbours",
        (ID,),
        problems=(404, 410),
    ),
    Operation(
        "GET",
        "/records/{id}/content",
        "get_content",
        ("A record in RDF or a foreign format.", "以 RDF 或其他格式返回记录。"),
        get_content,
        "Document",
        (ID, _FORMAT),
        problems=(404, 406, 410),
        media_types=_RDF,
    ),
    Operation(
        "GET",
        "/export",
        "export",
        ("Every current record as one document, streamed.", "以单个文档流式返回全部现行记录。"),
        export,
        "Document",
        (Parameter(_FORMAT.name, _FORMAT.text, {**_FORMAT.schema, "default": "trig"}), _KIND),
        media_types=_RDF,
    ),
    Operation(
        "GET",
        "/identifiers/{code}",
        "find_identified",
        ("The record of an object code, or those with a legacy identifier.", "按对象标识码或原有标识查找记录。"),
        find_identified,
        "Records",
        (
            Parameter(
                "code",
                ("Object code of 32 characters, or a legacy identifier.", "32 位对象标识码，或原有标识。"),
                {"type": "string", "maxLength": 500},
                place="path",
                slashes=True,
            ),
        ),
        problems=(404, 422),
    ),
)
