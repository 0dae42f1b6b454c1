"""Uploaded bytes become an array or a Problem with both sides, quickly and without anything else."""

from __future__ import annotations

import io
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.experiment.uploads import MAX_IMAGE_SIDE, content_hash, read_upload
from explorer.model.problem import Problem


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def header(text: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    raw = text.encode("latin1")
    return b"\x93NUMPY" + version + struct.pack("<H", len(raw)) + raw + body


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def picture(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def refused(name: str, data: bytes) -> Problem:
    start = time.thread_time()
    with pytest.raises(Problem) as caught:
        read_upload(name, data)
    assert time.thread_time() - start < 2
    assert caught.value.expected and caught.value.received and caught.value.where == "inputs"
    return caught.value


# ---------------------------------------------------------------------------------------------------------- .npy
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype="float32").reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(6, dtype=">f8").reshape(2, 3),
        np.arange(6, dtype=">i4"),
        np.array([[True, False]]),
        np.array([2**53 + 1]),
        np.array([1.5, np.nan, -np.inf], "float16"),
        np.float32(3),
        np.zeros((0, 3)),
        np.zeros((3, 0), order="F"),
        np.array([255], "uint8"),
        np.zeros((1, 2, 3, 4), order="F"),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_arrays_come_back(array: np.ndarray) -> None:
    back, notes = read_upload("x.NPY", npy(array))
    np.testing.assert_array_equal(back, array)
    assert back.shape == array.shape and back.dtype.isnative and back.dtype.name == array.dtype.name and not notes
    assert back.flags.c_contiguous and content_hash(back) == content_hash(array)


def test_long_doubles_and_texts_travel_as_what_a_tensor_can_be() -> None:
    assert read_upload("x.npy", npy(np.array([1.5], np.longdouble)))[0].dtype == np.float64
    words, _ = read_upload("x.npy", npy(np.array(["고양이", ""])))
    assert words.dtype == object and words.tolist() == ["고양이", ""]
    assert content_hash(words) == content_hash(words.copy()) != content_hash(words[::-1])


def test_a_second_version_of_the_format() -> None:
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(63) + "\n"
    data = b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text.encode() + np.array([1, 2], "<f4").tobytes()
    assert read_upload("x.npy", data)[0].tolist() == [1, 2]


class Bomb:
    def __reduce__(self) -> Any:
        return (print, ("a pickle was run",))


def test_pickled_objects_are_never_unpickled(capsys: pytest.CaptureFixture[str]) -> None:
    for data in (npy(np.array([Bomb()], dtype=object), allow_pickle=True), npy(np.zeros(2, [("a", "i4")]))):
        assert "Python objects" in str(refused("x.npy", data).what)
    refused("x.npy", pickle.dumps(Bomb()))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "data",
    [
        npy(np.arange(10.0))[:-3],
        npy(np.arange(10.0))[:40],
        npy(np.arange(10.0))[:7],
        b"\x93NUMPY",
        b"PK",
        b"1,2,3",
        npy(np.arange(10.0)) + b"!",
        npy(np.arange(3.0)).replace(b"\x01\x00", b"\x09\x00", 1),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (2500000000,), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }\n", b"\0\0\0\0"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 10000000000000), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': 3, }\n"),
        header("{'descr': '<U2000000000', 'fortran_order': False, 'shape': (1,), }\n"),
        header("{'descr': '<U0', 'fortran_order': False, 'shape': (4000000,), }\n" + "x"),
        header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        header("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        header("{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        header("{'descr': 'no', 'fortran_order': 3, 'shape': (1,), }\n"),
        header("__import__('os').abort()\n"),
        header("(" * 5000),
        header("{" * 9000),
        header("-" * 9000 + "1"),
        header("[" * 90 + "]" * 90),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1," * 4000 + "), }\n", b"\0" * 4),
    ],
    ids=range(25),
)
def test_damaged_npy(data: bytes) -> None:
    refused("x.npy", data)


# ---------------------------------------------------------------------------------------------------------- .npz
def test_the_first_array_of_several_is_read_and_said() -> None:
    array, (note,) = read_upload("x.npz", npz(weights=np.eye(2), bias=np.zeros(3)))
    assert array.tolist() == [[1, 0], [0, 1]]
    assert str(note) == "The file holds 2 arrays; “weights” was read."
    assert read_upload("x.npz", npz(only=np.eye(2)))[1] == ()


def bomb(claimed: int | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.zeros(1))[:-8] + b"\0" * 60_000_000)
    data = bytearray(stream.getvalue())
    if claimed is not None:  # the central directory lies about the size
        place = data.rindex(b"PK\x01\x02")
        data[place + 24 : place + 28] = struct.pack("<I", claimed)
    return bytes(data)


@pytest.mark.parametrize("claimed", [None, 100, 30_000_000])
def test_a_zip_bomb_is_refused_without_the_memory(claimed: int | None) -> None:
    data = bomb(claimed)
    tracemalloc.start()
    refused("x.npz", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120_000_000


def test_damaged_npz() -> None:
    good = npz(a=np.random.default_rng(0).normal(size=300))
    for place in range(0, len(good), 40):
        damaged = bytearray(good)
        damaged[place : place + 8] = b"\xff\x00\xa5\x5a\xff\x01\x80\x7f"
        try:
            array, _ = read_upload("x.npz", bytes(damaged))
        except Problem:
            continue
        np.testing.assert_array_equal(array, np.random.default_rng(0).normal(size=300))
    for cut in (3, 30, len(good) // 2, len(good) - 5):
        refused("x.npz", good[:cut])
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    refused("x.npz", empty.getvalue())
    refused("x.npz", npy(np.eye(2)))


def test_an_encrypted_npz() -> None:
    data = bytearray(npz(a=np.eye(2)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert "encrypted" in refused("x.npz", bytes(data)).detail


def test_objects_inside_an_npz_are_refused() -> None:
    stream = io.BytesIO()
    np.savez(stream, a=np.array([Bomb()], dtype=object))
    refused("x.npz", stream.getvalue())


# ---------------------------------------------------------------------------------------------------------- .csv
@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4",
        "1;2\n3;4\n",
        "1\t2\r\n3\t4\r\n",
        "1 2\n3 4",
        " 1   2 \n 3   4 ",
        "\ufeff1,2\n\n3,4\n\n",
        '"1","2"\n"3","4"',
        "1.0, 2e0\n3,4",
        "1,2,\n3,4,\n",
        "\n\n1,2\n3,4",
    ],
)
def test_csv(text: str) -> None:
    array, notes = read_upload("x.csv", text.encode())
    assert array.tolist() == [[1, 2], [3, 4]] and notes == ()


def test_csv_of_one_column_and_of_words_for_numbers() -> None:
    assert read_upload("x.csv", b"1\n2\n3")[0].tolist() == [[1], [2], [3]]
    np.testing.assert_array_equal(read_upload("x.csv", b"nan,inf\n-inf,1")[0], [[np.nan, np.inf], [-np.inf, 1]])


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (b"a,b\n1,2", "a, b"),
        (b"1,2\nx,4", "(row 2)"),
        (b"1,,3\n,2,3", "1, , 3"),
        (b"1,2\n3", "1 (row 2)"),
        (b"1,2\n3,4,5", "3 (row 2)"),
        (b"\n \n", "3 bytes"),
        (b",,\n", "3 bytes"),
        (b"\xff\xfe1\x002\x00", "6 bytes: b'\\xff\\xfe"),
        ("가,나".encode("cp949"), "5 bytes"),
        (b'1,"2\n3,4', "(row 1)"),
        (b"1,5;2,5", "1,5"),
        (b"\x00,\x01", "(row 1)"),
        (b'1,"' + b"9" * 200_000 + b'"', "bytes: b'1,"),
    ],
)
def test_csv_that_is_none(data: bytes, received: str) -> None:
    assert received in refused("x.csv", data).received


@pytest.mark.parametrize("line", [b"1\n", b"1,1,1,1\n", b'"",' * 40 + b"\n"])
def test_a_long_csv_stops_at_the_limit(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.experiment.uploads.MAX_CELLS", 10_000)
    data = line * (2_000_000 // len(line))
    tracemalloc.start()
    refused("x.csv", data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(data)


@pytest.mark.parametrize("text", ['"' * 8000, ',"' * 4000, '"\n' * 4000, "'a'," * 2000, ",\t; " * 3000])
def test_no_csv_is_slow(text: str) -> None:
    refused("x.csv", text.encode())


# -------------------------------------------------------------------------------------------------------- images
def test_images_become_batches_of_one_in_zero_to_one() -> None:
    red = Image.new("RGB", (3, 2), (255, 0, 51))
    array, notes = read_upload("x.png", picture(red))
    assert array.shape == (1, 2, 3, 3) and notes == ()
    np.testing.assert_allclose(array[0, 1, 2], [1, 0, 0.2])
    for kind, name in (("JPEG", "x.jpg"), ("GIF", "x.gif"), ("WEBP", "x.webp"), ("BMP", "x.bmp")):
        assert read_upload(name, picture(red, kind))[0].shape == (1, 2, 3, 3)


@pytest.mark.parametrize(
    ("mode", "colour", "cell"),
    [
        ("L", 51, [0.2]),
        ("1", 1, [1]),
        ("LA", (51, 128), [0.2]),
        ("RGBA", (0, 255, 0, 9), [0, 1, 0]),
        ("I;16", 13107, [0.2]),
        ("P", 0, [0, 0, 0]),
    ],
)
def test_modes(mode: str, colour: Any, cell: list[float]) -> None:
    array, _ = read_upload("x.png", picture(Image.new(mode, (4, 3), colour)))
    assert array.shape == (1, 3, 4, len(cell))
    np.testing.assert_allclose(array[0, 0, 0], cell, atol=1e-4)


def test_a_palette_shows_its_colours() -> None:
    paletted = Image.new("RGB", (2, 2), (0, 0, 255)).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_allclose(read_upload("x.png", picture(paletted))[0][0, 0, 0], [0, 0, 1])


def test_a_camera_that_was_turned() -> None:
    """The file says that its rows are the picture's columns, as a photo taken upright does."""
    image = Image.fromarray(np.arange(6, dtype="uint8").reshape(2, 3) * 40)
    turned = Image.Exif()
    turned[0x0112] = 6
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=turned)
    array, notes = read_upload("x.png", stream.getvalue())
    assert array.shape == (1, 3, 2, 1) and notes == ()
    np.testing.assert_allclose(array[0, :, :, 0], np.rot90(np.asarray(image), -1) / 255)


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_a_large_image_is_scaled_down_and_said(mode: str) -> None:
    array, (note,) = read_upload("x.png", picture(Image.new(mode, (2000, 1000))))
    assert array.shape[1:3] == (MAX_IMAGE_SIDE // 2, MAX_IMAGE_SIDE)
    assert str(note) == "The image was scaled down from 2000 x 1000 to 512 x 256."


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rest = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + rest


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_000, 12_000, 100_000, 2_000_000_000])
def test_an_image_bomb(side: int) -> None:
    tracemalloc.start()
    refused("x.png", png_of(side, side))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


NOISE = picture(Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), "uint8")))


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n1 0 obj\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<svg/>",
        NOISE[:100],
        NOISE[: len(NOISE) // 2],
        NOISE[:20],
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        b"BM" + b"\xff" * 60,
        b"RIFF\0\0\0\0WEBP",
        png_of(0, 5),
        b"\0" * 1000,
        picture(Image.new("RGB", (3, 3)), "TIFF"),
        picture(Image.new("RGB", (3, 3)), "PDF"),
    ],
    ids=range(14),
)
def test_what_is_no_image(data: bytes) -> None:
    for name in ("x.png", "x.jpeg"):
        refused(name, data)


# ---------------------------------------------------------------------------------------------------------- files
def test_other_files() -> None:
    assert "npy" in refused("model.keras", b"PK").expected
    assert refused("x" * 500, b"1").received == "x" * 40
    refused("x.npy", b"")
    assert refused("x.npy", b"\0" * ((8 << 20) + 1)).expected == "<= 8,388,608 bytes"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["x.npy", "x.npz", "x.csv", "x.png", "x.gif", "x.bmp", "x.webp"]),
    st.sampled_from([npy(np.eye(3)), npz(a=np.eye(3)), b"1,2\n3,4", NOISE, picture(Image.new("L", (5, 5)), "GIF")]),
    st.data(),
)
def test_no_bytes_raise_anything_but_a_problem(name: str, seed: bytes, data: Any) -> None:
    place = data.draw(st.integers(0, len(seed)))
    junk = data.draw(st.binary(max_size=6))
    damaged = seed[:place] + junk + seed[place + data.draw(st.integers(0, 6)) :]
    try:
        array, _ = read_upload(name, damaged)
    except Problem as problem:
        assert problem.expected and problem.received
    else:
        assert isinstance(array, np.ndarray) and array.dtype.kind in "biufO"


@pytest.mark.parametrize("first", [np.eye(2), np.eye(2, dtype="float32"), np.ones((2, 2)), np.ones(4), np.eye(2) > 0])
def test_hashes_tell_arrays_apart(first: np.ndarray) -> None:
    others = [np.eye(3), np.ones((4, 1)), np.array(["a"], dtype=object), np.eye(2, dtype="int64")]
    assert all(content_hash(first) != content_hash(other) for other in others)
    assert content_hash(first) == content_hash(np.asfortranarray(first))
