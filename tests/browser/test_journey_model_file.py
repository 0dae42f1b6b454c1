"""A model file of the reader's: uploaded, entered at its layers, its learned numbers read, and hostile ones refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from playwright.sync_api import expect
from screen import Screen

from tests.explorer.core.saved_models import learned, saved, two_towers

SHIFT = """import keras


class Shift(keras.layers.Layer):
    def build(self, shape):
        self.shift = self.add_weight(name="shift", shape=(shape[-1],))

    def call(self, x):
        return x + self.shift
"""


@pytest.fixture(scope="module")
def towers() -> Any:
    """A model with two inputs and a shared model in it."""
    return two_towers()


def upload(screen: Screen, data: bytes, name: str = "towers.keras") -> None:
    with screen.change():
        screen.control("open_model").locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/zip", "buffer": data}
        )


def enter(screen: Screen, layer: str) -> None:
    with screen.change():
        screen.control("tiles").locator(f"[data-layer='{layer}']").click()
    screen.painted()


def test_a_model_opens_and_the_numbers_of_its_weights_are_read(
    visitor: Callable[..., Screen], towers: Any, tmp_path: Path
) -> None:
    screen, data = visitor(), saved(towers, tmp_path)
    screen.open(page="write").painted()
    upload(screen, data)
    screen.painted()
    assert screen.problems() == []
    tiles = screen.control("tiles").locator("a.tile")
    assert tiles.count() == 6 and "78 parameters" in tiles.first.inner_text()
    assert tiles.locator("svg rect:not(.frame)").count() > 30
    left = screen.numbers("input:0")
    enter(screen, "model.head")
    np.testing.assert_allclose(screen.numbers("weight:kernel"), np.array(towers.get_layer("head").kernel), rtol=1e-5)
    enter(screen, "model.encoder.dense")
    dense = towers.get_layer("encoder").layers[0]
    np.testing.assert_allclose(screen.numbers("input:0"), left)
    np.testing.assert_allclose(screen.numbers("weight:kernel"), np.array(dense.kernel), rtol=1e-5)
    np.testing.assert_allclose(screen.numbers("output:0"), np.array(dense(left)), rtol=1e-4, atol=1e-5)
    screen.press("whole_model")
    screen.painted()
    np.testing.assert_allclose(screen.numbers("input:0"), left)
    screen.choose("kind_model_0", "Ones")
    enter(screen, "model.encoder.dense")
    assert (screen.numbers("input:0") == 1).all()
    # The link names the file, which its reader opens again.
    enter(screen, "model.head")
    reader = visitor("second")
    reader.go(screen.link)
    asked = reader.page.locator("[class*=st-key-problem_] [data-testid=stAlert]", has_text="needs a model file")
    expect(asked).to_contain_text("towers.keras")
    upload(reader, data)
    reader.painted()
    assert reader.problems() == []
    np.testing.assert_array_equal(reader.texts("output:0"), screen.texts("output:0"))
    screen.press("close_model")
    screen.painted()
    assert screen.control("tiles").count() == 0 and "model" not in screen.link.split("?")[1].split("=")


def test_a_class_of_the_model_s_own_is_typed_beside_it(screen: Screen, tmp_path: Path) -> None:
    scope: dict[str, Any] = {"__name__": "elsewhere"}
    exec(compile(SHIFT, "elsewhere", "exec"), scope)
    model = learned(keras.Sequential([keras.Input((3,)), scope["Shift"](name="soft")]))
    screen.open(page="write").painted()
    upload(screen, saved(model, tmp_path))
    assert any("needs Shift" in problem for problem in screen.problems())
    screen.run_code(SHIFT)
    screen.painted()
    assert screen.problems() == []
    enter(screen, "model.soft")
    np.testing.assert_allclose(screen.numbers("weight:shift"), np.array(model.layers[0].shift), rtol=1e-5)


def assert_text(screen: Screen) -> None:
    """Nothing on the page leads or came from elsewhere, and nothing is bold, coloured or a picture by its name."""
    hosts = screen.page.locator("a[href]").evaluate_all("(all) => all.map((one) => one.hostname)")
    assert set(hosts) <= {"127.0.0.1"}
    for selector in ("img[src*='evil']", "img[src='x']", "script:has-text('alert(1)')", "strong:text-is('b')", "b"):
        assert screen.page.locator(selector).count() == 0, selector
    assert screen.alive


def test_a_hostile_model_is_text_and_runs_nothing(screen: Screen, tmp_path: Path) -> None:
    name = "![x](http:··evil.example) <img src=x onerror=alert(1)> **b** :red[r]"
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name=name)], name=name)
    data = saved(learned(model), tmp_path)
    screen.open(page="write").painted()
    upload(screen, data, f"{name}.keras")
    screen.painted()
    assert screen.problems() == []
    assert_text(screen)
    with screen.change():
        screen.control("tiles").locator("a.tile").nth(1).click()
    assert_text(screen)
    broken = tmp_path / "broken.keras"
    with zipfile.ZipFile(tmp_path / "saved.keras") as old, zipfile.ZipFile(broken, "w") as new:
        for member in old.namelist():
            text = old.read(member)
            wrong = b'"module": "os", "class_name": "<b>system</b>"'
            new.writestr(member, text.replace(b'"module": "keras.layers", "class_name": "Dense"', wrong))
    upload(screen, broken.read_bytes())
    assert any("<b>system</b>" in problem for problem in screen.problems())
    assert_text(screen)
