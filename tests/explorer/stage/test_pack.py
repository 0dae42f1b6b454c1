from __future__ import annotations

import json
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from explorer.model.trace import Tensor
from explorer.stage.encoding import MAX_EXACT, MAX_MESSAGE, grid_axes
from explorer.stage.labels import LABELS
from explorer.stage.pack import pack


def make(value: Any, id_: str = "input:x", axes: tuple[str, ...] = (), scale: str = "signed") -> Tensor:
    array = np.asarray(value)
    return Tensor(id_, id_.split(":")[1], id_.split(":")[0], array, str(array.dtype), axes, scale)


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<I", message)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    header = json.loads(message[4 : 4 + length], parse_constant=refuse)
    return header, message[-(-(4 + length) // 8) * 8 :]


def only(tensor: Tensor) -> tuple[dict[str, Any], bytes]:
    header, data = unpack(pack([tensor], LABELS, {}))
    return header["tensors"][0], data


@pytest.mark.parametrize(
    ("dtype", "encoding"),
    [
        ("float32", "f4"),
        ("float64", "f8"),
        ("float16", "f4"),
        ("int32", "i4"),
        ("int64", "i8"),
        ("uint8", "u1"),
        ("bool", "u1"),
        ("int8", "i4"),
        ("uint64", "u8"),
    ],
)
def test_values_travel_unchanged(dtype: str, encoding: str) -> None:
    value = np.array([[0, 1, 1], [1, 0, 1]], dtype)
    entry, data = only(make(value))
    assert (entry["encoding"], entry["shape"], entry["dtype"]) == (encoding, [2, 3], dtype)
    assert np.frombuffer(data, f"<{encoding}", 6).tolist() == value.ravel().tolist()


def test_arrays_start_at_multiples_of_eight() -> None:
    tensors = [make(np.ones(count, "uint8"), f"input:{count}") for count in (1, 3, 8, 9)]
    header, data = unpack(pack(tensors, LABELS, {}))
    assert [entry["offset"] for entry in header["tensors"]] == [0, 8, 16, 24]
    assert len(data) == 40


def test_transposed_and_big_endian_arrays_are_sent_in_order() -> None:
    value = np.arange(6, dtype=">f4").reshape(2, 3).T
    _, data = only(make(value))
    assert np.frombuffer(data, "<f4").tolist() == [0, 3, 1, 4, 2, 5]


def test_the_header_is_strict_json_whatever_the_values() -> None:
    entry, _ = only(make(np.array([np.nan, np.inf, -np.inf, 2], "float32")))
    assert entry["statistics"]["maximum"] == 2
    assert (entry["statistics"]["nan"], entry["statistics"]["positive_infinite"]) == (1, 1)
    assert only(make(np.array([np.nan])))[0]["statistics"]["minimum"] is None


def test_scales_follow_the_dtype_where_a_card_says_nothing() -> None:
    assert only(make(np.ones(2, bool)))[0]["scale"] == "boolean"
    assert only(make(np.ones(2, "int64")))[0]["scale"] == "category"
    assert only(make(np.ones(2, "float32"), scale="probability"))[0]["scale"] == "probability"
    entry, _ = only(make(np.array([["<b>", "blue"]], object)))
    assert (entry["scale"], entry["texts"]) == ("text", ["<b>", "blue"])


def test_the_largest_exact_tensor_is_whole_and_the_next_is_an_overview() -> None:
    whole, data = only(make(np.zeros((1024, 1024), "float32")))
    assert whole["encoding"] == "f4" and len(data) == 4 * MAX_EXACT
    cut, data = only(make(np.zeros((1025, 1024), "float32")))
    assert (cut["encoding"], cut["block"], cut["blocks"]) == ("overview", [3, 2], [342, 512])
    assert cut["statistics"]["cells"] == cut["statistics"]["zeros"] == 1025 * 1024
    assert len(data) == sum(-(-342 * 512 * size // 8) * 8 for size in (4, 4, 4, 1))


def test_many_small_slices_are_sent_whole_as_far_as_they_go() -> None:
    value = np.arange(3000 * 20 * 20, dtype="float32").reshape(3000, 20, 20)
    entry, data = only(make(value))
    assert (entry["reduced"], entry["shown"], entry["total"]) == ("slices", MAX_EXACT // 400, 3000)
    assert np.array_equal(np.frombuffer(data, "<f4"), value[: entry["shown"]].ravel())


def test_an_image_is_reduced_along_height_and_width() -> None:
    value = np.zeros((1, 700, 700, 3), "float32")
    value[0, 5, 6, 1] = 9
    entry, data = only(make(value, axes=("batch", "height", "width", "channels")))
    assert entry["order"] == [0, 3, 1, 2] and entry["blocks"] == [350, 350]
    count = 3 * 350 * 350
    maximum = np.frombuffer(data, "<f4", count, entry["offsets"][1]).reshape(3, 350, 350)
    assert np.argwhere(maximum == 9).tolist() == [[1, 2, 3]]


def test_a_message_stays_within_its_budget() -> None:
    tensors = [make(np.zeros((1024, 1024), "float64"), f"weight:{number}") for number in range(8)]
    message = pack(tensors, LABELS, {})
    assert len(message) < MAX_MESSAGE + 100_000
    cells = [entry["statistics"]["cells"] for entry in unpack(message)[0]["tensors"]]
    assert cells == [1024 * 1024] * 8


def test_a_picture_draws_every_tensor_even_beyond_its_budget() -> None:
    value = np.zeros((2000, 10, 10), "float32")  # at its coarsest its first slices, 128 KiB
    entries = unpack(pack([make(value, f"weight:{number}") for number in range(110)], LABELS, {}))[0]["tensors"]
    assert {entry["encoding"] for entry in entries} == {"f4"}


def test_a_vector_beyond_the_limit_is_an_overview_too() -> None:
    entry, _ = only(make(np.arange(MAX_EXACT + 1, dtype="float32")))
    assert (entry["encoding"], entry["order"], entry["blocks"][0]) == ("overview", [], 1)


def test_the_first_of_two_tensors_with_one_id_is_kept() -> None:
    header, _ = unpack(pack([make([1.0]), make([2.0])], LABELS, {}))
    assert [entry["statistics"]["maximum"] for entry in header["tensors"]] == [1]


def test_equal_arguments_give_equal_bytes() -> None:
    assert pack([make([1.0, 2.0])], LABELS, {"a": 1}) == pack([make([1.0, 2.0])], LABELS, {"a": 1})


def test_axes_of_the_picture() -> None:
    assert grid_axes(("batch", "height", "width", "channels"), 4) == (1, 2)
    assert grid_axes(("batch", "time", "features"), 3) == (1, 2)


def test_packing_needs_neither_streamlit_nor_keras() -> None:
    code = (
        "import sys, explorer.stage.pack, explorer.stage\n"
        "print([m for m in ('streamlit', 'keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
