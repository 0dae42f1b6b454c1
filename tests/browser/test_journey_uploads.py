"""Files: a good one becomes the input, a bad one gives a clear sentence and leaves the picture as it was."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from screen import Screen

from explorer.experiment.recipes import KINDS

FILE = KINDS["file"].title


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=array.dtype == object)
    return stream.getvalue()


def upload(screen: Screen, layer: str, name: str, data: bytes) -> None:
    if screen.control(f"kind_{layer}_0").locator("input").input_value() != FILE:
        screen.choose(f"kind_{layer}_0", FILE)
    with screen.change():
        screen.control(f"upload_{layer}_0").locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        )


GOOD = np.array([[1.5, -2, 3], [0.1, 5, -6e8]], "float32")


def test_a_npy_file_becomes_the_input_and_a_small_one_travels_in_the_link(visitor: Callable[..., Screen]) -> None:
    screen = visitor()
    screen.open({"layer": "linear"}).painted()
    upload(screen, "linear", "good.npy", npy(GOOD))
    assert screen.problems() == []
    np.testing.assert_array_equal(screen.numbers("input:0"), GOOD)
    expected = GOOD @ screen.numbers("weight:kernel") + screen.numbers("weight:bias")
    np.testing.assert_allclose(screen.numbers("output:0"), expected, rtol=1e-5)
    other = visitor("second")
    other.go(screen.link).painted()
    np.testing.assert_array_equal(other.texts("output:0"), screen.texts("output:0"))


def test_a_csv_file_and_an_image_become_the_input(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    upload(screen, "linear", "good.csv", b"1,2,3\n4,5,6.5\n")
    np.testing.assert_array_equal(screen.numbers("input:0"), np.array([[1, 2, 3], [4, 5, 6.5]], "float32"))

    pixels = np.arange(0, 250, 10, dtype="uint8").reshape(5, 5)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    screen.open({"layer": "max_pooling"}).painted()
    upload(screen, "max_pooling", "grey.png", stream.getvalue())
    assert screen.shape("input:0") == (1, 5, 5, 1)
    np.testing.assert_allclose(screen.numbers("input:0")[0, :, :, 0], pixels / 255, rtol=1e-6)
    assert screen.numbers("output:0")[0, 0, 0, 0] == np.float32(60 / 255)


def test_a_large_file_is_named_by_the_link_and_missing_elsewhere(visitor: Callable[..., Screen]) -> None:
    array = np.linspace(-1, 1, 60 * 50, dtype="float32").reshape(60, 50)
    screen = visitor()
    screen.open().painted()
    upload(screen, "center_zero", "large.npy", npy(array))
    assert screen.problems() == []
    shown = screen.numbers("output:0")
    assert (shown[29:31, 24:26] == 0).all()
    np.testing.assert_array_equal(screen.numbers("input:0"), array)
    other = visitor("second")
    other.go(screen.link)
    assert other.alive
    told = " ".join(other.problems())
    assert "large.npy" in told or "file" in told.lower(), told


BAD = {
    "pickled objects": ("bad.npy", npy(np.array([{"a": 1}, print], dtype=object)), "objects"),
    "a bare pickle": ("bad.npy", pickle.dumps([1, 2]), "npy"),
    "cut short": ("short.npy", npy(GOOD)[:-5], "short"),
    "a header that promises 10 GB": ("big.npy", npy(GOOD).replace(b"(2, 3), ", b"(9**5, )"), "npy"),
    "a CSV with text": ("text.csv", b"1,2\n3,hello\n", "text"),
    "a CSV with ragged rows": ("ragged.csv", b"1,2\n3\n", "length"),
    "a PDF renamed to .png": ("paper.png", b"%PDF-1.7\n%abc\n1 0 obj\n", "image"),
    "an empty file": ("empty.npy", b"", "empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_and_the_picture_stays(screen: Screen, name: str) -> None:
    file, data, word = BAD[name]
    screen.open({"layer": "linear"}).painted()
    before = screen.texts("output:0")
    upload(screen, "linear", file, data)
    told = " ".join(screen.problems())
    assert word in told.lower() and "Traceback" not in told, told
    assert screen.alive
    np.testing.assert_array_equal(screen.texts("output:0"), before)
    upload(screen, "linear", "good.npy", npy(GOOD))
    assert screen.problems() == []
    np.testing.assert_array_equal(screen.numbers("input:0"), GOOD)
