"""Every public operation of Keras and the common ones of TensorFlow and Python, each on small inputs."""

from __future__ import annotations

import itertools
import operator
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import ops

words = str.split
RANDOM = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    """Numbers of either sign."""
    return RANDOM.normal(size=shape).astype("float32")


def positive(*shape: int) -> np.ndarray:
    """Numbers from 0.1 to 0.9."""
    return RANDOM.uniform(0.1, 0.9, shape).astype("float32")


def whole(*numbers: Any) -> np.ndarray:
    """Integers."""
    return np.array(numbers, "int32")


@dataclass(frozen=True, eq=False)
class Call:
    """One operation and what it is given.

    Attributes:
        function: called with the inputs first.
        inputs: arrays, or lists of arrays.
        literals: what comes behind them.
        keywords: literals.
    """

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    literals: tuple[Any, ...]
    keywords: dict[str, Any]


def of(function: Callable[..., Any], *inputs: Any, **keywords: Any) -> Call:
    """A call."""
    arrays = list(itertools.takewhile(_holds_arrays, inputs))
    return Call(function, tuple(arrays), inputs[len(arrays) :], keywords)


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) or (
        isinstance(value, (list, tuple)) and bool(value) and all(map(_holds_arrays, value))
    )


X, Y, P, Q = normal(3, 4), normal(3, 4), positive(3, 4), positive(3, 4)
N, M = whole([3, 1, 2], [7, 5, 6]), whole([2, 4, 1], [3, 3, 2])
TRUE, FALSE = np.array([[True, False, True]]), np.array([[True, True, False]])
V, W, S = normal(4), normal(4), normal(3, 3)
SPD = (S @ S.T + 3 * np.eye(3)).astype("float32")
IMAGE, VOLUME, IDS = normal(1, 4, 4, 2), normal(1, 3, 3, 3, 1), whole(0, 1, 1, 2)
RGB = positive(1, 2, 2, 3)
SEED = 3

ELEMENTWISE = words(
    "abs absolute arctan arcsinh bitwise_invert bitwise_not cbrt ceil cos cosh deg2rad erf erfc exp exp2 expm1 "
    "fabs floor i0 isfinite isinf isnan isneginf isposinf isreal logical_not negative rad2deg round sign signbit "
    "sin sinc sinh square tan tanh trunc relu relu6 elu selu celu gelu silu swish softplus softsign sigmoid "
    "hard_sigmoid hard_silu hard_swish hard_tanh hard_shrink soft_shrink tanh_shrink leaky_relu sparse_plus "
    "log_sigmoid sparse_sigmoid squareplus nan_to_num real imag conj conjugate angle copy stop_gradient exponential"
)
POSITIVE = words("arccos arcsin arctanh log log10 log1p log2 sqrt rsqrt reciprocal erfinv")
BINARY = words(
    "add subtract multiply divide true_divide divide_no_nan power maximum minimum fmax fmin floor_divide mod fmod "
    "arctan2 hypot logaddexp logaddexp2 heaviside nextafter equal not_equal less less_equal greater greater_equal "
    "isclose"
)
INTEGERS = words(
    "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm"
)
REDUCED = words(
    "sum mean max min amax amin prod var std any all count_nonzero logsumexp median ptp nanmax nanmin nanmean "
    "nanmedian nanprod nanstd nansum nanvar average norm argmax argmin nanargmax nanargmin"
)
WINDOWS = words("bartlett blackman hamming hanning")


def _keras() -> dict[str, Call]:
    table = {name: of(getattr(ops, name), X) for name in ELEMENTWISE if hasattr(ops, name)}
    table |= {name: of(getattr(ops, name), N) for name in ("bitwise_invert", "bitwise_not")}
    table |= {"logical_not": of(ops.logical_not, TRUE)}
    table |= {name: of(getattr(ops, name), P) for name in POSITIVE}
    table |= {"arccosh": of(ops.arccosh, P + 1)}
    table |= {name: of(getattr(ops, name), P, Q) for name in BINARY}
    table |= {f"logical_{name}": of(getattr(ops, f"logical_{name}"), TRUE, FALSE) for name in ("and", "or", "xor")}
    table |= {name: of(getattr(ops, name), N, M) for name in INTEGERS}
    table |= {name: of(getattr(ops, name), X, axis=-1) for name in REDUCED}
    table |= {f"{name} of all": of(getattr(ops, name), X) for name in REDUCED if name != "norm"}
    table |= {"any": of(ops.any, TRUE, axis=1), "all": of(ops.all, TRUE, axis=1)}
    return table | {
        "adaptive_average_pool": of(ops.adaptive_average_pool, IMAGE, output_size=2),
        "adaptive_max_pool": of(ops.adaptive_max_pool, IMAGE, output_size=2),
        "allclose": of(ops.allclose, X, X),
        "append": of(ops.append, X, Y, axis=0),
        "arange": of(partial(ops.arange, 2, 9, 2)),
        "argpartition": of(ops.argpartition, X, kth=1),
        "argsort": of(ops.argsort, X),
        "array": of(ops.array, X),
        "array_split": of(ops.array_split, X, indices_or_sections=2, axis=1),
        "associative_scan": of(partial(ops.associative_scan, operator.add), V),
        "average with weights": of(ops.average, X, axis=1, weights=W),
        "average_pool": of(ops.average_pool, IMAGE, pool_size=2),
        "batch_normalization": of(ops.batch_normalization, X, V, np.abs(W), axis=-1),
        "binary_crossentropy": of(ops.binary_crossentropy, P, Q),
        "bincount": of(ops.bincount, IDS),
        "broadcast_to": of(ops.broadcast_to, V, shape=(3, 4)),
        "cast": of(ops.cast, X, dtype="int32"),
        "categorical_crossentropy": of(ops.categorical_crossentropy, P, Q),
        "cdist": of(ops.cdist, X, Y),
        "cholesky": of(ops.cholesky, SPD),
        "cholesky_inverse": of(ops.cholesky_inverse, np.linalg.cholesky(SPD)),
        "clip": of(ops.clip, X, x_min=-0.5, x_max=0.5),
        "concatenate": of(ops.concatenate, [X, Y], axis=1),
        "cond": of(partial(ops.cond, True, lambda: tf.constant(1.5), lambda: tf.constant(2.5))),
        "conv": of(ops.conv, IMAGE, normal(2, 2, 2, 3)),
        "conv_transpose": of(ops.conv_transpose, IMAGE, normal(2, 2, 3, 2), strides=2),
        "convert_to_tensor": of(ops.convert_to_tensor, X),
        "corrcoef": of(ops.corrcoef, X),
        "correlate": of(ops.correlate, V, W[:2]),
        "cross": of(ops.cross, S, SPD),
        "ctc_decode": of(ops.ctc_decode, positive(1, 4, 3), whole(4)),
        "ctc_loss": of(ops.ctc_loss, whole([1, 2]), positive(1, 4, 3), whole(2), whole(4)),
        "cumprod": of(ops.cumprod, X, axis=1),
        "cumsum": of(ops.cumsum, X, axis=1),
        "depth_to_space": of(ops.depth_to_space, normal(1, 2, 2, 4), block_size=2),
        "depthwise_conv": of(ops.depthwise_conv, IMAGE, normal(2, 2, 2, 1)),
        "det": of(ops.det, SPD),
        "diag": of(ops.diag, V),
        "diagflat": of(ops.diagflat, S),
        "diagonal": of(ops.diagonal, S),
        "diff": of(ops.diff, X),
        "digitize": of(ops.digitize, V, bins=np.array([-1.0, 0.0, 1.0], "float32")),
        "dot": of(ops.dot, S, SPD),
        "dot_product_attention": of(ops.dot_product_attention, *(normal(1, 3, 2, 4) for _ in range(3))),
        "dsplit": of(ops.dsplit, normal(2, 3, 4), indices_or_sections=2),
        "dstack": of(ops.dstack, [X, Y]),
        "eig": of(ops.eig, SPD),
        "eigh": of(ops.eigh, SPD),
        "einsum": of(partial(ops.einsum, "ab,cb->ac"), X, Y),
        "einsum of an ellipsis": of(partial(ops.einsum, "...b,b->...b"), X, V),
        "einsum of a diagonal": of(partial(ops.einsum, "ii->i"), S),
        "einsum outer": of(partial(ops.einsum, "a,b->ab"), V, W),
        "einsum turned": of(partial(ops.einsum, "ij->ji"), X),
        "einsum of three": of(partial(ops.einsum, "ab,bc,c->a"), S, SPD, V[:3]),
        "empty": of(partial(ops.empty, (2,))),
        "empty_like": of(ops.empty_like, X),
        "expand_dims": of(ops.expand_dims, X, axis=1),
        "extract_sequences": of(ops.extract_sequences, X, sequence_length=2, sequence_stride=1),
        "eye": of(partial(ops.eye, 3)),
        "fft": of(ops.fft, (X, Y)),
        "fft2": of(ops.fft2, (X, Y)),
        "flip": of(ops.flip, X, axis=1),
        "fliplr": of(ops.fliplr, X),
        "flipud": of(ops.flipud, X),
        "fold": of(ops.fold, normal(1, 4, 4), output_size=(4, 4), kernel_size=2, stride=2),
        "fori_loop": of(partial(ops.fori_loop, 0, 3, lambda i, v: v * 2), V),
        "full": of(partial(ops.full, (2, 3), 0.5)),
        "full_like": of(ops.full_like, X, fill_value=2.5),
        "geomspace": of(partial(ops.geomspace, 1.0, 8.0, 4)),
        "get_item": of(ops.get_item, X, key=1),
        "glu": of(ops.glu, X),
        "hsplit": of(ops.hsplit, X, indices_or_sections=2),
        "hstack": of(ops.hstack, [X, Y]),
        "identity": of(partial(ops.identity, 3)),
        "ifft2": of(ops.ifft2, (X, Y)),
        "in_top_k": of(ops.in_top_k, whole(1, 0, 2), X, k=2),
        "inner": of(ops.inner, X, Y),
        "inv": of(ops.inv, SPD),
        "irfft": of(ops.irfft, (X, Y)),
        "isin": of(ops.isin, N, M),
        "istft": of(ops.istft, (normal(5, 3), normal(5, 3)), sequence_length=4, sequence_stride=2, fft_length=4),
        "kaiser": of(partial(ops.kaiser, beta=2.0), whole(5)[0]),
        "kron": of(ops.kron, S, X),
        "layer_normalization": of(ops.layer_normalization, X, V, W),
        "ldexp": of(ops.ldexp, X, whole(1, 2, 0, -1)),
        "linspace": of(partial(ops.linspace, 0.0, 1.0, 5)),
        "log_softmax": of(ops.log_softmax, X),
        "logdet": of(ops.logdet, SPD),
        "logspace": of(partial(ops.logspace, 0.0, 1.0, 4)),
        "lstsq": of(ops.lstsq, SPD, S),
        "lu_factor": of(ops.lu_factor, SPD),
        "map": of(partial(ops.map, lambda row: row * 2), X),
        "matmul": of(ops.matmul, X, Y.T.copy()),
        "matmul of many": of(ops.matmul, normal(2, 3, 4), normal(4, 2)),
        "matrix_rank": of(ops.matrix_rank, SPD),
        "max_pool": of(ops.max_pool, IMAGE, pool_size=2),
        "meshgrid": of(ops.meshgrid, V, W),
        "moments": of(ops.moments, X, axes=[1]),
        "moveaxis": of(ops.moveaxis, normal(2, 3, 4), source=0, destination=-1),
        "multi_hot": of(ops.multi_hot, whole([1, 2], [0, 0]), num_classes=4),
        "nancumprod": of(ops.nancumprod, X, axis=1),
        "nancumsum": of(ops.nancumsum, X, axis=1),
        "nanpercentile": of(ops.nanpercentile, X, q=30.0, axis=1),
        "nanquantile": of(ops.nanquantile, X, q=0.3, axis=1),
        "nonzero": of(ops.nonzero, N - 3),
        "norm of order 1": of(ops.norm, X, ord=1, axis=1),
        "norm of all": of(ops.norm, X),
        "normalize": of(ops.normalize, X),
        "one_hot": of(ops.one_hot, IDS, num_classes=4),
        "ones": of(partial(ops.ones, (2, 2))),
        "ones_like": of(ops.ones_like, X),
        "outer": of(ops.outer, V, W),
        "pad": of(ops.pad, X, pad_width=((1, 0), (0, 2))),
        "pad with a number": of(ops.pad, X, pad_width=((1, 0), (0, 2)), constant_values=3.5),
        "percentile": of(ops.percentile, X, q=30.0, axis=1),
        "pinv": of(ops.pinv, SPD),
        "polar": of(ops.polar, P, X),
        "psnr": of(ops.psnr, X, Y, max_val=1.0),
        "qr": of(ops.qr, SPD),
        "quantile": of(ops.quantile, X, q=0.3, axis=1),
        "ravel": of(ops.ravel, X),
        "rearrange": of(ops.rearrange, X, pattern="a b -> b a"),
        "repeat": of(ops.repeat, X, repeats=2, axis=1),
        "reshape": of(ops.reshape, X, newshape=(2, 6)),
        "rfft": of(ops.rfft, X),
        "rms_normalization": of(ops.rms_normalization, X),
        "roll": of(ops.roll, X, shift=1, axis=1),
        "rot90": of(ops.rot90, X),
        "saturate_cast": of(ops.saturate_cast, X * 300, dtype="uint8"),
        "scan": of(partial(ops.scan, lambda carry, x: (carry + x, carry * x), tf.constant(0.0)), V),
        "scatter": of(ops.scatter, whole([0], [2], [0]), V[:3], shape=(4,)),
        "scatter_update": of(ops.scatter_update, V, whole([1], [3]), W[:2]),
        "searchsorted": of(ops.searchsorted, np.sort(V), W),
        "segment_max": of(ops.segment_max, X[:, 0], whole(0, 1, 1), num_segments=2),
        "segment_min": of(ops.segment_min, X[:, 0], whole(0, 1, 1), num_segments=2),
        "segment_prod": of(ops.segment_prod, X[:, 0], whole(0, 1, 1), num_segments=2),
        "segment_sum": of(ops.segment_sum, X, whole(0, 1, 1), num_segments=2),
        "select": of(ops.select, [X > 0, Y > 0], [X, Y], default=0.5),
        "separable_conv": of(ops.separable_conv, IMAGE, normal(2, 2, 2, 1), normal(1, 1, 2, 3)),
        "slice": of(ops.slice, X, start_indices=(1, 0), shape=(2, 3)),
        "slice_update": of(ops.slice_update, X, whole(1, 1), normal(1, 2)),
        "slogdet": of(ops.slogdet, SPD),
        "softmax": of(ops.softmax, X),
        "solve": of(ops.solve, SPD, S),
        "solve_triangular": of(ops.solve_triangular, np.tril(SPD), S, lower=True),
        "sort": of(ops.sort, X),
        "space_to_depth": of(ops.space_to_depth, normal(1, 4, 4, 1), block_size=2),
        "sparse_categorical_crossentropy": of(ops.sparse_categorical_crossentropy, whole(1, 0, 3), P),
        "sparsemax": of(ops.sparsemax, X),
        "split": of(ops.split, X, indices_or_sections=2, axis=1),
        "squeeze": of(ops.squeeze, X[None], axis=0),
        "stack": of(ops.stack, [X, Y], axis=1),
        "stft": of(ops.stft, normal(1, 8), sequence_length=4, sequence_stride=2, fft_length=4),
        "svd": of(ops.svd, SPD),
        "swapaxes": of(ops.swapaxes, X, axis1=0, axis2=1),
        "switch": of(partial(ops.switch, 1, [lambda x: x, lambda x: x * 2]), V),
        "take": of(ops.take, X, indices=[2, 0], axis=1),
        "take_along_axis": of(ops.take_along_axis, X, whole([0], [2], [1]), axis=1),
        "tensordot": of(ops.tensordot, X, Y.T.copy(), axes=1),
        "tensordot outer": of(ops.tensordot, V, W, axes=0),
        "threshold": of(ops.threshold, X, threshold=0.1, default_value=2.0),
        "tile": of(ops.tile, X, repeats=(1, 2)),
        "top_k": of(ops.top_k, X, k=2),
        "trace": of(ops.trace, S),
        "transpose": of(ops.transpose, normal(2, 3, 4), axes=(2, 0, 1)),
        "trapezoid": of(ops.trapezoid, X),
        "tri": of(partial(ops.tri, 3)),
        "tril": of(ops.tril, S),
        "triu": of(ops.triu, S),
        "unfold": of(ops.unfold, normal(1, 2, 4, 4), kernel_size=2),
        "unique": of(ops.unique, N),
        "unravel_index": of(ops.unravel_index, whole(5, 3), shape=(3, 4)),
        "unstack": of(ops.unstack, X, axis=1),
        "vander": of(ops.vander, V),
        "vdot": of(ops.vdot, V, W),
        "vectorized_map": of(partial(ops.vectorized_map, lambda row: row * 2), X),
        "view": of(ops.view, X, dtype="int32"),
        "view_as_complex": of(ops.view_as_complex, normal(3, 2)),
        "view_as_real": of(ops.view_as_real, normal(3).astype("complex64")),
        "vsplit": of(ops.vsplit, normal(4, 3), indices_or_sections=2),
        "vstack": of(ops.vstack, [X, Y]),
        "where": of(ops.where, X > 0, X, Y),
        "while_loop": of(partial(ops.while_loop, lambda v: ops.sum(v) < 100, lambda v: (v + 50,)), (V,)),
        "zeros": of(partial(ops.zeros, (2, 2))),
        "zeros_like": of(ops.zeros_like, X),
        **{name: of(getattr(ops, name), whole(5)[0]) for name in WINDOWS},
    }


KERAS = _keras()
NO_OPERATIONS = {
    "convert_to_numpy": "its result is no tensor",
    "custom_gradient": "gives a function",
    "dtype": "gives a text",
    "histogram": "its step is two tensors of NumPy's own",
    "is_tensor": "gives a truth value of Python's",
    "jvp": "takes a function and gives nested tuples",
    "ndim": "gives a number of Python's",
    "shape": "gives a tuple of Python's",
    "size": "gives a number of Python's",
    "vectorize": "gives a function",
}
"""What is public in `keras.ops` and computes no tensor that a step could show."""

IMAGES = {
    "affine_transform": of(ops.image.affine_transform, IMAGE, np.array([[1, 0, 0, 0, 1, 0, 0, 0]], "float32")),
    "crop_images": of(ops.image.crop_images, IMAGE, 1, 1, target_height=2, target_width=2),
    "elastic_transform": of(ops.image.elastic_transform, IMAGE, seed=SEED),
    "extract_patches": of(ops.image.extract_patches, IMAGE, size=2),
    "extract_patches_3d": of(ops.image.extract_patches_3d, VOLUME, size=2),
    "gaussian_blur": of(ops.image.gaussian_blur, IMAGE),
    "hsv_to_rgb": of(ops.image.hsv_to_rgb, RGB),
    "map_coordinates": of(ops.image.map_coordinates, X, positive(2, 3), order=1),
    "pad_images": of(ops.image.pad_images, IMAGE, 1, 1, target_height=6, target_width=6),
    "perspective_transform": of(
        ops.image.perspective_transform,
        IMAGE,
        np.array([[[0, 0], [0, 3], [3, 0], [3, 3]]], "float32"),
        np.array([[[0, 0], [0, 3], [3, 0], [3, 3]]], "float32"),
    ),
    "resize": of(ops.image.resize, IMAGE, size=(2, 3)),
    "resize nearest": of(ops.image.resize, IMAGE, size=(3, 5), interpolation="nearest"),
    "rgb_to_grayscale": of(ops.image.rgb_to_grayscale, RGB),
    "rgb_to_hsv": of(ops.image.rgb_to_hsv, RGB),
    "scale_and_translate": of(
        ops.image.scale_and_translate,
        IMAGE,
        output_shape=(1, 2, 2, 2),
        scale=np.array([0.5, 0.5], "float32"),
        translation=np.array([0.0, 0.0], "float32"),
        spatial_dims=(1, 2),
        method="linear",
    ),
    "sobel_edges": of(ops.image.sobel_edges, IMAGE),
    "ssim": of(ops.image.ssim, positive(1, 12, 12, 1), positive(1, 12, 12, 1)),
}

RANDOMS = {
    "beta": of(partial(keras.random.beta, (2,), 1.0, 2.0, seed=SEED)),
    "binomial": of(partial(keras.random.binomial, (2,), 4, 0.5, seed=SEED)),
    "categorical": of(keras.random.categorical, X, num_samples=2, seed=SEED),
    "dropout": of(keras.random.dropout, X, rate=0.5, seed=SEED),
    "gamma": of(partial(keras.random.gamma, (2,), 1.0, seed=SEED)),
    "normal": of(partial(keras.random.normal, (2, 2), seed=SEED)),
    "randint": of(partial(keras.random.randint, (2, 2), 0, 9, seed=SEED)),
    "shuffle": of(keras.random.shuffle, X, seed=SEED),
    "truncated_normal": of(partial(keras.random.truncated_normal, (2, 2), seed=SEED)),
    "uniform": of(partial(keras.random.uniform, (2, 2), seed=SEED)),
}

TENSORFLOW = {
    **{
        f"tf.{n}": of(getattr(tf, n), X)
        for n in words("abs exp identity negative ones_like round sign sin square tanh")
    },
    **{
        f"tf.math.{n}": of(getattr(tf.math, n), P)
        for n in words(
            "abs acos acosh asin asinh atan atanh ceil cos cosh digamma erf erfc exp expm1 floor is_finite is_inf "
            "is_nan lgamma log log1p log_sigmoid negative reciprocal rint rsqrt sigmoid sign sin sinh softplus "
            "softsign sqrt square tan tanh l2_normalize"
        )
        if n not in ("acosh",)
    },
    **{
        f"tf.math.{n}": of(getattr(tf.math, n), P, Q)
        for n in words(
            "add atan2 divide divide_no_nan equal floordiv floormod greater greater_equal less less_equal maximum "
            "minimum mod multiply multiply_no_nan not_equal pow squared_difference subtract truediv xdivy xlogy"
        )
    },
    **{f"tf.math.{n}": of(getattr(tf.math, n), TRUE, FALSE) for n in ("logical_and", "logical_or", "logical_xor")},
    **{f"tf.reduce_{n}": of(getattr(tf, f"reduce_{n}"), X, 1) for n in words("sum mean max min prod logsumexp")},
    **{f"tf.math.reduce_{n}": of(getattr(tf.math, f"reduce_{n}"), X, 1) for n in ("variance", "std", "euclidean_norm")},
    **{f"tf.reduce_{n}": of(getattr(tf, f"reduce_{n}"), TRUE, 1) for n in ("any", "all")},
    **{
        f"tf.nn.{n}": of(getattr(tf.nn, n), X)
        for n in words(
            "relu relu6 elu selu gelu silu swish softmax log_softmax softplus softsign sigmoid tanh leaky_relu l2_loss"
        )
    },
    "tf.argmax": of(tf.argmax, X, 1),
    "tf.argmin": of(tf.argmin, X, 1),
    "tf.argsort": of(tf.argsort, X),
    "tf.boolean_mask": of(tf.boolean_mask, X, X[:, 0] > -9),
    "tf.broadcast_to": of(tf.broadcast_to, V, [3, 4]),
    "tf.cast": of(tf.cast, X, tf.int32),
    "tf.clip_by_norm": of(tf.clip_by_norm, X, 1.0),
    "tf.clip_by_value": of(tf.clip_by_value, X, -0.5, 0.5),
    "tf.concat": of(tf.concat, [X, Y], 1),
    "tf.constant": of(partial(tf.constant, [1.5, 2.5])),
    "tf.cumsum": of(tf.cumsum, X, 1),
    "tf.cumsum from behind": of(tf.cumsum, X, axis=1, exclusive=True, reverse=True),
    "tf.math.cumprod": of(tf.math.cumprod, X, 1),
    "tf.convert_to_tensor": of(tf.convert_to_tensor, X),
    "tf.einsum": of(partial(tf.einsum, "ab,cb->ac"), X, Y),
    "tf.expand_dims": of(tf.expand_dims, X, 1),
    "tf.eye": of(partial(tf.eye, 3)),
    "tf.fill": of(partial(tf.fill, (2, 2), 3.5)),
    "tf.gather": of(tf.gather, X, whole(2, 0), axis=1),
    "tf.gather of batches": of(tf.gather, X, whole([2], [0], [1]), batch_dims=1, axis=1),
    "tf.gather_nd": of(tf.gather_nd, X, whole([0, 1], [2, 3])),
    "tf.image.resize": of(tf.image.resize, IMAGE, (2, 3)),
    "tf.image.flip_left_right": of(tf.image.flip_left_right, IMAGE),
    "tf.linalg.band_part": of(tf.linalg.band_part, S, 0, -1),
    "tf.linalg.det": of(tf.linalg.det, SPD),
    "tf.linalg.diag": of(tf.linalg.diag, V),
    "tf.linalg.diag_part": of(tf.linalg.diag_part, S),
    "tf.linalg.inv": of(tf.linalg.inv, SPD),
    "tf.linalg.matmul": of(tf.linalg.matmul, X, Y, transpose_b=True),
    "tf.linalg.matvec": of(tf.linalg.matvec, X, V),
    "tf.linalg.norm": of(tf.linalg.norm, X, axis=1),
    "tf.linalg.normalize": of(tf.linalg.normalize, X, axis=1),
    "tf.linalg.set_diag": of(tf.linalg.set_diag, S, V[:3]),
    "tf.linalg.tensor_diag": of(tf.linalg.tensor_diag, V),
    "tf.linalg.trace": of(tf.linalg.trace, S),
    "tf.linspace": of(partial(tf.linspace, 0.0, 1.0, 5)),
    "tf.matmul": of(tf.matmul, X, Y.T.copy()),
    "tf.matmul turned by place": of(tf.matmul, X, Y, False, True),
    "tf.matmul both turned": of(tf.matmul, normal(2, 4, 3), normal(2, 2, 4), transpose_a=True, transpose_b=True),
    "tf.math.add_n": of(tf.math.add_n, [X, Y, P]),
    "tf.math.bincount": of(tf.math.bincount, IDS),
    "tf.math.count_nonzero": of(tf.math.count_nonzero, X, 1),
    "tf.math.in_top_k": of(tf.math.in_top_k, whole(1, 0, 2), X, 2),
    "tf.math.segment_sum": of(tf.math.segment_sum, X, whole(0, 1, 1)),
    "tf.math.segment_mean": of(tf.math.segment_mean, X, whole(0, 1, 1)),
    "tf.math.segment_max": of(tf.math.segment_max, X, whole(0, 1, 1)),
    "tf.math.top_k": of(tf.math.top_k, X, 2),
    "tf.math.unsorted_segment_sum": of(tf.math.unsorted_segment_sum, X, whole(1, 0, 1), 2),
    "tf.meshgrid": of(tf.meshgrid, V, W),
    "tf.nn.avg_pool2d": of(tf.nn.avg_pool2d, IMAGE, 2, 2, "VALID"),
    "tf.nn.batch_normalization": of(tf.nn.batch_normalization, X, V, np.abs(W), V, W, 0.001),
    "tf.nn.batch_normalization unscaled": of(tf.nn.batch_normalization, X, V, np.abs(W), None, None, 0.001),
    "tf.nn.bias_add": of(tf.nn.bias_add, X, V),
    "tf.nn.conv1d": of(tf.nn.conv1d, normal(1, 5, 2), normal(2, 2, 3), 1, "SAME"),
    "tf.nn.conv2d": of(tf.nn.conv2d, IMAGE, normal(2, 2, 2, 3), 1, "VALID"),
    "tf.nn.conv2d strides of four": of(tf.nn.conv2d, IMAGE, normal(2, 2, 2, 3), [1, 2, 2, 1], "SAME"),
    "tf.nn.conv2d_transpose": of(tf.nn.conv2d_transpose, IMAGE, normal(2, 2, 3, 2), (1, 8, 8, 3), 2, "SAME"),
    "tf.nn.convolution": of(tf.nn.convolution, IMAGE, normal(2, 2, 2, 3)),
    "tf.nn.crelu": of(tf.nn.crelu, X),
    "tf.nn.depth_to_space": of(tf.nn.depth_to_space, normal(1, 2, 2, 4), 2),
    "tf.nn.depthwise_conv2d": of(tf.nn.depthwise_conv2d, IMAGE, normal(2, 2, 2, 1), [1, 1, 1, 1], "VALID"),
    "tf.nn.dropout": of(tf.nn.dropout, X, 0.5),
    "tf.nn.embedding_lookup": of(tf.nn.embedding_lookup, X, whole(2, 0)),
    "tf.nn.l2_normalize": of(tf.nn.l2_normalize, X, 1),
    "tf.nn.leaky_relu": of(tf.nn.leaky_relu, X, 0.1),
    "tf.nn.max_pool2d": of(tf.nn.max_pool2d, IMAGE, 2, 2, "VALID"),
    "tf.nn.moments": of(tf.nn.moments, X, [1]),
    "tf.nn.sigmoid_cross_entropy_with_logits": of(tf.nn.sigmoid_cross_entropy_with_logits, P, X),
    "tf.nn.softmax_cross_entropy_with_logits": of(tf.nn.softmax_cross_entropy_with_logits, P, X),
    "tf.nn.sparse_softmax_cross_entropy_with_logits": of(
        tf.nn.sparse_softmax_cross_entropy_with_logits, whole(1, 0, 3), X
    ),
    "tf.nn.space_to_depth": of(tf.nn.space_to_depth, normal(1, 4, 4, 1), 2),
    "tf.one_hot": of(tf.one_hot, IDS, 4),
    "tf.one_hot of other values": of(tf.one_hot, IDS, 4, 5.0, -1.0),
    "tf.ones": of(partial(tf.ones, (2, 2))),
    "tf.pad": of(tf.pad, X, [[1, 0], [0, 2]]),
    "tf.pad reflected": of(tf.pad, X, [[1, 0], [0, 2]], "REFLECT"),
    "tf.random.normal": of(partial(tf.random.normal, (2, 2))),
    "tf.random.uniform": of(partial(tf.random.uniform, (2, 2))),
    "tf.range": of(partial(tf.range, 5)),
    "tf.repeat": of(tf.repeat, X, 2, 1),
    "tf.reshape": of(tf.reshape, X, (2, 6)),
    "tf.reverse": of(tf.reverse, X, [1]),
    "tf.roll": of(tf.roll, X, 1, 1),
    "tf.scatter_nd": of(tf.scatter_nd, whole([0], [2]), V[:2], whole(4)),
    "tf.searchsorted": of(tf.searchsorted, np.sort(V), W),
    "tf.sequence_mask": of(tf.sequence_mask, whole(1, 3), 4),
    "tf.shape": of(tf.shape, X),
    "tf.size": of(tf.size, X),
    "tf.rank": of(tf.rank, X),
    "tf.slice": of(tf.slice, X, [1, 0], [2, 3]),
    "tf.sort": of(tf.sort, X),
    "tf.sort falling": of(tf.sort, X, direction="DESCENDING"),
    "tf.split": of(tf.split, X, 2, 1),
    "tf.split by sizes": of(tf.split, X, [1, 3], 1),
    "tf.squeeze": of(tf.squeeze, X[None], 0),
    "tf.stack": of(tf.stack, [X, Y], 1),
    "tf.stop_gradient": of(tf.stop_gradient, X),
    "tf.strided_slice": of(tf.strided_slice, X, [0, 1], [3, 4], [1, 2]),
    "tf.tensor_scatter_nd_update": of(tf.tensor_scatter_nd_update, V, whole([1], [3]), W[:2]),
    "tf.tensor_scatter_nd_add": of(tf.tensor_scatter_nd_add, V, whole([1], [1]), W[:2]),
    "tf.tensordot": of(tf.tensordot, X, Y, [[1], [1]]),
    "tf.tensordot outer": of(tf.tensordot, V, W, 0),
    "tf.tile": of(tf.tile, X, [1, 2]),
    "tf.transpose": of(tf.transpose, normal(2, 3, 4), [2, 0, 1]),
    "tf.transpose by name": of(tf.transpose, X, perm=[1, 0]),
    "tf.unique": of(tf.unique, IDS),
    "tf.unstack": of(tf.unstack, X, axis=1),
    "tf.vectorized_map": of(partial(tf.vectorized_map, lambda row: row * 2), X),
    "tf.where": of(tf.where, X > 0, X, Y),
    "tf.zeros": of(partial(tf.zeros, (2, 2))),
    "tf.zeros_like": of(tf.zeros_like, X),
}

PYTHON = {
    "abs": of(abs, X),
    "max": of(max, V[0], V[1]),
    "max of a list": of(max, [V[0], V[1], V[2]]),
    "min": of(min, V[0], V[1]),
    "pow": of(pow, P, 3),
    "pow of two": of(pow, P, Q),
    "sum": of(sum, [X, Y, P]),
    "sum from a start": of(sum, [X, Y], P),
    "functools.reduce": of(partial(reduce, operator.add), [X, Y, P]),
    **{
        f"operator.{name}": of(getattr(operator, name), P, Q)
        for name in words("add sub mul truediv floordiv mod pow lt le gt ge eq ne")
    },
    "operator.matmul": of(operator.matmul, X, Y.T.copy()),
    "operator.neg": of(operator.neg, X),
    "operator.getitem": of(operator.getitem, X, 1),
    "operator.and_": of(operator.and_, TRUE, FALSE),
}

TABLE = {
    **{f"keras.ops.{name}": call for name, call in KERAS.items()},
    **{f"keras.ops.image.{name}": call for name, call in IMAGES.items()},
    **{f"keras.random.{name}": call for name, call in RANDOMS.items()},
    **TENSORFLOW,
    **PYTHON,
}


class Called(keras.layers.Layer):
    """One step: the operation on what the layer is given."""

    def __init__(self, given: Call) -> None:
        super().__init__(autocast=False)
        self.function, self.literals, self.named = given.function, given.literals, given.keywords
        self.built = True

    def call(self, *inputs: Any) -> Any:
        """The operation."""
        return self.function(*inputs, *self.literals, **self.named)
