"""Operations that find records: search, completion, nearness in meaning."""

from __future__ import annotations

from typing import Any

from app.api.operations import Call, Operation, Parameter, Text
from app.api.present import Presenter
from app.api.records import ID, get_record_by_id
from catalog.errors import ParameterError
from catalog.model import Kind
from catalog.ports import FACETS, SearchRequest

_FACET_VALUE = {"type": "string", "maxLength": 500}
_FILTERS = tuple(
    Parameter(
        facet,
        (
            f"Only records with this value of the facet `{facet}`; repeat it for any of several.",
            f"仅返回分面 `{facet}` 取此值的记录；可重复，多个值满足其一即可。",
        ),
        {"type": "string", "enum": [kind.value for kind in Kind if kind is not Kind.GRAPH]}
        if facet == "kind"
        else _FACET_VALUE,
        repeated=True,
    )
    for facet in FACETS
)
_MAX_FILTERS = 100


def _size(text: Text, maximum: int, default: int) -> Parameter:
    return Parameter("size", text, {"type": "integer", "minimum": 1, "maximum": maximum, "default": default})


def search(call: Call) -> dict[str, Any]:
    """Answer a search with hits, reasons, facet counts and the cursor of the next page."""
    filters = {facet: call[facet] for facet in FACETS if call[facet]}
    for facet, values in filters.items():
        if len(values) > _MAX_FILTERS:
            raise ParameterError("parameter-repeated", where=facet)
    request = SearchRequest(
        text=call["q"],
        language=call.language,
        filters=filters,
        sort=call["sort"],
        size=call["size"],
        cursor=call["cursor"],
        mode=call["mode"],
        facets=call["facets"] or FACETS if call["counts"] else (),
        facet_size=call["facet_size"],
    )
    return Presenter(call).page(call.catalogue.index.search(call.audience, request))


def suggest(call: Call) -> dict[str, Any]:
    """Complete what somebody types."""
    return {"suggestions": call.catalogue.index.suggest(call.audience, call["q"], call["size"])}


def list_similar(call: Call) -> dict[str, Any]:
    """Return the records nearest in meaning to one record."""
    record = get_record_by_id(call)
    present = Presenter(call)
    return {
        "hits": [present.hit(hit) for hit in call.catalogue.index.similar(call.audience, record.graph, call["size"])]
    }


OPERATIONS = (
    Operation(
        "GET",
        "/search",
        "search",
        ("Find records by words and meaning.", "按词语和语义查找记录。"),
        search,
        "SearchPage",
        (
            Parameter(
                "q",
                ("What to look for, in any language. Empty: everything.", "要查找的内容，语言不限；留空表示全部。"),
                {"type": "string", "maxLength": 1000, "default": ""},
            ),
            *_FILTERS,
            Parameter(
                "sort",
                (
                    "Order of the hits; an empty query is sorted by `modified` unless told.",
                    "结果排序；查询为空时默认按 `modified` 排序。",
                ),
                {"type": "string", "enum": ["relevance", "modified", "title"], "default": "relevance"},
            ),
            _size(("Hits per page.", "每页条数。"), 100, 20),
            Parameter(
                "cursor",
                ("`next` of the page before this one.", "上一页返回的 `next`。"),
                {"type": "string", "maxLength": 2000},
            ),
            Parameter(
                "mode",
                ("How to find: by words, by meaning, or both.", "检索方式：按词语、按语义或两者结合。"),
                {"type": "string", "enum": ["hybrid", "keyword", "vector"], "default": "hybrid"},
            ),
            Parameter(
                "facets",
                ("Facets to count; without it all.", "需要计数的分面；省略时为全部。"),
                {"type": "string", "enum": list(FACETS)},
                repeated=True,
            ),
            Parameter("counts", ("Whether to count facets.", "是否统计分面。"), {"type": "boolean", "default": True}),
            Parameter(
                "facet_size",
                ("Values per facet, the most frequent first.", "每个分面返回的取值数，按频次由高到低。"),
                {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
            ),
        ),
        problems=(503,),
    ),
    Operation(
        "GET",
        "/suggest",
        "suggest",
        ("Complete a query from titles and keywords.", "根据标题和关键词补全查询。"),
        suggest,
        "Suggestions",
        (
            Parameter(
                "q",
                ("What was typed so far.", "已输入的内容。"),
                {"type": "string", "maxLength": 200, "default": ""},
            ),
            _size(("Suggestions at most.", "最多返回条数。"), 50, 8),
        ),
    ),
    Operation(
        "GET",
        "/records/{id}/similar",
        "list_similar",
        ("Records nearest in meaning to this one.", "语义上与此记录最接近的记录。"),
        list_similar,
        "Hits",
        (
            ID,
            _size(("Records at most.", "最多返回条数。"), 50, 5),
        ),
        problems=(404, 410),
    ),
)
