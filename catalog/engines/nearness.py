"""How near is near: what a cosine means under one model, found by embedding pairs that do and do not belong together.

Cosines of different models do not compare (unrelated texts lie near 0.1 with one and near 0.8 with another), nor do
the sizes of their vectors' components, so the scale is measured when a model is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalog.ports import Embedder

_PAIRS = (
    (
        "电池碳足迹",
        "Carbon footprint of traction battery cells from mining to recycling, per kilowatt-hour of capacity.",
    ),
    ("air quality", "全市空气质量监测站每小时的细颗粒物、二氧化氮和臭氧浓度。"),
    ("bus passengers", "Number of people who boarded city buses, by line, stop and hour, from ticketing systems."),
    ("法院判决", "Court judgments in civil cases with parties removed, annotated for training language models."),
    ("school enrolment", "各区县小学、初中和高中的招生人数、班级数与教师数。"),
    ("粮食价格", "Weekly wholesale prices of wheat, maize and rice at forty regional markets."),
    ("earthquakes", "Catalogue of seismic events with magnitude, depth, epicentre and time of origin."),
    ("疫苗接种", "Vaccination coverage of children under six by county and vaccine, reported by clinics."),
    ("land use map", "全国土地利用现状矢量数据，含耕地、林地、草地和建设用地。"),
    ("供应商", "Register of suppliers with certificates, audit results and delivery performance."),
    ("weather forecast", "未来七天的气温、降水和风速预报，按网格点每六小时更新。"),
    ("住房租金", "Asking rents of flats by neighbourhood, floor area and number of rooms."),
    ("patents", "Patent applications with classification, applicants, claims and legal status."),
    ("语音识别", "Recorded dialogues with transcripts for speech recognition in noisy environments."),
    ("container ports", "沿海主要港口集装箱吞吐量、船舶到港次数和平均在港时间。"),
    ("海洋渔业", "Catches of marine fish by species, gear and fishing zone."),
)


@dataclass(frozen=True, slots=True)
class Nearness:
    """Cosines of one model: unrelated texts hardly ever pass ``floor``; a query and its answer reach ``match``.

    No component of its vectors is expected beyond ``reach``, on either side of zero.
    """

    floor: float
    match: float
    reach: float = 1.0

    @property
    def entry(self) -> float:
        """The cosine from which on meaning alone makes a hit: half way from unrelated to a usual match."""
        return (self.floor + self.match) / 2

    def strength(self, cosine: float, floor: float) -> float:
        """Return 0 at ``floor`` and below, 1 for a usual match, more for what is nearer still."""
        return max(0.0, cosine - max(floor, self.floor)) / (self.match - self.floor)


def measure(embedder: Embedder) -> Nearness:
    """Return the scale of a model: 98th percentile of pairs that do not belong together, median of those that do."""
    queries = embedder.embed([query for query, _ in _PAIRS])
    passages = embedder.embed([passage for _, passage in _PAIRS])
    cosines = queries @ passages.T
    floor = float(np.percentile(cosines[~np.eye(len(_PAIRS), dtype=bool)], 98))
    largest = max(float(np.abs(vectors).max()) for vectors in (queries, passages))
    match = max(float(np.median(cosines.diagonal())), floor + 0.01)
    return Nearness(floor, match, min(1.0, round(1.25 * largest, 2)))
