"""The gallery: Attention that a reader moves, picture cards, the searchable list, and the classes that stay closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from screen import Screen
from violations import serious

import layers
from explorer.claims import SOURCES
from explorer.views.gallery_pictures import HERO, TILES

CLOSED = {"Layer", "Wrapper", "InputLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer"}
"""The classes of keras.layers that nothing can be shown of."""


def titles(screen: Screen) -> list[str]:
    return screen.page.locator(".shelf .row .title").all_inner_texts()


def rows(screen: Screen) -> list[str]:
    found: list[str] = screen.page.locator(".shelf a.row").evaluate_all("rows => rows.map((row) => row.dataset.layer)")
    return found


def settled(screen: Screen) -> Screen:
    """The gallery with all that the workers tell, and a hero that has come to rest."""
    screen.go(screen.server.address)
    screen.page.locator('.shelf a.row[data-layer="keras.layers.MultiHeadAttention"]').wait_for()
    screen.page.locator(".hero .slider").first.wait_for()
    screen.page.locator(".hero .more button").first.click()
    return screen


def drawn(found: Sequence[Locator]) -> np.ndarray:
    return np.array([float(one.text_content().replace("−", "-")) for one in found])  # type: ignore[union-attr]


def numbers(screen: Screen, name: str) -> np.ndarray:
    """The numbers that the hero draws: of the scores and alpha, or of all cells of a name."""
    selector = {"scores": "[data-score]", "alpha": "[data-alpha]"}.get(name, f'[data-cell^="{name}"]')
    return drawn(screen.page.locator(f".hero {selector}").all())


def expected(scores: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax, then the weighted sum, by NumPy."""
    alpha = np.exp(scores) / np.exp(scores).sum()
    return alpha, alpha @ x


def agrees(screen: Screen) -> np.ndarray:
    """Check what the hero draws; gives its alpha."""
    scores, alpha = numbers(screen, "scores"), numbers(screen, "alpha")
    x = numbers(screen, "x ").reshape(5, 3)
    wanted, context = expected(scores, x)
    np.testing.assert_allclose(alpha, wanted, atol=0.011)  # two decimals, of scores with two decimals
    np.testing.assert_allclose(numbers(screen, "output"), context, atol=0.02)
    np.testing.assert_allclose(numbers(screen, "weighted").reshape(5, 3), alpha[:, None] * x, atol=0.02)
    assert screen.page.locator(".hero [data-sum]").text_content() == "Σ = 1.00"
    return alpha


def test_the_hero_draws_a_real_run_and_follows_the_keys(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 1440, "height": 900})
    settled(screen)
    options = HERO.experiment.inputs[0].options["values"]
    np.testing.assert_array_equal(numbers(screen, "x ").reshape(5, 3), options[0])
    before = agrees(screen)
    assert before.argmax() == 2 and before.max() > 0.5

    slider = screen.page.get_by_role("slider", name="Score of step 2")
    slider.focus()
    for _ in range(15):
        slider.press("ArrowRight")
    after = agrees(screen)
    assert numbers(screen, "scores")[1] == pytest.approx(0.6, abs=0.011)
    assert after[1] > 3 * before[1] and (np.delete(after, 1) < np.delete(before, 1)).all(), "the others give way"
    said = slider.get_attribute("aria-valuetext")
    assert said == f"score {numbers(screen, 'scores')[1]:.2f}, alpha {after[1]:.2f}"
    slider.press("End")
    assert numbers(screen, "scores")[1] == 1, "tanh goes no further"
    agrees(screen)
    screen.page.get_by_role("button", name="Put back").click()
    np.testing.assert_array_equal(agrees(screen), before)


def test_a_bar_is_dragged_to_where_the_pointer_is(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 1440, "height": 900})
    settled(screen)
    mouse, bar = screen.page.mouse, screen.page.locator(".hero .bar").nth(4)
    box = bar.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"], y)
    mouse.down()
    mouse.move(box["x"] + box["width"] + 20, y, steps=4)
    mouse.up()
    moved = bar.bounding_box()
    assert moved and abs(moved["width"] - box["width"] - 20) < 2
    agrees(screen)


def test_the_hero_plays_and_rests_for_readers_who_want_no_motion(visitor: Callable[..., Screen]) -> None:
    moving, still = visitor(), visitor("still", reduced_motion="reduce")
    for screen in (moving, still):
        screen.go(screen.server.address)
        screen.page.locator(".hero .slider").first.wait_for()
    expect(still.page.get_by_role("button", name="Play")).to_be_visible()
    np.testing.assert_allclose(numbers(still, "alpha").sum(), 1, atol=0.02)
    pause = moving.page.get_by_role("button", name="Pause")
    expect(pause).to_be_visible()
    pause.click()
    expect(moving.page.get_by_role("button", name="Play")).to_be_visible()


def test_the_hero_opens_what_it_draws(screen: Screen) -> None:
    settled(screen)
    with screen.change():
        screen.page.get_by_role("link", name="Open Attention").click()
    assert "layer=attention" in screen.link and "attention_weight" in screen.link
    assert screen.problems() == [] and screen.alive


def test_six_cards_show_tensors_and_open_their_example(screen: Screen) -> None:
    settled(screen)
    tiles = screen.page.locator(".tiles a")
    expect(tiles).to_have_count(6)
    pictures = {"CenterZero": 2 * 100, "Linear": 6 + 4, "Conv2D": 100 + 64, "MaxPooling": 256 + 64, "LSTM": 16 + 8}
    for title, cells in {**pictures, "Attention": 15 + 5 + 3}.items():
        own = tiles.filter(has_text=title)
        expect(own.locator("svg > rect:not(.frame)")).to_have_count(cells)
    assert [tile.get_attribute("data-layer") for tile in tiles.all()] == [tile.layer for tile in TILES]
    with screen.change():
        tiles.filter(has_text="LSTM").click()
    pill = screen.control("preset_keras.layers.LSTM").locator("button", has_text="Remember, then forget")
    expect(pill).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_gallery_that_was_played_with(
    visitor: Callable[..., Screen], scheme: str
) -> None:
    screen = settled(visitor(color_scheme=scheme))
    screen.page.get_by_role("slider").first.press("End")
    screen.page.get_by_role("searchbox").fill("pool")
    assert serious(screen, scheme) == []


def test_the_gallery_lists_every_layer_and_says_why_some_stay_closed(screen: Screen) -> None:
    screen.go(screen.server.address)
    assert len(titles(screen)) >= 11 + 143
    closed = screen.page.locator(".shelf .row.closed")
    reasons = dict(
        zip(closed.locator(".title").all_inner_texts(), closed.locator(".summary").all_inner_texts(), strict=True)
    )
    assert {name.removeprefix("keras.layers.") for name in reasons} == CLOSED
    assert all(len(reason.split()) >= 4 for reason in reasons.values()), reasons
    assert screen.page.locator(".shelf a.row.closed").count() == 0


def test_documents_are_named_as_a_reader_would(screen: Screen) -> None:
    screen.go(screen.server.address)
    row = screen.page.locator('.shelf a.row[data-layer="center_zero"]')
    assert row.locator(".source").inner_text() == SOURCES["001"].name
    assert not any("00" in name for name in screen.page.locator(".shelf .source").all_inner_texts() if "20" not in name)


def test_search_and_chips_narrow_the_list(screen: Screen) -> None:
    screen.go(screen.server.address)
    every = titles(screen)
    search = screen.page.get_by_role("searchbox")
    search.fill("pool")
    found = titles(screen)
    assert "MaxPooling" in found and "GlobalAveragePooling1D" in found and "Dense" not in found
    assert 0 < len(found) < len(every) / 3

    chip = screen.page.locator(".shelf .chip", has_text="From the documents")
    chip.click()
    assert chip.get_attribute("aria-pressed") == "true"
    assert titles(screen) == ["MaxPooling"]
    search.fill("no such layer at all")
    assert titles(screen) == []
    assert "No layer matches" in screen.page.locator(".shelf").inner_text()
    search.fill("")
    chip.click()
    assert titles(screen) == every


def test_a_row_opens_its_layer_with_its_own_example(screen: Screen) -> None:
    screen.go(screen.server.address)
    screen.page.get_by_role("searchbox").fill("embedding")
    with screen.change():
        screen.page.locator('.shelf a.row[data-layer="keras.layers.Embedding"]').click()
    assert "layer=keras.layers.Embedding" in screen.link
    first = screen.control("preset_keras.layers.Embedding").locator("button").first
    expect(first).to_have_attribute("aria-checked", "true")


def test_two_layers_of_one_name_are_kept_apart(screen: Screen) -> None:
    screen.open({"layer": "attention"}).painted()
    screen.choose("layer", "keras.layers.Attention")
    assert "layer=keras.layers.Attention" in screen.link
    screen.choose("layer", "Attention")
    screen.type("shape_attention_0", "1, 4, 3")
    assert "layer=attention" in screen.link and screen.shape("output:0") == (1, 3)
    screen.choose("dtype", "float64")
    assert "layer=attention" in screen.link and screen.dtype("output:0") == "float64"


def test_a_class_of_keras_without_a_card_of_its_own_opens_from_a_link(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Softmax", "inputs": [{"kind": "arange", "shape": [2, 3]}]}).painted()
    x, output = screen.numbers("input:0").astype("float64"), screen.numbers("output:0")
    expected = [[value / sum(2.718281828459045 ** x[r]) for value in 2.718281828459045 ** x[r]] for r in range(2)]
    assert abs(output - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("convolve image", "keras.layers.Conv2D"),
        ("그림 합성곱", "keras.layers.Conv2D"),
        ("mha", "keras.layers.MultiHeadAttention"),
        ("bn", "keras.layers.BatchNormalization"),
        ("cell lstm", "keras.layers.LSTMCell"),
        ("어텐션", "attention"),
        ("photos pooling", "keras.layers.MaxPooling2D"),
    ],
)
def test_a_search_in_the_list_finds_first_what_the_picker_finds(screen: Screen, text: str, layer: str) -> None:
    screen.go(screen.server.address)
    screen.page.locator('.shelf a.row[data-layer="keras.layers.MultiHeadAttention"]').wait_for()
    screen.page.get_by_role("searchbox").fill(text)
    assert rows(screen)[0] == layer and len(rows(screen)) < 30


def test_the_picker_takes_other_words_for_a_layer(screen: Screen) -> None:
    screen.open({"layer": "linear"})
    for text, layer in (("합성곱", "keras.layers.Conv2D"), ("elephant", "keras.layers.Conv2D")):
        field = screen.control("layer").locator("input").first
        field.click()
        field.fill(text)
        with screen.change():
            field.press("Enter")
        assert f"layer={layer}" in screen.link and screen.problems() == []
    assert screen.typed("layer") == layers.catalogue()["keras.layers.Conv2D"].title
