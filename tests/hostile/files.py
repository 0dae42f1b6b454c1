"""Hostile files: generated, each with the kind that its name claims."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.export import experiment_file
from tests.explorer.core.hostile import PATH


class Opens:
    """What a pickle does when it is loaded: it opens a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return open, (PATH,)


def hostile() -> Iterator[tuple[str, bytes]]:
    """The corpus: `(the file's name, its bytes)`."""
    for family in (arrays, archives, tables, pictures, experiments, others):
        yield from family()


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """An .npy file with that header."""
    text = header.encode("latin-1")
    size = struct.pack("<H", len(text) & 0xFFFF) if version == b"\x01\x00" else struct.pack("<I", len(text))
    return b"\x93NUMPY" + version + size + text + body


def saved(array: np.ndarray) -> bytes:
    """An .npy file as NumPy writes it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def arrays() -> Iterator[tuple[str, bytes]]:
    """Headers that lie, types that hold objects, and files that end early."""
    whole = saved(np.eye(3))
    for cut in (1, 5, 6, 7, 8, 10, 40, 127, 128, len(whole) - 1):
        yield f"cut{cut}.npy", whole[:cut]
    yield "long.npy", whole + b"\x00"
    yield "objects.npy", saved(np.array([Opens()], dtype=object))
    yield "records.npy", saved(np.zeros(2, [("a", "i4"), ("b", "f4")]))
    for shape in (
        "(10**9,)",
        "(1000000000,)",
        "(-1,)",
        "(2, -3)",
        "(4194305,)",
        "(1, 1, 1, 1, 1, 1, 1, 1, 1)",
        "(1e3,)",
        "('a',)",
        "(99999999999999999999,)",
        "(" * 200,
        "[3]",
    ):
        yield (
            f"shape{len(shape)}.npy",
            npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n", bytes(72)),
        )
    for kind in (
        "|O",
        "<V8",
        "|S9",
        "<M8[ns]",
        "<c16",
        "__import__('os').system('true')",
        "O8",
        "<f999",
        "",
        "<U2147483647",
    ):
        yield (
            f"kind{len(kind)}{kind[:2]}.npy",
            npy(f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': (3,), }}\n", bytes(24)),
        )
    yield "code.npy", npy(f"open({PATH!r})\n")
    yield "wide.npy", npy("{" + " " * 60_000 + "}\n")
    yield "version.npy", npy("{}\n", version=b"\x09\x00")
    yield "nothing.npy", b""


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives that unpack to too much, hold no array, lie about sizes, or are not whole."""
    whole = packed({"a.npy": saved(np.eye(3))})
    for cut in (1, 4, 30, len(whole) // 2, len(whole) - 22, len(whole) - 1):
        yield f"cut{cut}.npz", whole[:cut]
    yield "bomb.npz", packed({"a.npy": bytes(80_000_000)})
    yield "empty.npz", packed({})
    yield "texts.npz", packed({"a.txt": b"1", "../../b": b"2"})
    yield "objects.npz", packed({"a.npy": saved(np.array([Opens()], dtype=object))})
    yield "nested.npz", packed({"a.npy": whole})
    yield "pickle.npz", packed({"a.npy": pickle.dumps(Opens())})
    for place in range(40, 130, 10):  # within the compressed array
        yield f"flipped{place}.npz", whole[:place] + bytes([whole[place] ^ 0xFF]) * 9 + whole[place + 9 :]


def tables() -> Iterator[tuple[str, bytes]]:
    """Tables of rows that differ, and of what is no number or no text."""
    yield "blank.csv", b"\n" * 100_000
    yield "spaces.csv", b" " * 100_000
    yield "ragged.csv", b"1,2\n3\n"
    yield "formula.csv", b'=HYPERLINK("http://evil.example"),1\n'
    yield "nul.csv", b"1,\x002\n"
    yield "quote.csv", b'"1,2\n' * 10_000
    yield "bytes.csv", bytes(range(256)) * 10
    yield "utf16.csv", "1,2\n".encode("utf-16")
    yield "markup.csv", b"<script>alert(1)</script>,2\n"
    yield "cell.csv", b"9" * 200_000 + b"x"


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG file that claims that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures that claim more than they hold, other formats under a picture's name, and files that end early."""
    for width, height in ((100_000, 100_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 5), (7_000, 7_000), (2**31, 2**31)):
        yield f"size{width}x{height}.png", png(width, height)
    stream = io.BytesIO()
    Image.fromarray(np.arange(48, dtype="uint8").reshape(4, 4, 3)).save(stream, "PNG")
    whole = stream.getvalue()
    for cut in (1, 8, 20, 33, 45):
        yield f"cut{cut}.png", whole[:cut]
    yield from (
        ("a.jpg", b"\xff\xd8\xff\xe0"),
        ("a.gif", b"GIF89a"),
        ("a.webp", b"RIFF\x10\x00\x00\x00WEBP"),
        ("a.bmp", b"BM"),
        ("eps.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("svg.png", b"<svg onload='alert(1)'/>"),
        ("pdf.jpg", b"%PDF-1.7\n"),
        ("zip.png", packed({"a": b""})),
        ("text.gif", b"hello"),
    )


def experiments() -> Iterator[tuple[str, bytes]]:
    """Files of experiments that are damaged, hold other than experiments, or experiments that a link could not hold."""
    whole = experiment_file.save(Experiment("linear"), {})
    for cut in (0, 1, 8, len(whole) // 2, len(whole) - 1):
        yield f"cut{cut}.experiment", whole[:cut]
    for place in range(0, len(whole), max(1, len(whole) // 9)):
        yield f"flipped{place}.experiment", whole[:place] + b"\xff\xff" + whole[place + 2 :]
    for number, experiment in enumerate(
        (
            None,
            [],
            "linear",
            {"layer": 3},
            {"unknown": 1},
            {"seed": 10**23},
            {"params": {"a": [[1] * 100] * 1100}},
            {"then": [["linear", {}]] * 4},
            {"inputs": [{"kind": "ones", "shape": [10**9]}]},
            {"mask": {"kind": "middle"}},
        )
    ):
        yield f"other{number}.experiment", wire.encode({"experiment": experiment}, {})
    yield "named.experiment", wire.encode({"experiment": {"layer": "linear"}}, {"0" * 64: np.eye(2)})
    yield "pickle.experiment", pickle.dumps(Opens())


def others() -> Iterator[tuple[str, bytes]]:
    """Files of kinds that are not read at all."""
    for name in (
        "a.pkl",
        "a.h5",
        "a.keras",
        "a.py",
        "a.exe",
        "a",
        ".npy.",
        "a.npy.zip",
        "a.svg",
        "a\x00.csv.html",
        "../a.tif",
    ):
        yield name, b"1,2\n"
