"""Operations that have no explanation cell by cell, each with the reason."""

from __future__ import annotations

import contextlib

from explorer.arithmetic.aliases import opened_frame
from explorer.arithmetic.case import Case
from explorer.arithmetic.operands import CannotExplain, NeverExplained
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation

_ALGEBRA = "it solves the whole matrix at once, in steps that are not recorded"
_FOURIER = "it is a Fourier transform: every number of the row enters, times cosines and sines that are not recorded"
_FUNCTIONS = "it calls a function that could not be followed: only one written inside the layer's own method can be"
_COMPLEX = "its numbers are complex"
_BETWEEN = "it takes numbers between the cells, with weights that are made inside and not recorded"
_KERNEL = "it slides a kernel over the image that is made inside and not recorded"
_TEXTS = "it works on texts"
_TABLE = "it looks the number up in a table that is not recorded"
_PATHS = "it weighs all ways to align two sequences, and does not record them"

REASONS: dict[str, tuple[str, ...]] = {
    _ALGEBRA: (
        "keras.ops.cholesky", "keras.ops.cholesky_inverse", "keras.ops.det", "keras.ops.eig", "keras.ops.eigh",
        "keras.ops.logdet", "keras.ops.lstsq", "keras.ops.lu_factor", "keras.ops.matrix_rank", "keras.ops.pinv",
        "keras.ops.qr", "keras.ops.slogdet", "keras.ops.solve", "keras.ops.solve_triangular", "keras.ops.svd",
        "tf.matrix_determinant", "tf.matrix_inverse", "tf.matrix_solve", "tf.expm", "tf.sqrtm",
    ),
    _FOURIER: (
        "keras.ops.fft2", "keras.ops.ifft2", "keras.ops.irfft",
        "keras.ops.istft", "tf.fft2d", "tf.ifft", "tf.dct",
    ),
    _FUNCTIONS: (
        "keras.ops.associative_scan", "keras.ops.cond", "keras.ops.fori_loop", "keras.ops.map", "keras.ops.scan",
        "keras.ops.switch", "keras.ops.vectorized_map", "keras.ops.while_loop", "tf.map_fn", "tf.foldl", "tf.case",
        "tf.switch_case",
    ),
    _COMPLEX: ("keras.ops.polar", "keras.ops.view_as_complex", "keras.ops.view_as_real", "tf.complex"),
    _BETWEEN: (
        "keras.ops.elastic_transform", "keras.ops.map_coordinates",
        "keras.ops.perspective_transform", "keras.ops.scale_and_translate",
    ),
    _KERNEL: ("keras.ops.gaussian_blur", "keras.ops.sobel_edges", "keras.ops.ssim"),
    _PATHS: ("keras.ops.ctc_loss", "keras.ops.ctc_decode"),
    "the same bits are read as numbers of another type": ("keras.ops.view", "tf.bitcast"),
    "it promises only on which side of one number each of them stands": ("keras.ops.argpartition",),
    "it is made of means, spreads and products that are not recorded": ("keras.ops.corrcoef",),
    "the function has no short formula": ("tf.digamma", "tf.polygamma", "tf.zeta", "tf.betainc", "tf.igamma"),
    _TEXTS: (
        "tf.string_lower", "tf.string_upper", "tf.regex_replace", "tf.string_split_v2", "tf.string_to_hash_bucket_fast",
        "tf.string_to_hash_bucket_strong", "tf.as_string", "tf.reduce_join", "tf.string_join", "tf.string_to_number",
    ),
    _TABLE: ("tf.lookup",),
}  # fmt: skip
"""By the reason: the operations that it holds for."""


def _register(reason: str, *operations: str, only: bool = False) -> None:
    @explains(*operations, only=only)
    def explain(case: Case) -> Explanation:
        with contextlib.suppress(CannotExplain):  # what it called may have been followed
            return opened_frame(case)
        raise NeverExplained(reason)

    del explain


for _reason, _operations in REASONS.items():
    _register(_reason, *_operations)
_register(_ALGEBRA, "keras.ops.inv", only=True)
