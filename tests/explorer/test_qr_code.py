"""A link as a QR code: its shape is that of the standard, and a link that is too long is told apart."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.export.qr_code import qr_rows

FINDER = np.pad(np.ones((3, 3), int), 1)
FINDER = np.pad(FINDER, 1, constant_values=1)


@pytest.mark.parametrize("length", [20, 200, 2900])
def test_a_code_has_its_finder_patterns_and_its_margin(length: int) -> None:
    code = np.array([[int(module) for module in row] for row in qr_rows("http://localhost/?" + "a" * (length - 18))])
    assert code.shape[0] == code.shape[1] and (code.shape[0] - 8 - 17) % 4 == 0
    inner = code[4:-4, 4:-4]
    assert code.sum() == inner.sum(), "the margin is light"
    for corner in (inner[:7, :7], inner[:7, -7:], inner[-7:, :7]):
        np.testing.assert_array_equal(corner, FINDER)
    timing = inner[6, 8:-8]
    np.testing.assert_array_equal(timing, [(place + 1) % 2 for place in range(len(timing))])


def test_links_differ_and_one_that_is_too_long_has_no_code() -> None:
    assert qr_rows("http://localhost/a") != qr_rows("http://localhost/b")
    assert qr_rows("x" * 3000) == []
