"""Operations about the service itself: where things are, how far it is, its description, its code lists."""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import Any

from flask import url_for

from app.api.operations import Call, Operation, Parameter, Text
from app.api.present import Presenter
from catalog.catalogue import Catalogue
from catalog.errors import ConflictError, NotFoundError
from catalog.following import iter_batches
from catalog.model import Audience
from catalog.visibility import visibilities_of
from ontology import terms

TITLE: Text = ("spacecat catalogue API, version 1", "spacecat 目录接口，第 1 版")


def index(call: Call) -> dict[str, Any]:
    """Return where to go from here."""
    links = {name: url_for(f"api.{name}", _external=True) for name in _LINKED}
    return {"title": TITLE[call.language == "zh"], "version": version("spacecat"), "links": links}


_LINKED = (
    "get_openapi",
    "search",
    "suggest",
    "list_records",
    "export",
    "list_code_lists",
    "import_records",
    "validate",
    "get_status",
    "reindex",
)


def get_status(call: Call) -> dict[str, Any]:
    """Return how far the ledger, the graph store and the index are, and how many records the caller may see.

    Totals over all records are for operators: they would tell others how much is hidden from them.
    """
    catalogue = call.catalogue
    failing, progress = catalogue.following.failing(), catalogue.index.progress()
    counts = catalogue.ledger.count_by_kind(visibilities_of(call.audience))
    status: dict[str, Any] = {
        "version": version("spacecat"),
        "audience": call.audience.value,
        "followers": {
            name: {"lag": lag, "error": failing.get(name)} for name, lag in catalogue.following.lag().items()
        },
        "index": {"vectors_missing": progress.vectors_missing, "rebuilding": progress.rebuilding},
        "counts": {kind.value: count for kind, count in counts.items()},
        "total": sum(counts.values()),
    }
    if call.audience is Audience.OPERATORS:
        status["position"] = catalogue.ledger.position()
        status["index"] |= {"position": progress.position, "records": progress.records}
    return status


def reindex(call: Call) -> dict[str, Any]:
    """Build the search index anew while the present one serves; the status says how far it is."""
    if call.catalogue.index.progress().rebuilding:
        raise ConflictError("index-rebuilding")
    if call["wait"]:
        _rebuild(call.catalogue)
    else:
        threading.Thread(target=_rebuild, args=(call.catalogue,), name="reindex", daemon=True).start()
    return get_status(call)


def _rebuild(catalogue: Catalogue) -> None:
    catalogue.index.rebuild(iter_batches(catalogue.ledger, 0))


def list_code_lists(call: Call) -> dict[str, Any]:
    """List the code lists."""
    return {
        "schemes": [
            {
                "name": scheme.name,
                "iri": scheme.iri,
                "label": Presenter(call).choose(scheme.labels),
                "href": url_for("api.get_code_list", scheme=scheme.name, _external=True),
            }
            for scheme in terms.schemes()
        ]
    }


def get_code_list(call: Call) -> dict[str, Any]:
    """Return a code list with its concepts."""
    try:
        scheme = terms.scheme(call["scheme"])
    except terms.UnknownVocabularyError as error:
        known = ", ".join(known.name for known in terms.schemes())
        raise NotFoundError("scheme-unknown", where=call["scheme"], known=known) from error
    return Presenter(call).scheme(scheme)


OPERATIONS = (
    Operation("GET", "/", "index", ("Where to go from here.", "接口入口。"), index, "Index"),
    Operation(
        "GET",
        "/status",
        "get_status",
        ("How far ledger, graph store and index are, and what they hold.", "账本、图存储和索引的进度与内容数量。"),
        get_status,
        "Status",
        problems=(503,),
    ),
    Operation(
        "POST",
        "/reindex",
        "reindex",
        ("Build the search index anew while it serves.", "在不中断服务的情况下重建搜索索引。"),
        reindex,
        "Status",
        (
            Parameter(
                "wait",
                ("Whether to answer only when it is done.", "是否等重建完成后再返回。"),
                {"type": "boolean", "default": False},
            ),
        ),
        problems=(409,),
        operator=True,
    ),
    Operation("GET", "/codes", "list_code_lists", ("The code lists.", "全部代码表。"), list_code_lists, "CodeLists"),
    Operation(
        "GET",
        "/codes/{scheme}",
        "get_code_list",
        ("A code list with its concepts.", "代码表及其概念。"),
        get_code_list,
        "CodeList",
        (
            Parameter(
                "scheme",
                ("Name of the code list, such as `update-frequency`.", "代码表名称，如 `update-frequency`。"),
                {"type": "string", "maxLength": 100},
                place="path",
            ),
        ),
        problems=(404,),
    ),
)
