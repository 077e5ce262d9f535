"""Synthetic DCAT records, bilingual and seeded: what every benchmark loads, so that rivals answer over the same data.

A record has about 25 statements (a dataset with one distribution and one data item, or a data service). Words follow
a skewed distribution, so that some terms match a quarter of the records and most match few. Blank nodes are unique
across records. ``iter_changes`` adds the catalogue record, as the ledger does.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from catalog.model import Action, Change, GraphIri, Iri, Kind, Record, Visibility
from ontology.namespaces import CODE, CSVW, DCAT, DCT, EU, FOAF, QUDT, RDF, SC, UNIT, XSD

BASE = "http://127.0.0.1:8000/"
Pair = tuple[str, str]


def _pairs(text: str) -> list[Pair]:
    return [(zh, en) for zh, en in (line.split("|") for line in text.strip().splitlines())]


SUBJECTS = _pairs("""
动力电池|traction battery
电池碳足迹|battery carbon footprint
空气质量|air quality
公交客流|bus ridership
地铁运行|metro operation
用电负荷|electricity load
水质监测|water quality
道路事故|road accidents
住房租金|housing rents
企业信用|corporate credit
医院门诊|hospital outpatient visits
疫苗接种|vaccination
粮食价格|grain prices
土壤重金属|soil heavy metals
遥感影像|remote sensing imagery
气象观测|weather observations
学校招生|school enrolment
就业岗位|job vacancies
港口吞吐量|port throughput
海关进出口|customs trade
新闻语料|news corpus
法律文书|court judgments
语音对话|spoken dialogue
代码仓库|source code repositories
充电桩|charging stations
光伏发电|solar power generation
风机运行|wind turbine operation
回收材料|recycled material
正极材料|cathode material
生产线检测|production line inspection
供应商名录|supplier directory
物流轨迹|logistics trajectories
停车场|car parks
噪声|noise
垃圾分类|waste sorting
森林火灾|forest fires
地震目录|earthquake catalogue
人口普查|population census
旅游客流|tourist arrivals
文物名录|cultural relics
专利|patents
科研论文|research papers
基因组|genomes
药品审批|drug approvals
保险理赔|insurance claims
证券交易|securities trading
碳排放权|carbon allowances
钢铁产量|steel output
化学品安全|chemical safety
食品抽检|food inspection
""")
ASPECTS = _pairs("""
统计|statistics
时间序列|time series
明细|detailed records
年度汇总|annual summary
实时接口|real-time feed
地理分布|geographic distribution
指标体系|indicator system
标注样本|annotated samples
质量报告|quality report
预测模型输入|forecast model input
评估结果|assessment results
主数据|master data
""")
REGIONS = _pairs("""
北京|Beijing
上海|Shanghai
宁德|Ningde
深圳|Shenzhen
成都|Chengdu
武汉|Wuhan
西安|Xi'an
杭州|Hangzhou
贵阳|Guiyang
长三角|Yangtze River Delta
粤港澳大湾区|Greater Bay Area
福建省|Fujian Province
江苏省|Jiangsu Province
全国|national
东北地区|north-east China
""")
PURPOSES = _pairs("""
用于核算与披露，口径符合国家标准|for accounting and disclosure, in line with national standards
供模型训练与评测使用，已去除个人信息|for model training and evaluation, with personal information removed
支持城市运行监测与应急调度|supports monitoring of city operations and emergency dispatch
服务产业链上下游协同|serves collaboration along the supply chain
为科研机构开放，按月更新|open to research institutions and updated every month
由传感器自动采集，经人工复核|collected by sensors and reviewed by people
""")
METHODS = _pairs("""
采样间隔为十五分钟，缺失值按邻近站点插补|sampled every fifteen minutes, with missing values interpolated
每条记录带有来源、采集时间和校验状态|each row carries its source, time of collection and verification status
按行政区划汇总，附历年对比|aggregated by administrative division with comparison over the years
字段定义见数据字典，单位采用国际单位制|fields are defined in the data dictionary and units follow SI
覆盖生产、运输、使用与回收各阶段|covers production, transport, use and recycling
提供样例数据，正式数据需签订合约|sample data is provided while full data requires a contract
""")
FIELDS = [
    ("pcf_total", "碳足迹总量", "Total carbon footprint", "KiloGM"),
    ("voltage", "电压", "Voltage", "V"),
    ("temperature", "温度", "Temperature", "DEG_C"),
    ("station_id", "站点编号", "Station identifier", ""),
    ("observed_at", "观测时间", "Time of observation", ""),
    ("amount", "金额", "Amount", ""),
    ("passengers", "客流量", "Number of passengers", ""),
    ("pm25", "细颗粒物浓度", "Concentration of fine particles", ""),
    ("longitude", "经度", "Longitude", "DEG"),
    ("mass", "质量", "Mass", "KiloGM"),
]
THEMES = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "JUST", "REGI", "SOCI", "TECH", "TRAN"]
FORMATS = ["CSV", "JSON", "XLSX", "XML", "PARQUET", "GEOJSON", "PDF"]
FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "QUARTERLY", "ANNUAL", "CONT", "IRREG"]
LICENCES = ["CC_BY_4_0", "CC0", "CC_BYNC_4_0", "ODC_BY"]
DELIVERY = ["push", "batch", "interface"]
PUBLISHERS = 200
SCENARIOS = 12
START = datetime(2020, 1, 1, tzinfo=UTC)


def _skewed(random_source: random.Random, items: Sequence[Pair] | Sequence[str]) -> int:
    """Return an index, low ones more often (roughly Zipf's law)."""
    return min(int(len(items) * random_source.random() ** 2), len(items) - 1)


def _literal(text: str, language: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"@' + language


def _iri(iri: str) -> str:
    return f"<{iri}>"


def _date(moment: datetime) -> str:
    return f'"{moment:%Y-%m-%d}"^^<{XSD}date>'


class _Words:
    """The bilingual texts of one record."""

    def __init__(self, source: random.Random, number: int) -> None:
        subject, other = SUBJECTS[_skewed(source, SUBJECTS)], SUBJECTS[source.randrange(len(SUBJECTS))]
        region, aspect = REGIONS[_skewed(source, REGIONS)], ASPECTS[source.randrange(len(ASPECTS))]
        purpose, method = source.choice(PURPOSES), source.choice(METHODS)
        year = source.randrange(2005, 2026)
        self.keywords = [subject, aspect]
        self.zh = f"{region[0]}{subject[0]}{aspect[0]}（{year}年，第{number}号）"
        self.en = f"{subject[1].capitalize()} {aspect[1]}, {region[1]}, {year}, no. {number}"
        self.zh_text = (
            f"{region[0]}{year}年{subject[0]}{aspect[0]}，可与{other[0]}数据关联。{purpose[0]}；{method[0]}。"
        )
        self.en_text = (
            f"{aspect[1].capitalize()} of {subject[1]} in {region[1]} for {year},"
            f" to be joined with data on {other[1]}."
            f" {purpose[1].capitalize()}; {method[1]}."
        )


def _dataset(source: random.Random, number: int) -> tuple[str, str]:
    words = _Words(source, number)
    resource = f"{BASE}id/dataset/synthetic-{number}"
    modified = START + timedelta(minutes=source.randrange(3_000_000))
    name, item_zh, item_en, unit = source.choice(FIELDS)
    distribution, item = f"_:d{number}", f"_:i{number}"
    own = [
        (RDF + "type", _iri(DCAT + "Dataset")),
        (DCT + "title", _literal(words.zh, "zh")),
        (DCT + "title", _literal(words.en, "en")),
        (DCT + "description", _literal(words.zh_text, "zh")),
        (DCT + "description", _literal(words.en_text, "en")),
        (DCT + "publisher", _iri(f"{BASE}id/participant/p{source.randrange(PUBLISHERS)}")),
        (DCAT + "keyword", _literal(words.keywords[0][0], "zh")),
        (DCAT + "keyword", _literal(words.keywords[0][1], "en")),
        (DCAT + "theme", _iri(f"{EU}data-theme/{THEMES[_skewed(source, THEMES)]}")),
        (SC + "industry", _iri(f"{CODE}gbt4754/{source.choice('ABCDEFGHIJKLMNOPQRST')}")),
        (DCT + "accrualPeriodicity", _iri(f"{EU}frequency/{FREQUENCIES[_skewed(source, FREQUENCIES)]}")),
        (DCT + "language", _iri(f"{EU}language/{'ZHO' if source.random() < 0.7 else 'ENG'}")),
        (SC + "deliveryMode", _iri(f"{CODE}delivery-mode/{source.choice(DELIVERY)}")),
        (SC + "scenario", _iri(f"{BASE}id/scenario/s{source.randrange(SCENARIOS)}")),
        (DCT + "modified", _date(modified)),
        (DCAT + "distribution", distribution),
        (SC + "dataItem", item),
    ]
    nested = [
        (distribution, RDF + "type", _iri(DCAT + "Distribution")),
        (distribution, DCAT + "accessURL", _iri(f"https://data.example/{number}")),
        (distribution, DCT + "format", _iri(f"{EU}file-type/{FORMATS[_skewed(source, FORMATS)]}")),
        (distribution, DCT + "license", _iri(f"{EU}licence/{source.choice(LICENCES)}")),
        (item, RDF + "type", _iri(CSVW + "Column")),
        (item, CSVW + "name", f'"{name}"'),
        (item, CSVW + "title", _literal(item_zh, "zh")),
        (item, CSVW + "title", _literal(item_en, "en")),
    ]
    if unit:
        nested.append((item, QUDT + "hasUnit", _iri(UNIT + unit)))
    return resource, _ntriples(resource, own, nested)


def _ntriples(resource: str, own: list[tuple[str, str]], nested: list[tuple[str, str, str]]) -> str:
    statements = [f"<{resource}> <{prop}> {value} .\n" for prop, value in own]
    statements += [f"{node} <{prop}> {value} .\n" for node, prop, value in nested]
    return "".join(statements)


def iter_records(n: int, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """Yield (graph IRI, resource IRI, N-Triples as submitted) of ``n`` records; the same for the same seed."""
    source = random.Random(seed)
    for number in range(n):
        resource, ntriples = _dataset(source, number)
        digest = hashlib.sha256(resource.encode()).hexdigest()
        yield f"{BASE}record/{digest[:16]}", resource, ntriples


def iter_changes(n: int, seed: int = 1) -> Iterator[Change]:
    """Yield the same records as changes 1 to ``n``: 85 % public, 10 % for members, 5 % drafts."""
    source = random.Random(seed + 1)
    shares = [Visibility.PUBLIC] * 17 + [Visibility.MEMBERS] * 2 + [Visibility.DRAFT]
    for seq, (graph, resource, ntriples) in enumerate(iter_records(n, seed), 1):
        moment = START + timedelta(seconds=seq)
        record = Record(
            graph=GraphIri(graph),
            iri=Iri(resource),
            kind=Kind.DATASET,
            visibility=source.choice(shares),
            hash="sha256:" + hashlib.sha256(ntriples.encode()).hexdigest(),
            source="urn:spacecat:source:synthetic",
            actor="benchmark",
            created=moment,
            modified=moment,
            seq=seq,
        )
        yield Change(seq, Action.CREATED, record, ntriples + _catalogue_record(record))


def _catalogue_record(record: Record) -> str:
    statements = [
        (RDF + "type", _iri(DCAT + "CatalogRecord")),
        (FOAF + "primaryTopic", _iri(record.iri)),
        (SC + "kind", f'"{record.kind}"'),
        (SC + "visibility", f'"{record.visibility}"'),
        (DCT + "issued", f'"{record.created.isoformat()}"^^<{XSD}dateTime>'),
        (DCT + "modified", f'"{record.modified.isoformat()}"^^<{XSD}dateTime>'),
        (DCT + "source", _iri(record.source)),
        (DCT + "creator", f'"{record.actor}"'),
        (SC + "contentHash", f'"{record.hash}"'),
    ]
    return _ntriples(record.graph, statements, [])


def iter_queries(n: int, seed: int = 2) -> Iterator[tuple[str, str]]:
    """Yield ``n`` distinct (language, query) pairs of one to four words, half Chinese, half English."""
    source = random.Random(seed)
    combinations = [
        (language, text)
        for (subject, aspect, region) in itertools.product(SUBJECTS, [*ASPECTS, ("", "")], [*REGIONS, ("", "")])
        for language, text in (
            ("zh", region[0] + subject[0] + aspect[0]),
            ("en", f"{subject[1]} {aspect[1]} {region[1]}".strip()),
        )
    ]
    source.shuffle(combinations)
    yield from itertools.islice(combinations, n)
