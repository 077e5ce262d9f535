"""Settings: defaults, then the file, then the environment, then flags; what is unknown or does not fit is named."""

from pathlib import Path

import pytest

from catalog.errors import ParameterError
from catalog.settings import Settings, load_settings


def test_each_source_overrides_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "spacecat.toml"
    file.write_text('port = 8100\nhost = "0.0.0.0"\nmember_tokens = ["a", "b"]\n')
    monkeypatch.setenv("SPACECAT_PORT", "8200")
    assert load_settings(file).port == 8200
    assert load_settings(file, {"port": 8300, "host": None}) == Settings(
        port=8300, host="0.0.0.0", member_tokens=("a", "b")
    )


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("prot = 1", "setting-unknown", "prot"),
        ('port = "many"', "setting-invalid", "port"),
        ('base_iri = "space.example"', "setting-invalid", "base_iri"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, code: str, where: str) -> None:
    file = tmp_path / "spacecat.toml"
    file.write_text(text)
    with pytest.raises(ParameterError) as caught:
        load_settings(file)
    assert caught.value.code == code
    assert where in caught.value.where


def test_a_list_in_the_environment_is_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACECAT_FETCH_HOSTS", "a.example, b.example,")
    assert load_settings().fetch_hosts == ("a.example", "b.example")
