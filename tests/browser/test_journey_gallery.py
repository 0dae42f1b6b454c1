"""The gallery: search, filter chips, opening a card, and the classes that cannot be opened."""

from __future__ import annotations

from screen import Screen

CLOSED = {"Layer", "Wrapper", "InputLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer"}
"""The classes of keras.layers that nothing can be shown of."""


def titles(screen: Screen) -> list[str]:
    return screen.page.locator(".shelf .card .title").all_inner_texts()


def test_the_gallery_lists_every_layer_and_says_why_some_stay_closed(screen: Screen) -> None:
    screen.go(screen.server.address)
    assert len(titles(screen)) >= 11 + 143
    closed = screen.page.locator(".shelf .card.closed")
    reasons = dict(
        zip(closed.locator(".title").all_inner_texts(), closed.locator(".summary").all_inner_texts(), strict=True)
    )
    assert {name.removeprefix("keras.layers.") for name in reasons} == CLOSED
    assert all(len(reason.split()) >= 4 for reason in reasons.values()), reasons
    assert screen.page.locator(".shelf a.card.closed").count() == 0


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


def test_a_card_opens_its_layer_with_its_own_numbers(screen: Screen) -> None:
    screen.go(screen.server.address)
    screen.page.get_by_role("searchbox").fill("embedding")
    with screen.change():
        screen.page.locator('.shelf a.card[data-layer="keras.layers.Embedding"]').click()
    screen.painted()
    assert "layer=keras.layers.Embedding" in screen.link
    assert (screen.numbers("output:0")[0, 0] == screen.numbers("weight:embeddings")[4]).all()


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


def test_a_search_needs_no_exact_words(screen: Screen) -> None:
    screen.go(screen.server.address)
    screen.page.locator('.shelf a.card[data-layer="keras.layers.MultiHeadAttention"]').wait_for()
    for text, layer in (
        ("convolve image", "keras.layers.Conv2D"),
        ("mha", "keras.layers.MultiHeadAttention"),
        ("그림 합성곱", "keras.layers.Conv2D"),
        ("photos pooling", "keras.layers.MaxPooling2D"),
    ):
        screen.page.get_by_role("searchbox").fill(text)
        found = screen.page.locator(".shelf a.card").evaluate_all("cards => cards.map((card) => card.dataset.layer)")
        assert layer in found and len(found) < 30, text
