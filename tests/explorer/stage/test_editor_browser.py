"""The code editor in a real browser: typing, undo, keys, marks, notes, and that nothing typed is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serving
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from benchmarks.chromium import chromium
from explorer.stage.routes import files, version

APP = Path(__file__).with_name("editor_app.py")
LATER = 10_000
TOP = """(card) => {
  const { x, y, width, height } = card.getBoundingClientRect()
  const points = [[8, 8], [width - 8, height - 8]].map(([right, down]) => [x + right, y + down])
  return points.every((point) => card.contains(card.getRootNode().elementFromPoint(...point)))
}"""
pytestmark = pytest.mark.skipif(
    "bundles/codemirror.js" not in files(),
    reason="NOT TESTED: the editor's module is not built (`make test` builds it)",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = serving.free_port(), tmp_path_factory.mktemp("editor") / "server.log"
    options = f"--server.port {port} --server.headless true --server.fileWatcherType none".split()
    with serving.started([sys.executable, "-m", "streamlit", "run", str(APP), *options], log) as process:
        serving.wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", color_scheme="light")


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()  # what is typed is kept for a tab
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


def open_editor(page: Page, address: str, query: str = "") -> Locator:
    """The page with an editor; what the reader types in."""
    page.goto(f"{address}/?{query}")
    page.wait_for_selector(".code-editor[data-painted]")
    return page.locator(".cm-content")


def told(page: Page) -> dict[str, list[Any]]:
    """What the page has heard."""
    found: dict[str, list[Any]] = json.loads(page.locator(".st-key-told code").inner_text())
    return found


def hear(page: Page, name: str, count: int) -> list[Any]:
    """What the page has heard under a name, when it is so many."""
    for _ in range(LATER // 50):
        if len(heard := told(page)[name]) >= count:
            break
        page.wait_for_timeout(50)
    assert len(heard) == count, heard
    return heard


def text_of(page: Page) -> str:
    return "\n".join(line.rstrip("\n") for line in page.locator(".cm-line").all_inner_texts())


def to_end(page: Page, content: Locator) -> None:
    content.focus()
    page.keyboard.press("Control+End")


def run(page: Page, content: Locator) -> None:
    content.focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".note")


def test_what_is_typed_is_indented_undone_and_told_after_a_pause(page: Page, address: str) -> None:
    content = open_editor(page, address)
    before = text_of(page)
    page.evaluate("document.addEventListener('keydown', () => (document.body.dataset.heard = 1))")
    to_end(page, content)
    page.keyboard.type("if x:\npass")
    assert text_of(page).endswith("2.5\nif x:\n    pass")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.type("r")
    page.keyboard.press("Tab")
    assert text_of(page) == "    r   "
    expect(page.locator(".st-key-told code")).to_contain_text('["    r   ", 1]', timeout=LATER)
    content.focus()
    for _ in range(9):
        page.keyboard.press("Control+z")
    assert text_of(page) == before
    hear(page, "drafts", 2)
    assert page.locator("body").get_attribute("data-heard") is None  # no key was a shortcut of the page's


def test_tab_leaves_after_escape_and_leaving_tells_the_text(page: Page, address: str) -> None:
    content = open_editor(page, address)
    to_end(page, content)
    described = content.evaluate(
        "(node) => node.getRootNode().getElementById(node.ariaDescribedByElements[0].id).textContent"
    )
    assert "Escape, then Tab" in described
    page.keyboard.type("# end")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator("button.run")).to_be_focused()
    page.keyboard.press("Tab")
    [draft] = hear(page, "drafts", 1)
    assert draft[0].endswith("# end")


def test_the_key_and_the_button_run_the_newest_text(page: Page, address: str) -> None:
    content = open_editor(page, address)
    to_end(page, content)
    page.keyboard.type("# one")
    page.keyboard.press("Control+Enter")
    [first] = hear(page, "runs", 1)
    assert first[0].endswith("\n# one") and first[1:] == [1, False]
    page.keyboard.type("2")
    page.locator("button.run").click()
    _, second = hear(page, "runs", 2)
    assert second[0].endswith("# one2") and told(page)["drafts"] == []  # no draft beside the run
    expect(content).to_be_focused()


def test_marks_are_plain_text_and_light_the_line(page: Page, address: str) -> None:
    content = open_editor(page, address, "notes=1")
    run(page, content)
    expect(page.locator(".cm-line.failed")).to_have_text("        return total / 2.5")
    assert page.locator(".cm-lint-marker").count() == 2
    page.locator(".cm-lint-marker-warning").hover()
    message = page.locator(".cm-tooltip-lint .cm-diagnosticText")
    expect(message).to_contain_text("<img src=x onerror")
    expect(page.locator(".cm-lintRange-warning").first).to_have_text("self.add_weight")
    page.locator(".cm-lint-marker-error").click()
    listed = page.locator(".cm-panel-lint .cm-diagnosticText")
    assert [one.startswith("<img") for one in listed.all_inner_texts()] == [True, False]
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)
    assert message.locator("*").count() == 0 and page.locator("body").get_attribute("data-hit") is None


def test_each_line_shows_what_it_made_until_the_text_changes(page: Page, address: str) -> None:
    content = open_editor(page, address, "notes=1")
    run(page, content)
    notes = page.locator(".note")
    assert [note.inner_text().split() for note in notes.all()] == [
        ["2", "×", "6", "float32"],
        ["2", "float32", "=", "True", "bool", "+1"],
        ["=", "2.5", "float32"],
    ]
    pixels = "(c) => [...c.getContext('2d').getImageData(0, 0, 6, 2).data].filter((_, at) => at % 4 < 3)"
    light = notes.first.locator("canvas").evaluate(pixels)
    cells = [tuple(light[at : at + 3]) for at in range(0, 36, 3)]
    assert len(set(cells)) == 12 and cells[6] == (241, 236, 235)  # the seventh of -6 to 5 is zero
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".code-editor")).to_have_attribute("data-theme", "dark")
    assert notes.first.locator("canvas").evaluate(pixels) != light
    line, gutter = page.locator(".cm-line", has_text="y = x * self.w").bounding_box(), notes.first.bounding_box()
    assert line and gutter and abs(line["y"] - gutter["y"]) < 3 and line["height"] < 30
    notes.first.locator("button").click()
    assert hear(page, "chosen", 1) == ["step:y"]
    page.keyboard.press("Control+Home")
    page.keyboard.type("# above\n")
    line, gutter = page.locator(".cm-line", has_text="y = x * self.w").bounding_box(), notes.first.bounding_box()
    assert line and gutter and abs(line["y"] - gutter["y"]) < 3
    expect(page.locator(".code-editor")).to_have_class("code-editor stale")
    expect(page.locator(".status")).to_have_text("The code has changed since the last run.")
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.locator(".status")).to_have_text("")


def test_the_keyboard_and_a_tap_open_what_a_line_made(page: Page, address: str) -> None:
    content = open_editor(page, address, "notes=1")
    run(page, content)
    page.locator(".cm-line", has_text="total = ").click()
    page.keyboard.press("Alt+Enter")
    card = page.locator(".note-card")
    expect(card.locator("button").first).to_be_focused()
    assert card.locator("button span").all_inner_texts() == [
        "total · 2 · float32",
        "<b> · scalar · bool",
        "c · 9 × 9 · float64",
    ]
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(content).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(".note .shape").first).to_be_hidden()
    page.locator(".cm-scroller").evaluate("(node) => (node.scrollLeft = 300)")
    page.locator(".note button").first.click()
    expect(card).to_be_in_viewport(ratio=1)
    assert card.evaluate(TOP)
    card.locator("button").first.click()
    assert hear(page, "chosen", 1) == ["step:y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_reload_brings_back_what_was_typed(page: Page, address: str) -> None:
    content = open_editor(page, address)
    served = text_of(page)
    to_end(page, content)
    page.keyboard.type("# kept")
    page.reload()
    page.wait_for_selector(".code-editor[data-painted]")
    assert text_of(page) == f"{served}# kept"
    expect(page.locator(".status")).to_contain_text("What you typed before is back")
    assert hear(page, "drafts", 1)[0][0].endswith("# kept")
    content.focus()
    page.keyboard.press("Control+z")
    assert text_of(page) == served


def test_a_newer_text_of_the_servers_wins_and_undo_brings_the_typed_one_back(page: Page, address: str) -> None:
    content = open_editor(page, address)
    to_end(page, content)
    page.keyboard.type("# mine")
    mine = text_of(page)
    page.get_by_role("button", name="Newer").click()
    expect(page.locator(".code-editor")).to_have_attribute("data-painted", "2")
    assert text_of(page) == "x = 1\n"
    content.focus()
    page.keyboard.press("Control+z")
    assert text_of(page) == mine
    expect(page.locator(".st-key-told code")).to_contain_text('# mine", 2]', timeout=LATER)


def test_a_server_that_was_started_again_hears_of_the_text_that_is_there(page: Page, address: str) -> None:
    content = open_editor(page, address)
    page.get_by_role("button", name="Newer").click()
    expect(page.locator(".code-editor")).to_have_attribute("data-painted", "2")
    to_end(page, content)
    page.keyboard.type("y = 2")
    hear(page, "drafts", 1)
    page.get_by_role("button", name="Anew").click()
    expect(page.locator(".code-editor")).to_have_attribute("data-painted", "1")
    assert text_of(page) == "x = 1\ny = 2"
    assert hear(page, "drafts", 2)[1] == ["x = 1\ny = 2", 1]


def test_a_text_that_parses_runs_by_itself(page: Page, address: str) -> None:
    content = open_editor(page, address, "by_itself=1")
    page.wait_for_timeout(900)  # longer than the pause
    assert told(page)["runs"] == []  # nothing was typed
    to_end(page, content)
    page.keyboard.type("def f(x):")
    hear(page, "drafts", 1)
    page.keyboard.type(" return x")
    [one] = hear(page, "runs", 1)
    assert one[0].endswith("def f(x): return x") and one[2] is True


def test_a_text_that_is_only_to_be_read_cannot_be_changed(page: Page, address: str) -> None:
    content = open_editor(page, address, "read_only=1")
    before = text_of(page)
    to_end(page, content)
    page.keyboard.type("x")
    page.keyboard.press("Tab")
    assert text_of(page) == before and content.get_attribute("aria-readonly") == "true"


def test_a_message_waits_while_hangul_is_composed(page: Page, address: str) -> None:
    content = open_editor(page, address)
    to_end(page, content)
    page.keyboard.type("# ")
    session = page.context.new_cdp_session(page)
    for text in ("ㅎ", "하", "한"):
        session.send("Input.imeSetComposition", {"text": text, "selectionStart": 1, "selectionEnd": 1})
    page.evaluate("document.querySelector('.st-key-newer button').click()")
    page.wait_for_timeout(400)
    assert text_of(page).endswith("# 한")
    session.send("Input.insertText", {"text": "한글"})
    expect(page.locator(".code-editor")).to_have_attribute("data-painted", "2")
    assert text_of(page) == "x = 1\n"
    page.keyboard.press("Control+z")
    assert text_of(page).endswith("# 한글")


def test_the_line_that_is_running_is_lit_by_python_and_by_the_flow(page: Page, address: str) -> None:
    content = open_editor(page, address, "notes=1&now=11")
    run(page, content)
    now = page.locator(".cm-line.now")
    expect(now).to_have_text("        y = x * self.w")
    step = f"""async (line) => (await import("/stage/{version()}/trail/bus.js")).bus.pass(line)"""
    page.evaluate(step, {"line": 12, "text": "total = keras.ops.sum(y, axis=-1)"})
    expect(now).to_contain_text("total = ")
    page.keyboard.press("Control+Home")
    page.keyboard.type("\n")
    hear(page, "drafts", 1)  # what the server says again puts nothing out
    expect(now).to_contain_text("total = ")
    page.evaluate(step, {"line": 12, "text": "of another file"})
    expect(now).to_have_count(0)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
def test_it_is_accessible_and_speaks_korean(page: Page, address: str, language: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    content = open_editor(page, address, f"notes=1&lang={language}")
    run(page, content)
    page.keyboard.press("Control+f")
    page.wait_for_selector(".cm-search")
    words = {
        "en": ["Run", "Find", "Python code of your layer"],
        "ko": ["실행", "찾기", "직접 만든 레이어의 Python 코드"],
    }
    run_button, find = page.locator("button.run span").first, page.locator(".cm-search input").first
    said = [run_button.inner_text(), find.get_attribute("placeholder"), content.get_attribute("aria-label")]
    assert said == words[language]
    page.keyboard.press("Escape")
    to_end(page, content)
    page.keyboard.type("# changed")
    found = Axe().run(page, context="[data-testid=stMain]").response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"]) for one in grave] == []
