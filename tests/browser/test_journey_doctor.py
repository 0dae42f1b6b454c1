"""The doctor on the page: a healthy layer, one that is as it is by design, and one that Keras itself gets wrong."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from playwright.sync_api import Locator, expect
from screen import Screen


def report(screen: Screen, layer: str, **look: str) -> Locator:
    screen.open({"layer": layer}, panel="doctor", **look).painted()
    main = screen.page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("python -m explorer doctor", timeout=30_000)
    return main


def test_a_healthy_layer(screen: Screen) -> None:
    main = report(screen, "linear")
    expect(main).to_contain_text("Linear is healthy.")
    expect(main).to_contain_text("Its config holds every argument")
    expect(main.get_by_text("Failed checks")).to_have_count(0)
    assert screen.alive and screen.problems() == []


def test_what_is_random_by_nature_is_no_illness(screen: Screen) -> None:
    main = report(screen, "keras.layers.Dropout")
    expect(main).to_contain_text("Dropout is healthy.")


def test_a_layer_that_cannot_be_made_again_from_its_config(screen: Screen) -> None:
    """Keras 3.15 refuses what RandomShear's own get_config says."""
    main = report(screen, "keras.layers.RandomShear")
    expect(main).to_contain_text("RandomShear is not healthy. Failed checks: 1.")
    finding = screen.control("finding_failed_0")
    expect(finding).to_contain_text("It can be made again from its config")
    for part in ("What was tried", "Expected", "Seen", "Why it matters"):
        expect(finding).to_contain_text(part)


def test_what_is_found_is_shown_as_it_comes_and_the_reader_may_stop_there(screen: Screen) -> None:
    """A loop over many steps takes some seconds to examine."""
    many = json.dumps([{"kind": "normal", "shape": [2, 60, 4]}])
    query = urlencode({"layer": "keras.layers.LSTM", "inputs": many, "panel": "doctor"})
    screen.page.goto(f"{screen.server.address}/explore?{query}")  # without waiting for the end of the page's run
    main = screen.page.locator("[data-testid=stMain]")
    stop = screen.control("stop_examination").get_by_role("button")
    expect(stop).to_be_visible(timeout=30_000)
    expect(main).to_contain_text("Passed")
    stop.click()
    expect(main).to_contain_text("It was stopped in the check")
    screen.control("examine_on").get_by_role("button").click()
    expect(main).not_to_contain_text("It was stopped in the check")
    assert screen.alive and screen.problems() == []


def test_the_report_in_korean(screen: Screen) -> None:
    main = report(screen, "linear", language="ko")
    expect(main).to_contain_text("레이어에 문제가 없습니다")
    expect(main.get_by_text("Its config holds every argument")).to_have_count(0)


ROOT = """import keras
from keras import ops


@keras.saving.register_keras_serializable("mine")
class Length(keras.layers.Layer):
    def call(self, x):
        return ops.sqrt(ops.sum(x * x, axis=-1))
"""


def test_a_cure_is_found_shown_with_what_was_refused_and_taken(screen: Screen) -> None:
    screen.open(page="write", panel="doctor").painted()
    screen.run_code(ROOT)
    screen.painted()
    finding = screen.control("finding_failed_0")
    expect(finding).to_contain_text("Its gradients are finite", timeout=60_000)
    finding.get_by_role("button", name="Look for a cure").click()
    expect(finding).to_contain_text("ops.maximum(ops.sum(x * x, axis=-1), 1e-7)", timeout=60_000)
    finding.get_by_text("Changes that were tried (2)").click()
    expect(finding).to_contain_text("It changes an output that was right")
    finding.get_by_role("button", name="Take this change").click()
    main = screen.page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("Length is healthy.", timeout=60_000)
    assert screen.alive and screen.problems() == []
