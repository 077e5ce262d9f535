"""One full record of every kind, as docs/model.md writes them, in Turtle and as N-Triples."""

from pyoxigraph import RdfFormat, parse

from ontology.namespaces import PREFIXES

BASE = "http://127.0.0.1:8000/"
PREFIX_LINES = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()) + f"@base <{BASE}> .\n"
EU = "http://publications.europa.eu/resource/authority/"
CODE = "https://w3id.org/spacecat/codes/"

DATASET = f"""
<id/dataset/cell-carbon-footprint> a dcat:Dataset ;
    dct:title "动力电池单体碳足迹核算数据"@zh , "Carbon footprint of traction battery cells"@en ;
    dct:description "按生产批次核算的碳足迹。"@zh , "Carbon footprint by production batch."@en ;
    dct:isPartOf <id/catalog/battery-space> ;
    dct:publisher <id/participant/ningde-cells> ;
    dcat:contactPoint [ a vcard:Organization ; vcard:fn "数据部"@zh , "Data office"@en ;
        vcard:hasEmail <mailto:data@example.org> ] ;
    dcat:keyword "碳足迹"@zh , "carbon footprint"@en ;
    dcat:theme <{EU}data-theme/ENVI> ;
    dct:subject <{CODE}topic/C0500> ;
    sc:industry <{CODE}gbt4754/C> ;
    sc:scenario <id/scenario/battery-passport> ;
    dct:accrualPeriodicity <{EU}frequency/MONTHLY> ;
    dct:language <{EU}language/ZHO> ;
    dct:spatial <{EU}country/CHN> ;
    dct:temporal [ a dct:PeriodOfTime ; dcat:startDate "2023-01-01"^^xsd:date ; dcat:endDate "2025-12-31"^^xsd:date ] ;
    dct:issued "2025-03-01"^^xsd:date ; dct:modified "2026-01-15"^^xsd:date ;
    dct:accessRights <{EU}access-right/RESTRICTED> ;
    dct:conformsTo <id/data-model/battery-carbon-footprint> ;
    dct:identifier "NDC-LCA-2023-07" ; dcat:version "2.1" ;
    dct:provenance [ a dct:ProvenanceStatement ; rdfs:label "产线采集"@zh , "Collected on the line"@en ] ;
    sc:dataSource <{CODE}data-source/001> ; sc:deliveryForm <{CODE}delivery-form/001> ;
    sc:deliveryMode <{CODE}delivery-mode/batch> ; sc:qualityGrade <{CODE}quality-grade/001> ;
    sc:securityLevel <{CODE}security-level/003> ; sc:dataClass <{CODE}data-class/general> ; sc:rowCount 120000 ;
    odrl:hasPolicy <id/dataset/cell-carbon-footprint#offer> ;
    dcat:distribution <id/dataset/cell-carbon-footprint#csv> ;
    sc:dataItem [ a csvw:Column ; csvw:name "pcf_total" ; csvw:title "碳足迹总量"@zh , "Total carbon footprint"@en ;
        dct:description "全生命周期"@zh , "Whole life cycle"@en ; csvw:datatype xsd:decimal ; qudt:hasUnit unit:KiloGM ;
        sc:meaning <{CODE}topic/C0500> ; csvw:required true ; sc:position 3 ; skos:example "61.4" ] .

<id/dataset/cell-carbon-footprint#csv> a dcat:Distribution ;
    dct:title "CSV"@en ; dct:description "每月一个文件。"@zh , "One file a month."@en ;
    dcat:accessURL <https://example.org/pcf> ; dcat:downloadURL <https://example.org/pcf.csv> ;
    dct:format <{EU}file-type/CSV> ;
    dcat:mediaType <http://www.iana.org/assignments/media-types/text/csv> ;
    dct:license <{EU}licence/CC_BY_4_0> ; dcat:byteSize "1048576"^^xsd:nonNegativeInteger ;
    dct:modified "2026-01-15"^^xsd:date ;
    <http://data.europa.eu/r5r/availability> <{EU}planned-availability/STABLE> .

<id/dataset/cell-carbon-footprint#offer> a odrl:Offer ; odrl:assigner <id/participant/ningde-cells> ;
    odrl:permission [ odrl:target <id/dataset/cell-carbon-footprint> ; odrl:action odrl:use ;
        odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isAnyOf ;
            odrl:rightOperand <{CODE}topic/C0500> ] ;
        odrl:duty [ odrl:action odrl:attribute ] ] ;
    odrl:prohibition [ odrl:target <id/dataset/cell-carbon-footprint> ; odrl:action odrl:distribute ] .
"""

CATALOG = f"""
<id/catalog/battery-space> a dcat:Catalog ;
    dct:title "动力电池数据空间"@zh , "Traction battery data space"@en ;
    dct:description "电池产业链的数据空间。"@zh , "A data space of the battery industry."@en ;
    dct:publisher <id/participant/operator> ; sc:spaceKind <{CODE}space-kind/industry> ;
    dct:language <{EU}language/ZHO> , <{EU}language/ENG> ; dct:spatial <{EU}country/CHN> ;
    dcat:themeTaxonomy <{EU}data-theme> ; foaf:homepage <https://example.org/> .
"""

SERIES = f"""
<id/dataset-series/pcf> a dcat:DatasetSeries ;
    dct:title "碳足迹月报"@zh , "Monthly carbon footprints"@en ;
    dct:description "逐月发布。"@zh , "Published month by month."@en ;
    dct:publisher <id/participant/ningde-cells> ; dct:accrualPeriodicity <{CODE}update-frequency/004> ;
    dcat:contactPoint [ a vcard:Organization ; vcard:fn "数据部"@zh ; vcard:hasEmail <mailto:data@example.org> ] .
"""

SERVICE = f"""
<id/data-service/pcf-api> a dcat:DataService ;
    dct:title "碳足迹查询接口"@zh , "Carbon footprint API"@en ;
    dct:description "按电芯编号查询。"@zh , "Look-up by cell number."@en ;
    dct:publisher <id/participant/ningde-cells> ; dcat:endpointURL <https://example.org/api> ;
    dcat:endpointDescription <https://example.org/openapi.json> ;
    dcat:servesDataset <id/dataset/cell-carbon-footprint> ; sc:serviceType <{CODE}service-type/002> ;
    dct:license <{EU}licence/CC_BY_4_0> ; dct:accessRights <{EU}access-right/RESTRICTED> ;
    dcat:keyword "碳足迹"@zh ; dcat:theme <{EU}data-theme/ENVI> ; sc:industry <{CODE}gbt4754/C> ;
    dcat:contactPoint [ a vcard:Organization ; vcard:fn "数据部"@zh ; vcard:hasEmail <mailto:data@example.org> ] ;
    odrl:hasPolicy <id/policy/research-only> .
"""

PARTICIPANT = f"""
<id/participant/ningde-cells> a sc:Participant , foaf:Organization , foaf:Agent ;
    foaf:name "宁德电芯"@zh , "Ningde Cells"@en ; dct:description "电芯制造商。"@zh , "A maker of cells."@en ;
    sc:unifiedSocialCreditCode "91350900M000100Y43" ; sc:areaCode "3509" ;
    sc:participantRole <{CODE}participant-role/provider> ; sc:industry <{CODE}gbt4754/C> ;
    foaf:homepage <https://example.org/> .
"""

COMPONENT = f"""
<id/component/connector> a sc:Component ;
    dct:title "接入连接器"@zh , "Connector"@en ; dct:description "连接参与方。"@zh , "Connects participants."@en ;
    sc:componentType <{CODE}component-type/connector> ; dct:publisher <id/participant/operator> ;
    dcat:version "1.4.0" ; dct:license <{EU}licence/APACHE_2_0> ; foaf:page <https://example.org/docs> .
"""

SCENARIO = """
<id/scenario/battery-passport> a sc:Scenario ;
    dct:title "电池护照"@zh , "Battery passport"@en ; dct:description "出口电池的数字护照。"@zh , "For exports."@en ;
    dct:publisher <id/participant/operator> ; sc:urgency 5 ; sc:value 4 ; sc:difficulty 3 ; sc:existingBase 2 ;
    dct:temporal [ a dct:PeriodOfTime ; dcat:startDate "2026-01-01"^^xsd:date ; dcat:endDate "2027-01-01"^^xsd:date ] ;
    sc:expectedEffect "缩短申报时间"@zh , "Faster declarations"@en ;
    sc:need [ a sc:DataNeed ; dct:title "碳足迹"@zh , "Carbon footprint"@en ;
        sc:satisfiedBy <id/dataset/cell-carbon-footprint> ] .
"""

POLICY = f"""
<id/policy/research-only> a odrl:Set ;
    dct:title "仅限科研"@zh , "Research only"@en ; odrl:uid <id/policy/research-only> ;
    odrl:permission [ odrl:action odrl:use ; odrl:constraint [ odrl:and (
        [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:eq ; odrl:rightOperand <{CODE}application/U0200> ]
        [ odrl:leftOperand odrl:count ; odrl:operator odrl:lteq ; odrl:rightOperand 10 ] ) ] ] ;
    odrl:prohibition [ odrl:action odrl:distribute ] .
"""

DATA_MODEL = f"""
<id/data-model/battery-carbon-footprint> a sc:DataModel ;
    dct:title "电池碳足迹数据模型"@zh , "Battery carbon footprint model"@en ;
    dct:description "约定的字段。"@zh , "Agreed fields."@en ; dcat:version "1.0" ;
    dct:publisher <id/participant/operator> ; sc:industry <{CODE}gbt4754/C> ;
    sc:dataItem [ a csvw:Column ; csvw:name "pcf" ; csvw:title "碳足迹"@zh , "Footprint"@en ;
        csvw:datatype xsd:decimal ; sc:meaning <{CODE}topic/C0500> ] .
"""

CATALOG_RECORD = f"""
<record/5pq3k2m7v4x6a1bc> a dcat:CatalogRecord ;
    foaf:primaryTopic <id/dataset/cell-carbon-footprint> ; sc:kind "dataset" ;
    dct:identifier "791350900M000100Y433509ABCDEFGH*" ; sc:visibility "public" ;
    dct:issued "2026-01-15T08:00:00Z"^^xsd:dateTime ; dct:modified "2026-01-15T08:00:00Z"^^xsd:dateTime ;
    dct:source <urn:spacecat:source:demo> ; dct:creator "operator" ;
    sc:contentHash "sha256:{"0" * 64}" .
"""

RECORDS = {
    "catalog": CATALOG,
    "dataset-series": SERIES,
    "dataset": DATASET,
    "data-service": SERVICE,
    "participant": PARTICIPANT,
    "component": COMPONENT,
    "scenario": SCENARIO,
    "policy": POLICY,
    "data-model": DATA_MODEL,
    "catalog-record": CATALOG_RECORD,
}


def ntriples(turtle: str) -> str:
    """Return Turtle written with the usual prefixes as N-Triples."""
    return "".join(f"{quad.triple} .\n" for quad in parse(PREFIX_LINES + turtle, format=RdfFormat.TURTLE))
