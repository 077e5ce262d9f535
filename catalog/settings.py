"""All settings: one frozen dataclass. Defaults, then ``spacecat.toml``, then ``SPACECAT_*``, then flags."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from catalog.errors import ParameterError


def _setting(default: Any, en: str, zh: str) -> Any:
    return field(default=default, metadata={"en": en, "zh": zh})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may set; ``docs/settings.md`` is generated from it."""

    data_dir: Path = _setting(
        Path("var"), "Folder that holds everything the catalogue stores.", "存放目录全部数据的文件夹。"
    )
    base_iri: str = _setting(
        "http://127.0.0.1:8000/",
        "Base of the IRIs minted here, ending in a slash. Do not change it once records exist.",
        "本目录所签发 IRI 的前缀，以斜杠结尾。有记录后请勿更改。",
    )
    host: str = _setting("127.0.0.1", "Address to serve on.", "服务监听的地址。")
    port: int = _setting(8000, "Port to serve on.", "服务监听的端口。")
    space_title_en: str = _setting("spacecat demonstration space", "Name of the space in English.", "空间的英文名称。")
    space_title_zh: str = _setting("spacecat 示范空间", "Name of the space in Chinese.", "空间的中文名称。")
    operator_code: str = _setting(
        "91350100M000100Y43",
        "Unified social credit code of the operator; the subject part of object codes whose publisher has none.",
        "运营方的统一社会信用代码；发布方没有代码时，对象标识码用它作主体段。",
    )
    operator_token: str = _setting(
        "",
        "Token of the operator. Empty: one is made at the first start, in data_dir/operator-token.",
        "运营方令牌。留空则首次启动时生成，存于 data_dir/operator-token。",
    )
    member_tokens: tuple[str, ...] = _setting(
        (), "Tokens of members, who also see members-only records.", "成员令牌；成员还能看到仅限成员的记录。"
    )
    graph_store: str = _setting(
        "oxigraph",
        "`oxigraph` (embedded), or a SPARQL 1.1 server: a URL with {audience} in it, or three URLs with commas "
        "between, for public, members and operators.",
        "`oxigraph`（内嵌），或 SPARQL 1.1 服务器：含 {audience} 的网址，"
        "或以逗号分隔的三个网址，依次用于公众、成员和运营方。",
    )
    embedder: str = _setting(
        "sentence-encoder",
        "`sentence-encoder` (comes with a package), `sentence-transformers:MODEL`, or `none` for keyword search alone.",
        "`sentence-encoder`（随软件包提供）、`sentence-transformers:模型`，或 `none`（仅关键词搜索）。",
    )
    query_time_s: float = _setting(10.0, "Seconds a SPARQL query may take.", "一次 SPARQL 查询的时限（秒）。")
    query_memory_mb: int = _setting(1024, "Megabytes a SPARQL query may use.", "一次 SPARQL 查询的内存上限（MB）。")
    query_rows: int = _setting(1_000_000, "Rows or triples a SPARQL result may have.", "SPARQL 结果的行数上限。")
    query_workers: int = _setting(2, "Queries that run at the same time.", "同时运行的查询数。")
    import_time_s: float = _setting(
        30.0, "Seconds that reading and checking one record may take.", "读取并检查一条记录的时限（秒）。"
    )
    import_memory_mb: int = _setting(
        2048, "Megabytes the reader of an import may use.", "导入读取进程的内存上限（MB）。"
    )
    upload_max_mb: int = _setting(1024, "Largest upload, in megabytes.", "上传文件的上限（MB）。")
    fetch_hosts: tuple[str, ...] = _setting(
        (),
        "Hosts that SERVICE and LOAD may reach. Empty: none.",
        "SERVICE 与 LOAD 可访问的主机。留空则一律拒绝。",
    )


def load_settings(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings from ``file`` (or ``spacecat.toml`` here, if there is one), the environment and ``flags``.

    Raises ``ParameterError`` naming a key that is unknown or a value that does not fit.
    """
    known = {spec.name: spec for spec in fields(Settings)}
    values: dict[str, Any] = {}
    path = file or Path("spacecat.toml")
    if file is not None or path.exists():
        values |= _checked(tomllib.loads(path.read_text(encoding="utf-8")), known, str(path))
    prefix = "SPACECAT_"
    environment = {key[len(prefix) :].lower(): value for key, value in os.environ.items() if key.startswith(prefix)}
    values |= _checked(environment, known, "environment")
    values |= _checked({k: v for k, v in (flags or {}).items() if v is not None}, known, "flags")
    return Settings(**values)


def _checked(raw: Mapping[str, Any], known: Mapping[str, Field[Any]], origin: str) -> dict[str, Any]:
    values = {}
    for key, value in raw.items():
        if key not in known:
            raise ParameterError("setting-unknown", where=f"{origin}: {key}", known=", ".join(sorted(known)))
        values[key] = _converted(key, value, known[key].default)
    return values


def _converted(key: str, value: Any, default: Any) -> Any:
    try:
        if isinstance(default, tuple):
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(str(part).strip() for part in parts if str(part).strip())
        converted: Any = Path(value) if isinstance(default, Path) else type(default)(value)
    except (TypeError, ValueError) as error:
        raise ParameterError("setting-invalid", where=key, value=value, expected=type(default).__name__) from error
    if key == "base_iri" and not (converted.startswith(("http://", "https://")) and converted.endswith("/")):
        raise ParameterError("setting-invalid", where=key, value=value, expected="http(s)://…/")
    return converted
