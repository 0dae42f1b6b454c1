"""Convolutions: the window's cells times the kernel's."""

from __future__ import annotations

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, Listed, recomputed, sum_of
from explorer.arithmetic.operands import Given
from explorer.arithmetic.registry import explains
from explorer.arithmetic.windows import Layout, layout, padding_before, several, window
from explorer.model.explanation import Explanation
from explorer.model.trace import Message

_HEADLINE = "The window times the kernel: a sum of {count} products."


@explains("keras.ops.conv")
def conv(case: Case) -> Explanation:
    """Every input channel of the group in the window, times the kernel of the output channel."""
    x, kernel = case.need("x", 0), case.need("kernel", 1)
    where = layout(case, x.array.ndim, 4)
    inside, places = _window(case, x, kernel, where)
    deep, filters = kernel.array.shape[-2:]
    group = case.index[where.channel] // (filters // (x.array.shape[where.channel] // deep))
    cells, weights = [], []
    for k, place in zip(inside, places, strict=True):
        for channel in range(deep):
            cells.append(where.cell(case.index[0], place, group * deep + channel))
            weights.append((*k, channel, case.index[where.channel]))
    return _answer(case, x, kernel, cells, weights)


@explains("keras.ops.depthwise_conv", "tf.depthwise_conv2d", "tf.depthwise_conv2d_native")
def depthwise(case: Case) -> Explanation:
    """One input channel in the window, times its own kernel."""
    x, kernel = case.need("x", 0), case.need("kernel", 1)
    where = layout(case, x.array.ndim, 4)
    cells, weights = _depthwise(case, x, kernel, where, case.index[where.channel])
    return _answer(case, x, kernel, cells, weights)


@explains("keras.ops.separable_conv")
def separable(case: Case) -> Explanation:
    """A depthwise convolution, recomputed, then a sum over its channels."""
    x, kernel, mixing = case.need("x", 0), case.need("kernel", 1), case.need("pointwise_kernel", 2)
    where = layout(case, x.array.ndim, 5)
    magnitudes, parts = 0.0, []
    for channel in range(mixing.array.shape[-2]):
        cells, weights = _depthwise(case, x, kernel, where, channel, moved=1)
        part = sum_of(
            "sum of products",
            _columns(x, kernel, cells, weights),
            None,
            case.dtype,
            case.shown,
            label=Message("depthwise channel {channel}", {"channel": channel}),
        )
        parts.append(part)
        magnitudes += part.bound * abs(float(mixing.array[..., channel, case.index[where.channel]].ravel()[0]))
    spatial = (0,) * len(where.space)
    channels = [recomputed(part, "") for part in parts]
    rows = np.array([(*spatial, c, case.index[where.channel]) for c in range(len(parts))], int)
    result = sum_of(
        "sum of products",
        [Listed(*channels), mixing.column(rows)],
        case.value,
        case.dtype,
        case.shown,
        rounds=2,
        slack=magnitudes,
    )
    shown = tuple(parts[term.position] for term in result.terms)
    return case.answer("A sum over {count} depthwise channels.", result, shown, count=result.count)


@explains("keras.ops.conv_transpose", "tf.conv2d_transpose", "tf.conv1d_transpose", "tf.conv3d_transpose")
def conv_transpose(case: Case) -> Explanation:
    """Every input cell spreads the kernel over the output; here are those that reach this cell."""
    x, kernel = case.need("x", 0), case.need("kernel", 1)
    where = layout(case, x.array.ndim, 5)
    axes = len(where.space)
    strides = several(case.literal("strides", 2, 1), axes)
    dilation = several(case.literal("dilation_rate", 6, 1), axes)
    padding = str(case.literal("padding", 3, "valid")).lower()
    size = kernel.array.shape[:axes]
    ranges = []
    for a, k, s, d in zip(where.space, size, strides, dilation, strict=True):
        n, out = x.array.shape[a], case.tensor.value.shape[a]
        reach = (k - 1) * d + 1
        before = 0
        if padding == "same":  # the padding that a convolution of the output would have
            before = max((-(-out // s) - 1) * s + reach - out, 0) // 2
        ranges.append([(i, j) for i in range(n) for j in range(k) if i * s + j * d - before == case.index[a]])
    pairs: list[list[tuple[int, int]]] = [[]]
    for options in ranges:
        pairs = [[*chosen, option] for chosen in pairs for option in options]
    cells, weights = [], []
    for chosen in pairs:
        for channel in range(kernel.array.shape[-1]):
            cells.append(where.cell(case.index[0], [i for i, _ in chosen], channel))
            weights.append((*(j for _, j in chosen), case.index[where.channel], channel))
    return _answer(case, x, kernel, cells, weights)


def _window(case: Case, x: Given, kernel: Given, where: Layout, moved: int = 0) -> tuple[np.ndarray, np.ndarray]:
    axes = len(where.space)
    strides = several(case.literal("strides", 2 + moved, 1), axes)
    padding = case.literal("padding", 3 + moved, "valid")
    dilation = several(case.literal("dilation_rate", 5 + moved, 1), axes)
    size = kernel.array.shape[:axes]
    sizes = [x.array.shape[a] for a in where.space]
    start = [
        case.index[a] * s - padding_before(padding, n, k, s, d)
        for a, n, k, s, d in zip(where.space, sizes, size, strides, dilation, strict=True)
    ]
    return window(sizes, start, size, dilation)


def _depthwise(
    case: Case, x: Given, kernel: Given, where: Layout, channel: int, moved: int = 0
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    inside, places = _window(case, x, kernel, where, moved)
    source, copy = divmod(channel, kernel.array.shape[-1])
    cells = [where.cell(case.index[0], place, source) for place in places]
    return cells, [(*k, source, copy) for k in inside]


def _columns(x: Given, kernel: Given, cells: list[tuple[int, ...]], weights: list[tuple[int, ...]]) -> list[Column]:
    rank = x.array.ndim
    return [
        x.column(np.array(cells, int).reshape(len(cells), rank)),
        kernel.column(np.array(weights, int).reshape(len(cells), kernel.array.ndim)),
    ]


def _answer(
    case: Case, x: Given, kernel: Given, cells: list[tuple[int, ...]], weights: list[tuple[int, ...]]
) -> Explanation:
    cast = 2 * (x.dtype != case.dtype or kernel.dtype != case.dtype)
    result = sum_of("window", _columns(x, kernel, cells, weights), case.value, case.dtype, case.shown, rounds=cast)
    return case.answer(_HEADLINE, result, count=result.count)
