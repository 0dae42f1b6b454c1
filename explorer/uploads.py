"""Read an uploaded file into an array. Every byte is hostile: sizes are checked before memory is taken, no pickles.

NumPy and Pillow only.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import zipfile
from collections.abc import Callable

import numpy as np
from PIL import Image, UnidentifiedImageError

from explorer.inputs import MAX_CELLS, checked_shape
from explorer.problem import Problem
from explorer.trace import Message

MAX_BYTES = 64 * 1024 * 1024
MAX_IMAGE_SIDE = 512
"""A larger image is scaled down to this, and the reader is told."""
TYPES = ("npy", "npz", "csv", "png", "jpg", "jpeg", "gif", "webp", "bmp")


def read_upload(name: str, data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    """The array in a file, by the file's name.

    Args:
        name: the file's name; its ending says how to read it.
        data: its bytes.
    Returns:
        The array, and what the reader should know about how it was read.
    Raises:
        Problem: if the file is too large, damaged, holds Python objects or text, or is not of its kind.
    """
    ending = name.rsplit(".", 1)[-1].lower()
    if len(data) > MAX_BYTES:
        raise _refuse("The file is too large.", f"<= {MAX_BYTES:,} bytes", f"{len(data):,} bytes")
    if not data:
        raise _refuse("The file is empty.", ", ".join(TYPES), name)
    readers: dict[str, Callable[[bytes], tuple[np.ndarray, tuple[Message, ...]]]] = {
        "npy": _npy, "npz": _npz, "csv": _csv,
    }  # fmt: skip
    if ending not in TYPES:
        raise _refuse("Files of this kind cannot be read.", ", ".join(TYPES), name[-40:])
    array, notes = readers.get(ending, _image)(data)
    checked_shape(array.shape)
    return array, notes


def content_hash(array: np.ndarray) -> str:
    """The hash by which a recipe names an uploaded array."""
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def _npy(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if read is None:
            raise ValueError(f"format version {version}")
        shape, fortran, dtype = read(stream, max_header_size=10_000)
    except (ValueError, EOFError, TypeError, SyntaxError, UnicodeDecodeError) as error:
        raise _refuse("This is not a whole .npy file.", ".npy", "a damaged header", str(error)) from error
    if dtype.hasobject or dtype.kind not in "biufU":
        raise _refuse(
            "This .npy file holds Python objects or records; only plain numbers are read.",
            "bool, int, float",
            str(dtype),
        )
    checked_shape(tuple(int(n) for n in shape))
    expected = math.prod(shape) * dtype.itemsize
    body = data[stream.tell() :]
    if len(body) != expected:
        raise _refuse("This .npy file is cut short.", f"{expected:,} bytes", f"{len(body):,} bytes")
    array = np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(array).reshape(shape), ()


def _npz(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            if not members:
                raise _refuse("This .npz file holds no array.", ".npy", str(len(archive.infolist())))
            first = members[0]
            if first.file_size > MAX_CELLS * 8 + 10_000:
                raise _refuse("The array in this file is too large.", f"<= {MAX_CELLS:,}", f"{first.file_size:,} bytes")
            with archive.open(first) as file:
                array, _ = _npy(file.read(MAX_CELLS * 8 + 10_000))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _refuse("This is not a whole .npz file.", ".npz", "-", str(error)) from error
    notes = (
        Message(
            "The file holds {count} arrays; “{name}” was read.", {"count": len(members), "name": first.filename[:-4]}
        ),
    )
    return array, notes if len(members) > 1 else ()


def _csv(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    try:
        text = data.decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t ") if any(c in text for c in ",;\t ") else csv.excel
    except (UnicodeDecodeError, csv.Error) as error:
        if isinstance(error, UnicodeDecodeError):
            raise _refuse("This CSV file is not UTF-8 text.", "UTF-8", "-", str(error)) from error
        dialect = csv.excel
    rows = [[cell for cell in row if cell.strip()] for row in csv.reader(io.StringIO(text), dialect)]
    rows = [row for row in rows if row]
    if not rows:
        raise _refuse("This CSV file holds no values.", "1, 2, 3", "-")
    if len({len(row) for row in rows}) > 1:
        line, row = next((i, row) for i, row in enumerate(rows) if len(row) != len(rows[0]))
        raise _refuse(
            "The rows of this CSV file have different lengths.", f"{len(rows[0])}", f"{len(row)} (row {line + 1})"
        )
    if len(rows) * len(rows[0]) > MAX_CELLS:
        raise _refuse(
            "That is more cells than one input may have.", f"<= {MAX_CELLS:,}", f"{len(rows) * len(rows[0]):,}"
        )
    try:
        return np.array([[float(cell) for cell in row] for row in rows]), ()
    except ValueError as error:
        raise _refuse("This CSV file holds text where numbers belong.", "1, 2, 3", str(error)[-80:]) from error


def _image(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > Image.MAX_IMAGE_PIXELS:  # type: ignore[operator]
                raise Image.DecompressionBombError(f"{image.width} x {image.height}")
            notes: tuple[Message, ...] = ()
            size = (image.width, image.height)
            grey = image.mode in ("1", "L", "I", "I;16", "F")
            picture = image.convert("L" if grey else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _refuse("This image cannot be read.", "png, jpg, gif, webp, bmp", "-", str(error)) from error
    if max(size) > MAX_IMAGE_SIDE:
        picture.thumbnail((MAX_IMAGE_SIDE, MAX_IMAGE_SIDE))
        notes = (
            Message(
                "The image was scaled down from {old} to {new}.",
                {"old": f"{size[0]} x {size[1]}", "new": f"{picture.width} x {picture.height}"},
            ),
        )  # fmt: skip
    array = np.asarray(picture, "float64") / 255.0
    return (array[None, :, :, None] if array.ndim == 2 else array[None]), notes


def _refuse(what: str, expected: str, received: str, detail: str = "") -> Problem:
    return Problem(Message(what), expected=expected, received=received, where="inputs", detail=detail)
