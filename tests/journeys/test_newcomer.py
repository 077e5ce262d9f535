"""A newcomer finds data about battery carbon footprints, looks around, and shares what a query gave."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.journeys.conftest import OPERATOR, Browse

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "found": "Found because:",
        "datasets": "Datasets",
        "neighbours": "Neighbours",
        "title": "Carbon footprint of traction battery cells",
        "example": "Services and the datasets they serve",
    },
    "zh": {
        "found": "命中原因：",
        "datasets": "数据集",
        "neighbours": "关联图",
        "title": "动力电池单体碳足迹核算数据",
        "example": "数据服务及其服务的数据集",
    },
}


def wait(browser: Any, condition: Any) -> Any:
    return WebDriverWait(browser, 30, 0.05).until(condition)


def css(browser: Any, selector: str) -> Any:
    return wait(browser, lambda driver: driver.find_element(By.CSS_SELECTOR, selector))


def follow(browser: Any, link: Any) -> None:
    """Follow a link and wait until its page is there."""
    target = link.get_attribute("href")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
    link.click()
    wait(browser, lambda driver: driver.current_url.split("#")[0] == target.split("#")[0])


def complaints(browser: Any) -> list[str]:
    """What the browser complains of: blocked by the policy, failed scripts, missing files."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_question_to_a_shared_result(
    address: str, browse: Browse, tmp_path: Path, language: str, scripts: bool
) -> None:
    words = WORDS[language]
    browser = browse(language, scripts=scripts)
    ask(browser, address, language)
    narrow(browser, words, scripts)
    record = read(browser, words)
    walk(browser, address)
    browser.get(record)
    download(browser, tmp_path / "downloads")
    rows, shared = query(browser, address, words)
    assert not complaints(browser)
    open_shared(browse(language), shared, rows)


def ask(browser: Any, address: str, language: str) -> None:
    browser.get(address + "/")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    css(browser, "#q").send_keys("电池碳足迹", Keys.ENTER)
    css(browser, ".hit")
    whys = [why.text for why in browser.find_elements(By.CSS_SELECTOR, ".hit .why")]
    assert len(whys) == len(browser.find_elements(By.CSS_SELECTOR, ".hit"))
    assert all(why.startswith(WORDS[language]["found"]) for why in whys)


def narrow(browser: Any, words: dict[str, str], scripts: bool) -> None:
    """Narrow to datasets; going back undoes it, going forward does it again."""
    assert ("live" in (css(browser, "html").get_attribute("class") or "")) is scripts
    css(browser, "input[name=kind][value=dataset]").click()
    if not scripts:
        css(browser, ".apply button").click()
    assert words["datasets"] in css(browser, ".chips a").text
    assert "kind=dataset" in browser.current_url
    kinds = {one.get_attribute("class") for one in browser.find_elements(By.CSS_SELECTOR, ".hit .kind")}
    assert kinds == {"kind kind-dataset"}
    browser.back()
    wait(browser, lambda driver: not driver.find_elements(By.CSS_SELECTOR, ".chips a"))
    assert "kind=dataset" not in browser.current_url
    browser.forward()
    css(browser, ".chips a")


def read(browser: Any, words: dict[str, str]) -> str:
    """Open the record, and return its address."""
    hit = next(one for one in browser.find_elements(By.CSS_SELECTOR, ".hit h2 a") if one.text == words["title"])
    follow(browser, hit)
    assert css(browser, "h1").text == words["title"]
    assert browser.find_elements(By.CSS_SELECTOR, ".items tbody tr")
    assert browser.find_elements(By.CSS_SELECTOR, ".rule")
    return str(browser.current_url)


def walk(browser: Any, address: str) -> None:
    """Look at the neighbours and put one of them in the middle."""
    follow(browser, css(browser, ".contents a[href$='/neighbours']"))
    node = css(browser, ".picture a.node:not(.centre):not(.kind-term)")
    target, name = node.get_dom_attribute("href"), node.find_element(By.TAG_NAME, "title").get_property("textContent")
    node.find_element(By.TAG_NAME, "text").click()
    wait(browser, lambda driver: driver.current_url == address + target)
    assert name[:4] in css(browser, ".picture a.centre").text


def download(browser: Any, folder: Path) -> None:
    css(browser, ".exports a[href$='.ttl']").click()
    file = wait(browser, lambda _: next(folder.glob("*.ttl"), None))
    wait(browser, lambda _: file.stat().st_size > 0)
    subjects = {str(quad.subject) for quad in parse(path=file, format=RdfFormat.TURTLE)}
    assert any(subject.endswith("/id/dataset/cell-carbon-footprint>") for subject in subjects)


def query(browser: Any, address: str, words: dict[str, str]) -> tuple[int, str]:
    """Run an example; return how many rows it has and the link to share."""
    browser.get(address + "/sparql")
    examples = browser.find_elements(By.CSS_SELECTOR, ".examples a")
    follow(browser, next(one for one in examples if one.text == words["example"]))
    rows = len(browser.find_elements(By.CSS_SELECTOR, ".answer tbody tr"))
    assert rows
    return rows, css(browser, "a.share").get_attribute("href")


def open_shared(browser: Any, shared: str, rows: int) -> None:
    browser.get(shared)
    css(browser, ".answer")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".answer tbody tr")) == rows
    follow(browser, css(browser, ".answer tbody a"))
    assert css(browser, "h1").text


def test_the_keyboard_reaches_search_and_suggestions(address: str, browse: Browse) -> None:
    browser = browse("en")
    browser.get(address + "/help")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    field = browser.switch_to.active_element
    assert field.get_attribute("id") == "top-q"
    field.send_keys("battery")
    option = css(browser, ".suggests li")
    assert field.get_attribute("aria-expanded") == "true"
    field.send_keys(Keys.ARROW_DOWN)
    assert option.get_attribute("aria-selected") == "true"
    chosen = field.get_attribute("value")
    field.send_keys(Keys.ESCAPE)
    assert not browser.find_element(By.CSS_SELECTOR, ".suggests").is_displayed()
    field.send_keys(Keys.ENTER)
    assert chosen in css(browser, "h1").text


def test_the_editor_completes_names_and_declares_their_prefixes(address: str, browse: Browse) -> None:
    browser = browse("en")
    browser.get(address + "/sparql")
    editor = css(browser, "#query")
    editor.clear()
    editor.send_keys("SELECT * WHERE { ?d a dcat:Datase")
    css(browser, ".completions button")
    editor.send_keys(Keys.TAB, " } LIMIT 3")
    text = editor.get_property("value")
    assert text.startswith("PREFIX dcat: <http://www.w3.org/ns/dcat#>\n")
    assert text.endswith("?d a dcat:Dataset } LIMIT 3")
    editor.send_keys(Keys.CONTROL, Keys.ENTER)
    assert css(browser, ".answer tbody tr")
    assert not complaints(browser)


def test_the_first_tab_skips_to_the_content(address: str, browse: Browse) -> None:
    browser = browse("en")
    browser.get(address + "/status")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


def test_long_facets_can_be_narrowed(address: str, browse: Browse) -> None:
    browser = browse("en")
    browser.get(address + "/search")
    facet = next(
        one for one in browser.find_elements(By.CSS_SELECTOR, ".facet") if one.find_elements(By.TAG_NAME, "details")
    )
    facet.find_element(By.TAG_NAME, "summary").click()
    options = [one for one in facet.find_elements(By.CSS_SELECTOR, ".facet-more .option") if one.is_displayed()]
    facet.find_element(By.CSS_SELECTOR, "[data-narrow]").send_keys(options[-1].text.split("\n")[0])
    left = [one for one in facet.find_elements(By.CSS_SELECTOR, ".facet-more .option") if one.is_displayed()]
    assert options[-1] in left
    assert len(left) < len(options) or len(options) == 1


def test_an_operator_imports_and_sees_what_became_of_it(address: str, browse: Browse, tmp_path: Path) -> None:
    file = tmp_path / "one.ttl"
    file.write_text(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
        '<http://example.org/d> a dcat:Dataset ; dct:title "A guest"@en ; dct:description "From elsewhere"@en .\n',
        encoding="utf-8",
    )
    browser = browse("en")
    browser.get(address + "/import")
    css(browser, "#token").send_keys(OPERATOR, Keys.ENTER)
    css(browser, "#file").send_keys(str(file))
    css(browser, "input[name=policy][value=harvest]").click()
    css(browser, "input[name=visibility][value=draft]").click()
    css(browser, "main form button.primary").click()
    css(browser, ".outcome-created")
    assert re.search(r"/import/\d+$", browser.current_url)
    assert not complaints(browser)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_is_wider_than_the_window(address: str, browse: Browse, width: int, look: str) -> None:
    browser = browse("zh", width=width)
    browser.set_window_size(width, 1000)
    browser.get(f"{address}/?look={look}")
    first = css(browser, ".newest a").get_attribute("href")
    for path in ("/", "/search?q=carbon", first, first + "/neighbours", "/sparql", "/browse/theme", "/status", "/help"):
        browser.get(path if path.startswith("http") else address + path)
        overflow = browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path
    assert not complaints(browser)


CONTRAST = """
function light(color) {
  const parts = color.match(/[\\d.]+/g).map(Number);
  const [r, g, b] = parts.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return [.2126 * r + .7152 * g + .0722 * b, parts.length > 3 ? parts[3] : 1];
}
function ground(node) {
  for (; node; node = node.parentElement) {
    const [value, alpha] = light(getComputedStyle(node).backgroundColor);
    if (alpha > .99) return value;
  }
  return 1;
}
const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("svg, .unseen, .skip")) continue;
  const [ink] = light(getComputedStyle(node).color);
  const paper = ground(node);
  const ratio = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
  if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
}
return poor;
"""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_text_has_enough_contrast(address: str, browse: Browse, look: str) -> None:
    browser = browse("en")
    browser.get(f"{address}/?look={look}")
    first = css(browser, ".newest a").get_attribute("href")
    for path in ("/", "/search?q=carbon&kind=dataset", first, "/sparql", "/status", "/sign-in", "/record/nothing"):
        browser.get(path if path.startswith("http") else address + path)
        assert browser.execute_script(CONTRAST) == [], path
