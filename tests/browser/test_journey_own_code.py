"""A layer of the reader's own: typed, run, seen, broken and mended, taken away, and opened from a link."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from screen import Screen, Server

from tests.explorer.core.own_code.learners import LEARNERS
from tests.explorer.core.own_code.old_texts import DOCUMENTS

BLUR = '''import keras


class Blur(keras.layers.Layer):
    """Mixes each feature with its mean."""

    def __init__(self, share=0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def call(self, x):
        mean = keras.ops.mean(x, axis=-1, keepdims=True)
        print("blurred", tuple(x.shape))
        return x * (1 - self.share) + mean * self.share
'''

HOSTILE = BLUR.replace("blurred", "<img src=x onerror='document.body.dataset.hit = 1'>").replace(
    "Mixes each feature with its mean.", "<script>document.body.dataset.hit = 1</script> ![](x) [a](javascript:1)"
)


@pytest.fixture(scope="module", autouse=True)
def _started(server: Server, browser: Browser) -> None:
    """The engine for own code starts with its first visitor, and stays."""
    context = browser.new_context()
    Screen(context.new_page(), server).open(page="write").painted()
    context.close()


def test_code_that_is_pasted_runs_and_shows_its_numbers(screen: Screen) -> None:
    screen.open(page="write").painted()
    screen.run_code(BLUR)
    screen.painted()
    assert screen.problems() == []
    assert screen.page.locator(".st-key-heading h1").inner_text() == "Blur"
    x = screen.numbers("input:0").astype("float32")
    mean = x.mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(screen.numbers("output:0"), x * np.float32(0.5) + mean * np.float32(0.5), rtol=1e-5)
    assert "blurred (" in screen.control("printed").inner_text()
    screen.type("p_own-Blur_share", "1")
    np.testing.assert_allclose(screen.numbers("output:0"), np.broadcast_to(mean, x.shape), rtol=1e-5)


def test_code_runs_although_something_else_is_changed_while_it_is_read(screen: Screen) -> None:
    screen.open(page="write").painted()
    screen.paste(BLUR.replace("import keras\n", "import time\n\nimport keras\n\ntime.sleep(1.5)\n"))
    with screen.change():
        screen.control("editor").locator(".cm-content").press("Control+Enter")
        screen.page.get_by_text("Computing …").wait_for()
        screen.control("language").get_by_text("한국어").click()
    expect(screen.page.locator(".st-key-heading h1")).to_have_text("Blur")
    assert screen.problems() == [] and screen.alive


def test_an_error_marks_its_line_and_the_last_good_picture_stays(screen: Screen) -> None:
    screen.open(page="write").painted()
    screen.run_code(BLUR)
    screen.painted()
    shown = screen.texts("output:0")
    screen.run_code(BLUR.replace("axis=-1", "axis=7"))
    assert any("your_layer.py:12" in problem for problem in screen.problems())
    assert screen.control("editor").locator(".cm-lint-marker-error").count() == 1
    screen.run_code("class Blur(:")
    assert any("Python cannot read this text" in problem for problem in screen.problems())
    assert screen.stale and screen.alive
    np.testing.assert_array_equal(screen.texts("output:0"), shown)
    screen.run_code(BLUR)
    assert screen.problems() == [] and not screen.stale


def test_code_of_a_link_waits_for_its_reader(visitor: Callable[..., Screen]) -> None:
    writer, reader = visitor(), visitor("second")
    writer.open(page="write").painted()
    writer.run_code(BLUR.replace("0.5", "0.25"))
    writer.painted()
    reader.go(writer.link)
    assert "share=0.25" in reader.code
    assert reader.flow.count() == 0 and reader.control("run_link").count() == 1
    reader.press("run_link")
    reader.painted()
    np.testing.assert_array_equal(reader.texts("output:0"), writer.texts("output:0"))
    third = visitor("third")  # the same code under Explore's address
    third.go(writer.link.replace("/write?", "/explore?"))
    third.control("run_link").wait_for()
    assert third.flow.count() == 0 and "share=0.25" in third.code


def test_what_was_typed_survives_a_reload_and_undo_goes_back(screen: Screen) -> None:
    screen.open(page="write").painted()
    first = screen.code
    screen.run_code(BLUR)
    screen.painted()
    screen.press("undo")
    screen.painted()
    assert screen.code.strip() == first.strip()
    screen.press("redo")
    screen.painted()
    screen.paste(BLUR + "\n# not run yet")
    screen.page.wait_for_timeout(1500)
    screen.reload()
    assert screen.code.endswith("# not run yet")
    assert "Blur" in urllib.parse.unquote_plus(screen.link)
    screen.press("run_link")
    screen.painted()
    assert screen.code.endswith("# not run yet")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_old_code_of_the_documents_runs_after_the_changes_that_are_offered(screen: Screen, name: str) -> None:
    screen.open(page="write").painted()
    screen.run_code(DOCUMENTS[name])
    presses = 0
    while screen.problems() or screen.control("fix_0").count():
        assert presses < 3, screen.problems()
        screen.press("fix_all" if screen.control("fix_all").count() else "fix_0")
        presses += 1
    screen.painted()
    assert presses > 0 and not screen.stale
    assert screen.page.locator(".st-key-heading h1").inner_text() in screen.code
    assert np.isfinite(screen.numbers("output:0")).all()


def test_what_learners_type_runs(screen: Screen) -> None:
    screen.open(page="write").painted()
    refused = {}
    for name, code in LEARNERS.items():
        screen.run_code(code)
        if screen.problems() or screen.stale:
            refused[name] = screen.problems()
    assert refused == {}


def test_code_that_is_hostile_is_shown_as_text(screen: Screen) -> None:
    screen.open(page="write").painted()
    screen.run_code(HOSTILE)
    screen.painted()
    assert screen.problems() == [] and screen.alive
    assert screen.page.evaluate("document.body.dataset.hit") is None
    assert "<img src=x" in screen.control("printed").inner_text()
    assert screen.page.locator("img[src=x]").count() == 0


def test_everything_else_works_on_typed_code(screen: Screen) -> None:
    screen.open(page="write").painted()
    screen.run_code(BLUR)
    screen.painted()
    screen.touch("output:0", 0, 0)
    assert np.count_nonzero(screen.trail("input:0")[0]) > 1
    screen.tab("Doctor")
    screen.page.get_by_text("share", exact=False).first.wait_for()
    screen.tab("Life")
    screen.tab("Script")
    assert "class Blur" in screen.page.locator("[data-testid=stCode]").last.inner_text()
    screen.tab("Source")
    assert "class Blur" in screen.page.locator("[data-testid=stCode]").last.inner_text()
    assert screen.problems() == [] and screen.alive
