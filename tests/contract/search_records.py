"""Small records for the contract of search: each reads like one line of a catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from catalog.model import Action, Change, GraphIri, Iri, Kind, Record, Visibility
from ontology.namespaces import CODE, CSVW, DCAT, DCT, EU, FOAF, RDF, SC, XSD

BASE = "http://127.0.0.1:8000/"
START = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES = {Kind.DATASET: DCAT + "Dataset", Kind.PARTICIPANT: SC + "Participant", Kind.SERVICE: DCAT + "DataService"}
THEMES = f"{EU}data-theme/"
FORMATS = f"{EU}file-type/"


def iri(name: str) -> Iri:
    return Iri(f"{BASE}id/dataset/{name}")


def graph(name: str) -> GraphIri:
    return GraphIri(f"{BASE}record/{hashlib.sha256(name.encode()).hexdigest()[:16]}")


def change(
    seq: int,
    name: str,
    titles: Mapping[str, str],
    *,
    kind: Kind = Kind.DATASET,
    visibility: Visibility = Visibility.PUBLIC,
    withdrawn: bool = False,
    code: str | None = None,
    **values: object,
) -> Change:
    """Return a change; ``values`` are description, keyword (by language), theme, publisher, format, item, modified."""
    moment = START + timedelta(minutes=seq)
    record = Record(
        graph(name), iri(name), kind, visibility, f"sha256:{seq}", "test", "test", moment, moment,
        code=code, seq=seq, withdrawn=moment if withdrawn else None,
    )  # fmt: skip
    content = "" if withdrawn else _content(name, titles, kind, values)
    return Change(seq, Action.WITHDRAWN if withdrawn else Action.CREATED, record, content)


def _content(name: str, titles: Mapping[str, str], kind: Kind, values: Mapping[str, object]) -> str:
    subject = f"<{iri(name)}>"
    lines = [f"{subject} <{RDF}type> <{CLASSES[kind]}> ."]
    naming = FOAF + "name" if kind is Kind.PARTICIPANT else DCT + "title"
    lines += [f"{subject} <{naming}> {_literal(text, tag)} ." for tag, text in titles.items()]
    for key, prop in (("description", DCT + "description"), ("keyword", DCAT + "keyword")):
        texts: Mapping[str, str] = values.get(key, {})  # type: ignore[assignment]
        lines += [f"{subject} <{prop}> {_literal(text, tag)} ." for tag, text in texts.items()]
    if theme := values.get("theme"):
        lines.append(f"{subject} <{DCAT}theme> <{THEMES}{theme}> .")
    if industry := values.get("industry"):
        lines.append(f"{subject} <{SC}industry> <{CODE}gbt4754/{industry}> .")
    if publisher := values.get("publisher"):
        lines.append(f"{subject} <{DCT}publisher> <{iri(str(publisher))}> .")
    if form := values.get("format"):
        lines.append(f"{subject} <{DCAT}distribution> _:d{name} .")
        lines.append(f"_:d{name} <{DCT}format> <{FORMATS}{form}> .")
    if item := values.get("item"):
        lines.append(f"{subject} <{SC}dataItem> _:i{name} .")
        lines.append(f"_:i{name} <{CSVW}name> {json.dumps(item)} .")
    if modified := values.get("modified"):
        lines.append(f'{subject} <{DCT}modified> "{modified}"^^<{XSD}date> .')
    return "\n".join(lines) + "\n"


def _literal(text: str, language: str) -> str:
    return json.dumps(text, ensure_ascii=False) + (f"@{language}" if language else "")


def small_catalogue() -> list[Change]:
    """Return nine records: bilingual, Chinese alone, English alone; for everybody, for members, and a draft."""
    members, draft = Visibility.MEMBERS, Visibility.DRAFT
    return [
        change(1, "cells", {"zh": "宁德电芯有限公司", "en": "Ningde Cells"}, kind=Kind.PARTICIPANT),
        change(2, "hidden", {"zh": "隐形公司", "en": "Quokka Holdings"}, kind=Kind.PARTICIPANT, visibility=members),
        change(3, "footprint", {"zh": "动力电池单体碳足迹核算数据", "en": "Carbon footprint of traction battery cells"},
               keyword={"zh": "碳足迹", "en": "carbon footprint"}, theme="ENVI", format="CSV", publisher="cells",
               description={"zh": "按批次核算的单体碳足迹，覆盖原材料、生产与运输阶段。",
                            "en": "Footprint of each batch of cells, from raw materials to transport."},
               item="pcfTotal", modified="2026-01-15"),
        change(4, "buses", {"en": "Bus ridership by line and hour"}, theme="TRAN", format="JSON", publisher="hidden",
               description={"en": "People who boarded city buses, counted by ticketing systems."},
               modified="2025-06-01"),
        change(5, "air", {"zh": "城市空气质量监测数据"}, theme="ENVI", format="JSON",
               description={"zh": "监测站每小时的细颗粒物、二氧化氮和臭氧浓度。"}, modified="2025-12-31"),
        change(6, "recycling", {"en": "Recycled battery material flows"}, theme="ENVI", format="CSV", publisher="cells",
               description={"en": "Lithium, nickel and cobalt recovered from spent batteries."}, modified="2024-03-01"),
        change(7, "prices", {"en": "Battery purchase prices"}, theme="ECON", format="CSV", visibility=members,
               keyword={"en": "confidential wombat"}, description={"en": "Prices paid for battery packs."}),
        change(8, "plans", {"en": "Battery plant plans"}, theme="ECON", format="PDF", visibility=draft,
               description={"en": "Unpublished layouts of a battery plant."}),
        change(9, "school", {"zh": "中小学招生人数", "en": "School enrolment"}, theme="EDUC", format="CSV",
               description={"zh": "各区县招生人数与班级数。", "en": "Pupils admitted, by district."},
               modified="2023-09-01"),
    ]  # fmt: skip
