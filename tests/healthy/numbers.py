"""Arrays to feed layers with, and textbook functions in float64 for the derivations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray


def draw(*shape: int, seed: int = 0) -> Array:
    """Normal numbers in float32."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def ids(*shape: int, below: int, seed: int = 0) -> Array:
    """Integers from 0 in int32."""
    return np.random.default_rng(seed).integers(0, below, shape).astype("int32")


def double(value: Any) -> Array:
    """A copy in float64, for a derivation to write to."""
    return np.array(value, "float64")


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def relu(x: Array) -> Array:
    """The positive part."""
    return np.maximum(x, 0)


def gelu(x: Array) -> Array:
    """x times the probability that a standard normal number is below x."""
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def softmax(x: Array, axis: int = -1) -> Array:
    """Exponentials, as shares of their sum."""
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_sum_exp(x: Array, axis: int) -> Array:
    """The logarithm of a sum of exponentials; the axis goes."""
    top = x.max(axis, keepdims=True)
    return np.squeeze(top + np.log(np.exp(x - top).sum(axis, keepdims=True)), axis)


def layer_norm(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    """Mean 0 and variance 1 along the last axis."""
    apart = x - x.mean(-1, keepdims=True)
    return apart / np.sqrt((apart**2).mean(-1, keepdims=True) + epsilon) * gamma + beta


def batch_norm(x: Array, weights: Any, name: str, epsilon: float = 1e-3) -> Array:
    """With the moving statistics."""
    w = {key: weights[f"{name}/{key}"] for key in ("gamma", "beta", "moving_mean", "moving_variance")}
    return (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + epsilon) * w["gamma"] + w["beta"]


def conv(x: Array, kernel: Array, stride: int = 1) -> Array:
    """Convolve images (batch, height, width, channels), padded to "same"; kernel (h, w, in, out)."""
    return np.einsum("bxyijc,ijco->bxyo", _patches(x, kernel.shape[0], kernel.shape[1], stride), kernel)


def depthwise(x: Array, kernel: Array) -> Array:
    """Each channel with its own kernel (h, w, channels, 1), padded to "same"."""
    return np.einsum("bxyijc,ijc->bxyc", _patches(x, kernel.shape[0], kernel.shape[1], 1), kernel[..., 0])


def _patches(x: Array, height: int, width: int, stride: int) -> Array:
    """(batch, rows, columns, height, width, channels); zeros stand outside, the odd one after the end."""
    sizes = [-(-n // stride) for n in x.shape[1:3]]
    pads = [max((out - 1) * stride + k - n, 0) for out, k, n in zip(sizes, (height, width), x.shape[1:3], strict=True)]
    padded = np.pad(x, [(0, 0), *((p // 2, p - p // 2) for p in pads), (0, 0)])
    found = np.zeros((x.shape[0], *sizes, height, width, x.shape[3]))
    for i in range(height):
        for j in range(width):
            rows = slice(i, i + (sizes[0] - 1) * stride + 1, stride)
            columns = slice(j, j + (sizes[1] - 1) * stride + 1, stride)
            found[:, :, :, i, j] = padded[:, rows, columns]
    return found


def dense(x: Array, weights: Any, name: str) -> Array:
    """x times the kernel, plus the bias, of the part of that name."""
    return x @ weights[f"{name}/kernel"] + weights.get(f"{name}/bias", 0.0)
