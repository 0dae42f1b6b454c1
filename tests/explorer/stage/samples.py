"""Typical tensors, made by NumPy alone."""

from __future__ import annotations

import numpy as np

from explorer.model.trace import Tensor


def tensor(id_: str, value: np.ndarray, axes: tuple[str, ...] = (), scale: str = "signed", **more: object) -> Tensor:
    name = id_.split(":")[-1]
    role = {"step": "intermediate"}.get(id_.split(":")[0], id_.split(":")[0])
    dtype = {"U": "string", "O": "string"}.get(value.dtype.kind, str(value.dtype))
    return Tensor(id_, name, role, value, dtype, axes, scale, **more)  # type: ignore[arg-type]


def hole() -> list[Tensor]:
    grid = np.full((10, 10), 6, "float32")
    mask = np.ones((10, 10), "float32")
    mask[4:6, 4:6] = 0
    axes = ("height", "width")
    return [
        tensor("input:grid", grid, axes),
        tensor("weight:mask", mask, axes, trainable=False, help="Ones with a hole of zeros. Not trainable."),
        tensor("output:output", grid * mask, axes),
    ]


def linear() -> list[Tensor]:
    random = np.random.default_rng(0)
    x, kernel = np.ones((2, 2), "float32"), random.normal(0, 0.05, (2, 4)).astype("float32")
    bias = np.zeros(4, "float32")
    return [
        tensor("input:x", x, ("batch", "features")),
        tensor("weight:kernel", kernel, ("features", "units"), trainable=True, initializer="RandomNormal(stddev=0.05)"),
        tensor("weight:bias", bias, ("units",), trainable=True, initializer="Zeros"),
        tensor("output:y", x @ kernel + bias, ("batch", "units")),
    ]


def attention() -> list[Tensor]:
    random = np.random.default_rng(1)
    x = random.normal(size=(2, 5, 4)).astype("float32")
    kernel = random.normal(0, 0.6, (4, 1)).astype("float32")
    bias = np.zeros((5, 1), "float32")
    scores = np.tanh(x @ kernel + bias)[..., 0]
    alpha = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    context = (x * alpha[..., None]).sum(1)
    return [
        tensor("input:x", x, ("batch", "time", "features")),
        tensor("input:tokens", np.array([[4, 20, 7, 0, 0]], "int64"), ("batch", "time")),
        tensor("mask:mask", np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool), ("batch", "time"), "boolean"),
        tensor("weight:kernel", kernel, ("features", "units"), trainable=True, initializer="GlorotUniform"),
        tensor("weight:bias", bias, ("time", "units"), trainable=True, initializer="Zeros"),
        tensor("step:scores", scores, ("batch", "time"), help="How well each step answers the question."),
        tensor(
            "step:alpha", alpha, ("batch", "time"), "probability", help="The weights of the steps; each row sums to 1."
        ),
        tensor("output:context", context, ("batch", "features")),
    ]


def picture() -> list[Tensor]:
    rows, columns = np.mgrid[0:8, 0:8] / 7
    image = np.stack([rows, columns, 1 - (rows + columns) / 2], -1)[None].astype("float32")
    kernel = np.random.default_rng(2).normal(0, 0.4, (3, 3, 3, 4)).astype("float32")
    out = np.stack([image[0, ..., 0] * k - image[0, ..., 1] for k in (1, 2, 0.5, -1)], -1)[None].astype("float32")
    return [
        tensor("input:image", image, ("batch", "height", "width", "channels"), "image"),
        tensor("weight:kernel", kernel, ("height", "width", "channels", "filters"), trainable=True),
        tensor("output:features", out, ("batch", "height", "width", "channels")),
    ]


def odd() -> list[Tensor]:
    broken = np.array([[1, np.nan, -2], [np.inf, 0, -np.inf], [0.1, -0.1, 3e-8]], "float32")
    return [
        tensor("input:broken", broken),
        tensor("input:scalar", np.array(2.5, "float64")),
        tensor("input:nothing", np.zeros((0, 3), "float32"), ("batch", "features")),
        tensor("input:words", np.array([["kind", "of", "blue"]], object), ("batch", "time")),
        tensor("output:outside", np.array([[0.2, 1.4], [-0.3, 1]], "float32"), (), "probability"),
        tensor("output:large", np.array([[2**60 + 1, -5]], "int64")),
        tensor("output:half", np.array([0.1, 0.2, 65504], "float16"), ("units",)),
    ]


def big() -> list[Tensor]:
    rows, columns = np.mgrid[0:1000, 0:1000]
    wave = (np.sin(rows / 60) * np.cos(columns / 45)).astype("float32")
    wave[500, 500] = 4
    huge = (np.sin(np.arange(2000)[:, None] / 90) + np.cos(np.arange(2000) / 70)).astype("float32")
    return [
        tensor("input:million", wave, ("height", "width")),
        tensor(
            "weight:vector", np.random.default_rng(3).normal(size=128).astype("float32"), ("units",), trainable=True
        ),
        tensor("output:overview", huge, ("rows", "columns")),
    ]


def hundred() -> list[Tensor]:
    return [tensor("input:hundred", np.random.default_rng(4).normal(size=(100, 100)).astype("float32"))]


SETS = {
    "hole": hole,
    "linear": linear,
    "attention": attention,
    "picture": picture,
    "odd": odd,
    "big": big,
    "hundred": hundred,
}
