import json
import math
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer.engine.transport import wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$"), inner, max_size=4),
    max_leaves=12,
)
NUMERIC = st.sampled_from(list(wire.DTYPES.values())).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
STRINGS = hnp.arrays(object, hnp.array_shapes(max_dims=3, max_side=3), elements=st.text(), fill=st.nothing())


def same(left: object, right: object) -> bool:
    """Equality in which NaN equals NaN and 1, 1.0 and True differ."""
    if isinstance(left, float) and isinstance(right, float):
        return struct.pack("<d", left) == struct.pack("<d", right) or (math.isnan(left) and math.isnan(right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@given(st.dictionaries(st.text(), JSON, max_size=4), st.dictionaries(st.text(), NUMERIC | STRINGS, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_message_comes_back_as_it_was(meta, arrays):
    message = wire.encode(meta, arrays)
    assert len(message) % 8 == 0
    meta_back, arrays_back = wire.decode(message)
    assert same(meta_back, meta)
    assert list(arrays_back) == list(arrays)
    for name, array in arrays.items():
        back = arrays_back[name]
        assert (back.shape, back.dtype) == (array.shape, array.dtype)
        assert back.tolist() == array.tolist() if array.dtype == object else back.tobytes() == array.tobytes()


def test_arrays_are_aligned_views_that_cannot_be_written():
    message = wire.encode({}, {"a": np.ones(3, "int8"), "b": np.arange(5.0)})
    _, arrays = wire.decode(message)
    assert not arrays["b"].flags.owndata and arrays["b"].flags.aligned
    with pytest.raises(ValueError):
        arrays["b"][0] = 1


def test_an_array_of_many_names_is_sent_once_and_views_of_it_are_not_confused():
    array = np.arange(100_000, dtype="float64")
    message = wire.encode({}, {"a": array, "b": array, "every other": array[::2], "backwards": array[::-1]})
    assert len(message) < 2.6 * array.nbytes  # whole, half, whole
    _, arrays = wire.decode(message)
    assert arrays["a"] is arrays["b"]
    np.testing.assert_array_equal(arrays["every other"], array[::2])
    np.testing.assert_array_equal(arrays["backwards"], array[::-1])


@pytest.mark.parametrize(
    "array", [np.arange(6, dtype=">i4"), np.arange(20000, dtype=">f8"), np.asfortranarray(np.eye(3))]
)
def test_other_byte_orders_and_layouts_keep_their_values(array):
    _, arrays = wire.decode(wire.encode({}, {"x": array}))
    np.testing.assert_array_equal(arrays["x"], array)
    assert arrays["x"].dtype.str[0] in "<|"


@pytest.mark.parametrize(
    "array", [np.array([b"bytes"], object), np.array([1, None], object), np.zeros(2, "M8[s]"), np.zeros(2, "i4,f4")]
)
def test_other_dtypes_are_refused_by_name(array):
    with pytest.raises(TypeError, match="colour: expected"):
        wire.encode({}, {"colour": array})


def test_numpy_scalars_and_mappings_are_plain_values_and_objects_are_refused():
    meta, _ = wire.decode(
        wire.encode({"a": np.float32(0.5), "b": np.int64(3), "c": np.float32("nan"), "t": (1, 2)}, {})
    )
    assert (meta["a"], meta["b"], meta["t"]) == (0.5, 3, [1, 2])
    assert math.isnan(meta["c"])
    with pytest.raises(TypeError, match="JSON"):
        wire.encode({"x": object()}, {})


def test_limits_hold_on_both_sides(monkeypatch):
    large = wire.encode({}, {"x": np.zeros(1000)})
    monkeypatch.setattr(wire, "MAX_BODY", 1000)
    for attempt in (lambda: wire.encode({}, {"x": np.zeros(1000)}), lambda: wire.decode(large)):
        with pytest.raises(wire.BadMessage):
            attempt()


def forged(header: object, body: bytes = b"", raw: bytes | None = None) -> bytes:
    text = json.dumps(header).encode() if raw is None else raw
    return struct.pack("<4sIQ", wire.MAGIC, len(text), len(body)) + text + body


GOOD = {"packed": False, "meta": {}, "names": {"x": 0}, "slots": [["int32", [2], 0]]}


@pytest.mark.parametrize(
    "change",
    [
        {"slots": [["int32", [3], 0]]},
        {"slots": [["int32", [2], 8]]},
        {"slots": [["int32", [2], -8]]},
        {"slots": [["int32", [1], 4]]},
        {"slots": [["int32", [10**12], 0]]},
        {"slots": [["int32", [-1], 0]]},
        {"slots": [["int32", [2.0], 0]]},
        {"slots": [["int32", [True], 0]]},
        {"slots": [["int32", [1] * 40, 0]]},
        {"slots": [["int32", "2", 0]]},
        {"slots": [["object", [1], 0]]},
        {"slots": [[["int32"], [1], 0]]},
        {"slots": [["bool", [8], 0]]},
        {"slots": [["string", [2], ["a"]]]},
        {"slots": [["string", [1], [1]]]},
        {"slots": [["string", [1], "a"]]},
        {"slots": [["int32", [2]]]},
        {"slots": {}},
        {"names": {"x": 1}},
        {"names": {"x": -1}},
        {"names": {"x": False}},
        {"names": []},
        {"names": [1]},
        {"names": [-1]},
        {"names": [[0]]},
        {"meta": []},
        {"meta": None},
        {"packed": True, "meta": {"a": {"$": "NaN"}}},
        {"packed": True, "meta": {"a": {"$": 3}}},
    ],
)
def test_forged_headers_are_refused(change):
    body = b"\x07" * 8
    assert wire.decode(forged(GOOD, body))[1]["x"].tolist() == [0x07070707] * 2
    with pytest.raises(wire.BadMessage):
        wire.decode(forged({**GOOD, **change}, body))


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b"",
        b"null",
        b'{"meta": {}}',
        b"\xff\xfe",
        b'{"packed": false, "names": {}, "slots": [], "meta": {"a": NaN}}',
        b'{"packed": false, "names": {}, "slots": [], "meta": {"a": ' + b"9" * 5000 + b"}}",
        b'{"packed": true, "names": {}, "slots": [], "meta": {"a": ' + b"[" * 3000 + b"]" * 3000 + b"}}",
    ],
    ids=range(8),
)
def test_headers_that_are_no_headers_are_refused(raw):
    with pytest.raises(wire.BadMessage):
        wire.decode(forged(None, raw=raw))


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    with pytest.raises(wire.BadMessage):
        wire.decode(noise)


WHOLE = wire.encode(
    {"a": [1, math.inf]}, {"x": np.arange(4.0), "s": np.array(["가", ""], object), "b": np.ones(3, bool)}
)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.integers(0, len(WHOLE)))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_message_is_refused_or_read_but_nothing_else_happens(place, byte, length):
    damaged = bytearray(WHOLE)
    damaged[place] = byte
    for message in (bytes(damaged), WHOLE[:length] + b"" if length < len(WHOLE) else WHOLE + b"\0"):
        try:
            meta, arrays = wire.decode(message)
        except wire.BadMessage:
            continue
        assert type(meta) is dict and all(isinstance(array, np.ndarray) for array in arrays.values())
        assert len(message) == len(WHOLE)


def test_arrays_that_are_only_numbered_arrive_under_their_numbers() -> None:
    ones, twos = np.ones(2), np.full(2, 2.0)
    for names in (("0", "1", "2"), ("1", "0", "2"), ("a",), ()):
        arrays = dict(zip(names, (ones, twos, ones), strict=False))
        found = wire.decode(wire.encode({}, arrays))[1]
        assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in arrays.items()}
