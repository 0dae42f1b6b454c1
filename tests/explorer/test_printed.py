"""A printed tensor is what TensorFlow prints."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.analysis.tensor_text import printed
from explorer.core.arrays import to_array

DTYPES = ("float32", "float64", "float16", "bfloat16", "int32", "int64", "uint8", "bool", "complex64")


def agrees(tensor: tf.Tensor) -> None:
    assert printed(to_array(tensor), tensor.dtype.name) == str(tensor)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(DTYPES))
def test_numbers(data: st.DataObject, dtype: str) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6))
    kind = "float32" if dtype == "bfloat16" else dtype
    agrees(tf.cast(tf.constant(data.draw(arrays.arrays(kind, shape))), dtype))


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(object, arrays.array_shapes(min_dims=0, max_side=4), elements=st.text(max_size=6)))
def test_texts(value: np.ndarray) -> None:
    texts = [text.encode("utf-8", "replace") for text in value.ravel()]
    agrees(tf.constant(texts, shape=value.shape, dtype=tf.string))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1001,), (40, 40), (2, 30, 30), (1, 0), ()])
def test_long_tensors_are_shortened_alike(dtype: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape) * 100
    agrees(tf.cast(tf.constant(values), dtype))


def test_what_the_documents_print() -> None:
    assert printed(np.ones((2, 2), "float32"), "float32") == (
        "tf.Tensor(\n[[1. 1.]\n [1. 1.]], shape=(2, 2), dtype=float32)"
    )
    assert printed(np.float32(6), "float32") == "tf.Tensor(6.0, shape=(), dtype=float32)"
