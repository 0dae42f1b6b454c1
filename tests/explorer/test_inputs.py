"""Recipes make the arrays that they say, from nothing but their words, and refuse what cannot be made."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.experiment.recipes import (
    KINDS,
    MAX_CELLS,
    REACHING,
    Recipe,
    as_number,
    cast,
    checked_mask,
    checked_shape,
    checked_value,
    mask_array,
    materialise,
    parse_shape,
)
from explorer.model.problem import Problem
from layers.card import Field


def make(kind: str, shape: Any, dtype: str = "float32", seed: int = 0, position: int = 0, **options: Any) -> np.ndarray:
    return materialise(Recipe.from_json({"kind": kind, "shape": shape, **options}), dtype, seed, position)


OF_THEIR_OWN = sorted(set(KINDS) - {"file", REACHING})
"""Kinds that need nothing else than the recipe."""


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OF_THEIR_OWN), st.lists(st.integers(0, 5), max_size=5))
def test_every_kind_fills_every_shape(kind: str, shape: list[int]) -> None:
    array = make(kind, shape)
    assert array.shape == tuple(shape) and array.dtype == np.float32 and array.flags.c_contiguous
    np.testing.assert_array_equal(array, make(kind, shape))


def test_what_the_kinds_say() -> None:
    np.testing.assert_array_equal(make("constant", (2, 2), value=6), np.full((2, 2), 6))
    np.testing.assert_array_equal(make("arange", (2, 3), start=1, step=2), [[1, 3, 5], [7, 9, 11]])
    np.testing.assert_array_equal(make("linspace", (5,)), [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_array_equal(make("one_hot", (4, 3)), np.eye(3)[[0, 1, 2, 0]])
    np.testing.assert_array_equal(make("one_hot", (2, 2, 3)), np.eye(3)[[0, 1, 2, 0]].reshape(2, 2, 3))
    np.testing.assert_array_equal(make("identity", (2, 2, 3)), [np.eye(2, 3)] * 2)
    np.testing.assert_array_equal(make("checkerboard", (2, 3)), [[0, 1, 0], [1, 0, 1]])
    np.testing.assert_array_equal(make("typed", (2, 3), values=[[1, 2], 3]), [[1, 2, 3], [3, 3, 3]])
    np.testing.assert_array_equal(make("typed", (2,), values=[1, 2, 3]), [1, 2])
    tokens = make("tokens", (50,), "int32", vocabulary=7)
    assert tokens.dtype == np.int32 and set(tokens.tolist()) == set(range(7))
    picture = make("image", (1, 8, 8, 5))
    assert 0 <= picture.min() < picture.max() <= 1
    np.testing.assert_array_equal(picture[..., 0], picture[..., 3])


def test_random_inputs_follow_the_seed_and_the_position() -> None:
    for kind in ("normal", "uniform"):
        first = make(kind, (4, 4), seed=3)
        np.testing.assert_array_equal(first, make(kind, (4, 4), seed=3))
        assert not np.array_equal(first, make(kind, (4, 4), seed=4))
        assert not np.array_equal(first, make(kind, (4, 4), seed=3, position=1))
    wide = make("normal", (100, 100), mean=3, stddev=0.5)
    assert abs(wide.mean() - 3) < 0.02 and abs(wide.std() - 0.5) < 0.02


@pytest.mark.parametrize("kind", OF_THEIR_OWN)
@pytest.mark.parametrize("shape", [[1, 4_194_304], [4_194_304, 1], [2] * 8])
def test_the_largest_inputs_take_neither_long_nor_much(kind: str, shape: list[int]) -> None:
    start = time.thread_time()
    assert make(kind, shape).shape == tuple(shape)
    assert time.thread_time() - start < 3


@pytest.mark.parametrize(
    "shape",
    [
        (10**12,),
        (10**6, 10**6),
        (0, 10**12),
        (10**9, 0, 10**9),
        (MAX_CELLS + 1,),
        (10**5000, 2),
        (-1,),
        (2, -3),
        (1,) * 9,
        (2.0,),
        (True,),
        "2, 3",
        None,
        {"a": 1},
        ("2",),
        (math.nan,),
    ],
    ids=lambda shape: type(shape).__name__,
)
def test_impossible_shapes_are_refused_at_once(shape: Any) -> None:
    start = time.thread_time()
    with pytest.raises(Problem) as caught:
        checked_shape(shape)
    assert time.thread_time() - start < 0.05
    assert caught.value.expected and caught.value.received and len(caught.value.received) <= 200


def test_the_limit_is_named() -> None:
    with pytest.raises(Problem) as caught:
        checked_shape((10**6, 10**6))
    assert (caught.value.expected, caught.value.received) == ("<= 4,194,304", "1,000,000,000,000 (1000000 x 1000000)")
    assert checked_shape([2048, 2048]) == (2048, 2048)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("10, 10", (10, 10)),
        ("(2, 3)", (2, 3)),
        ("2x3", (2, 3)),
        ("[4]", (4,)),
        ("", ()),
        ("2 × 3", (2, 3)),
        ("0", (0,)),
    ],
)
def test_typed_shapes(text: str, shape: tuple[int, ...]) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize("text", ["a", "2.5", "-1", "2,,b", "9" * 31, "1e9", "10**12", "2;3", "1000000000000"])
def test_typed_shapes_that_are_none(text: str) -> None:
    with pytest.raises(Problem):
        parse_shape(text)


# ------------------------------------------------------------------------------------------------ typed values
def test_words_are_numbers_that_json_lacks() -> None:
    np.testing.assert_array_equal(make("typed", (4,), values=["nan", "-Inf", "+inf", 2]), [np.nan, -np.inf, np.inf, 2])
    assert math.isnan(make("constant", (), value="nan"))
    assert make("constant", (), value=float("-inf")) == -np.inf


def test_large_integers_are_not_rounded() -> None:
    values = [2**53 + 1, 2**63 - 1, -(2**63)]
    np.testing.assert_array_equal(make("typed", (3,), "int64", values=values), np.array(values, "int64"))


def test_texts_stay_as_they_were_typed() -> None:
    assert make("typed", (3,), "string", values=["NaN", "고양이", 3]).tolist() == ["NaN", "고양이", "3"]


@pytest.mark.parametrize("values", [{"a": 1}, None, [None], [[1], {}], [10**400], [1j], [[[[object()]]]]])
def test_values_that_are_none(values: Any) -> None:
    with pytest.raises(Problem) as caught:
        make("typed", (2,), values=values)
    assert caught.value.expected


# -------------------------------------------------------------------------------------------------------- casts
@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (2.5, "int32"),
        (math.nan, "int32"),
        (math.inf, "int64"),
        (300, "uint8"),
        (-1, "uint8"),
        (2.0**31, "int32"),
        (2.0**63, "int64"),
        (-(2.0**64), "int64"),
    ],
)
def test_nothing_is_rounded_in_silence(value: float, dtype: str) -> None:
    with pytest.raises(Problem) as caught:
        cast(np.array([0, value]), dtype)
    assert dtype in caught.value.expected and caught.value.received and caught.value.where == "inputs.0"


def test_texts_do_not_become_numbers() -> None:
    with pytest.raises(Problem) as caught:
        make("typed", (2,), values=["cat", 1])
    assert caught.value.expected == "float32" and "cat" in caught.value.received


def test_casts_that_are_possible() -> None:
    assert cast(np.array([1.0, 255.0]), "uint8").tolist() == [1, 255]
    assert cast(np.array([0.0, 2.0]), "bool").tolist() == [False, True]
    assert cast(np.array([-(2.0**63)]), "int64").tolist() == [-(2**63)]
    assert cast(np.array(1.5), "bfloat16").dtype == np.float32
    assert cast(np.zeros((2, 0)), "int32").shape == (2, 0)
    assert cast(np.array([1.5]), "string").tolist() == ["1.5"]


def test_a_missing_upload_is_named() -> None:
    with pytest.raises(Problem) as caught:
        make("file", (2,), sha256="abc", name="cat.npy")
    assert "cat.npy" in caught.value.expected
    recipe = Recipe.from_json({"kind": "file", "shape": [2], "sha256": "abc"})
    assert materialise(recipe, "int32", 0, attachments={"abc": np.array([1.0, 2.0])}).tolist() == [1, 2]


# -------------------------------------------------------------------------------------------------------- masks
def test_masks() -> None:
    assert mask_array({"kind": "last", "count": 2}, (2, 3, 4)).tolist() == [[True, False, False]] * 2
    assert mask_array({"kind": "first"}, (1, 3)).tolist() == [[False, True, True]]
    assert mask_array({"kind": "typed", "values": [1, 0]}, (1, 3)).tolist() == [[True, False, False]]
    assert mask_array({"kind": "typed", "values": [[True], [False]]}, (2, 1)).tolist() == [[True], [False]]
    assert not mask_array({"kind": "last", "count": 10**6}, (2, 3)).any()
    assert mask_array({"kind": "last", "count": 0}, (2, 3)).all()
    assert mask_array({"kind": "last"}, (2, 0, 1)).shape == (2, 0)


@pytest.mark.parametrize(
    "mask",
    [
        None,
        3,
        [],
        {},
        {"kind": "last", "count": 10**30},
        {"kind": "last", "count": 1.0},
        {"kind": "last", "count": True},
    ],
)
def test_what_is_no_mask(mask: Any) -> None:
    with pytest.raises(Problem):
        checked_mask(mask)


def test_a_mask_needs_a_time_axis() -> None:
    with pytest.raises(Problem) as caught:
        mask_array({"kind": "last"}, (3,))
    assert caught.value.received == "(3,)" and caught.value.where == "mask"


# ------------------------------------------------------------------------------------------------------- fields
BOUNDED = {"minimum": 1.0, "maximum": 8.0}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", [1, 8], [0, 9, 2.0, True, "2", None, 10**500]),
        ("number", [1, 2.5], [0, 9, True, "two", "nan", "inf", math.nan, math.inf, 10**500, None]),
        ("boolean", [True, False], [1, "true", None]),
        ("text", ["", "a"], [1, None]),
        ("shape", [[], [1, 8], (2, 3)], [[0], [9], [2.0], "2", 3, [[1]], [True], [8] * 30]),
        ("json", [1, [8, [1]], {"a": 1}, "x", True], [0, [9], [[[0.5]]], {"a": [9]}, (1,), object()]),
    ],
)
def test_one_rule_for_every_field(kind: str, good: list[Any], bad: list[Any]) -> None:
    spec = Field("size", kind, **BOUNDED)  # type: ignore[arg-type]
    for value in good:
        assert checked_value(spec, value, "") == (list(value) if kind == "shape" else value)
    for value in bad:
        with pytest.raises(Problem) as caught:
            checked_value(spec, value, "params.size")
        assert caught.value.expected and caught.value.received and caught.value.where == "params.size"


def test_an_optional_field_may_be_unset_and_a_choice_is_one_of_its_own() -> None:
    assert checked_value(Field("n", "integer", optional=True), None, "") is None
    choice = Field("padding", "choice", choices=("valid", "same"))
    assert checked_value(choice, "same", "") == "same"
    for value in ("full", [], {}, None, 1):
        with pytest.raises(Problem) as caught:
            checked_value(choice, value, "")
        assert caught.value.expected == "valid, same"


def test_numbers_by_word() -> None:
    assert as_number(3) == 3.0 and as_number(" INF ") == math.inf and math.isnan(as_number("nan") or 0)
    assert as_number(True) is None and as_number("1") is None and as_number(10**400) is None
