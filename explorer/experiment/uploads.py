"""Read an uploaded file into an array. Every byte is hostile: sizes are checked before memory is taken, no pickles.

NumPy and Pillow only.
"""

from __future__ import annotations

import array as machine
import contextlib
import csv
import hashlib
import io
import json
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PIL import Image, ImageOps

from explorer.experiment.recipes import MAX_CELLS, checked_shape
from explorer.model.problem import Problem, brief
from explorer.model.trace import Message

MAX_BYTES = 8 << 20
MAX_IMAGE_SIDE = 512
"""A larger image is scaled down to this, and the reader is told."""
MAX_PIXELS = 40_000_000
"""An image of more pixels is not unpacked at all."""
TYPES = ("npy", "npz", "csv", "png", "jpg", "jpeg", "gif", "webp", "bmp")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_upload(name: str, data: bytes, most: int = MAX_BYTES) -> tuple[np.ndarray, tuple[Message, ...]]:
    """The array in a file, by the file's name.

    Args:
        name: the file's name; its ending says how to read it.
        data: its bytes.
        most: how many it may have.
    Returns:
        The array, and what the reader should know about how it was read.
    Raises:
        Problem: if the file is too large, damaged, holds Python objects or text, or is not of its kind.
    """
    ending = name.rsplit(".", 1)[-1].lower()
    if len(data) > most:
        raise Problem("The file is too large.", f"<= {most:,} bytes", f"{len(data):,} bytes", "inputs")
    if not data:
        raise Problem("The file is empty.", ", ".join(TYPES), name[-40:], "inputs")
    readers: dict[str, Callable[[bytes], tuple[np.ndarray, tuple[Message, ...]]]] = {
        "npy": _npy,
        "npz": _npz,
        "csv": _csv,
    }
    if ending not in TYPES:
        raise Problem("Files of this kind cannot be read.", ", ".join(TYPES), name[-40:], "inputs")
    array, notes = readers.get(ending, _image)(data)
    checked_shape(array.shape)
    return array, notes


def content_hash(array: np.ndarray) -> str:
    """The hash by which a recipe names an uploaded array: of its dtype, shape and cells, whatever their byte order."""
    if array.dtype.kind in "OU":
        cells = json.dumps(array.tolist()).encode()
    else:
        cells = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    name = "string" if array.dtype.kind in "OU" else array.dtype.name
    return hashlib.sha256(f"{name}{array.shape}".encode() + cells).hexdigest()


@contextlib.contextmanager
def _refused_as(what: Message, expected: str, data: bytes) -> Iterator[None]:
    """Whatever a parser raises on hostile bytes is about the bytes."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"[:400]
        raise Problem(what, expected=expected, received=_start(data), where="inputs", detail=detail) from error


def _start(data: bytes) -> str:
    """What a file holds, in a few words: how much, and how it begins."""
    return f"{len(data):,} bytes: {data[:12]!r}{' …' if len(data) > 12 else ''}"


def _npy(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    stream = io.BytesIO(data)
    with _refused_as(Message("This is not a whole .npy file."), ".npy", data):
        shape, fortran, dtype = _READ_HEADER[np.lib.format.read_magic(stream)](stream, max_header_size=10_000)
    if dtype.hasobject or dtype.kind not in "biufU":
        raise Problem(
            "This .npy file holds Python objects or records; only plain numbers are read.",
            "bool, int, float",
            str(dtype)[:80],
            "inputs",
        )
    checked_shape(tuple(shape))
    expected = math.prod(shape) * dtype.itemsize
    if len(data) - stream.tell() != expected:
        raise Problem(
            "This .npy file is cut short.", f"{expected:,} bytes", f"{len(data) - stream.tell():,} bytes", "inputs"
        )
    with _refused_as(Message("This is not a whole .npy file."), ".npy", data):
        flat = np.frombuffer(data, dtype, offset=stream.tell()) if expected else np.zeros(math.prod(shape), dtype)
        return _native(flat.reshape(shape, order="F" if fortran else "C")), ()


def _native(array: np.ndarray) -> np.ndarray:
    """The array in rows and in a dtype that travels: this machine's byte order, at most 64 bits, texts as `str`."""
    dtype = array.dtype.newbyteorder("=")
    wanted = {"U": np.dtype(object), "f": dtype if dtype.itemsize <= 8 else np.dtype("float64")}.get(dtype.kind, dtype)
    return np.array(array, wanted, order="C")


def _npz(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    most = MAX_CELLS * 8 + 10_000
    with (
        _refused_as(Message("This is not a whole .npz file."), ".npz", data),
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        if not members:
            raise Problem("This .npz file holds no array.", ".npy", str(len(archive.infolist())), "inputs")
        first = members[0]
        if first.file_size > most:
            raise Problem(
                "The array in this file is too large.", f"<= {MAX_CELLS:,}", f"{first.file_size:,} bytes", "inputs"
            )
        with archive.open(first) as file:
            array, _ = _npy(file.read(most))
    notes = (
        Message(
            "The file holds {count} arrays; “{name}” was read.", {"count": len(members), "name": first.filename[:-4]}
        ),
    )
    return array, notes if len(members) > 1 else ()


def _csv(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(
            "This CSV file is not UTF-8 text.", "UTF-8", _start(data[error.start :]), "inputs", str(error)
        ) from error
    values, width = machine.array("d"), 0
    for line, row in _rows(text):
        width = width or len(row)
        if len(row) != width:
            raise Problem(
                "The rows of this CSV file have different lengths.", f"{width}", f"{len(row)} (row {line})", "inputs"
            )
        try:
            values.extend([float(cell) for cell in row])
        except ValueError as error:
            found = f"{brief(', '.join(row), 60)} (row {line})"
            raise Problem(
                "This CSV file holds text where numbers belong.", "1, 2, 3", found, "inputs", str(error)[-80:]
            ) from error
        if len(values) > MAX_CELLS:
            raise Problem(
                "That is more cells than one input may have.", f"<= {MAX_CELLS:,}", f"> {MAX_CELLS:,}", "inputs"
            )
    if not width:
        raise Problem("This CSV file holds no values.", "1, 2, 3", _start(data), "inputs")
    return np.array(values).reshape(-1, width), ()


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, with their line numbers. The first of them tells what separates the cells."""
    lines = io.StringIO(text)
    first = next((line for line in lines if line.strip()), "")
    delimiter = next((mark for mark in ";\t," if mark in first), None)
    lines.seek(0)
    rows: Iterable[list[str]] = (
        csv.reader(lines, delimiter=delimiter) if delimiter else (line.split() for line in lines)
    )
    with _refused_as(Message("This CSV file holds text where numbers belong."), "1, 2, 3", text.encode()):
        for number, row in enumerate(rows, 1):
            if any(cell.strip() for cell in row):
                yield number, row if row[-1].strip() else row[:-1]  # a separator may also end a line


def _image(data: bytes) -> tuple[np.ndarray, tuple[Message, ...]]:
    with _refused_as(Message("This image cannot be read."), "png, jpg, gif, webp, bmp", data):
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            size = (image.width, image.height)
            if image.width * image.height > MAX_PIXELS:
                raise Problem(
                    "The image has too many pixels.", f"<= {MAX_PIXELS:,}", f"{size[0]} x {size[1]}", "inputs"
                )
            upright = ImageOps.exif_transpose(image)  # a camera that was turned says so in the file
            size = (upright.width, upright.height)
            picture = _plain_picture(upright)
        picture.thumbnail((MAX_IMAGE_SIDE, MAX_IMAGE_SIDE))
        array = np.asarray(picture, "float64") / 255.0
    notes: tuple[Message, ...] = ()
    if picture.size != size:
        notes = (
            Message(
                "The image was scaled down from {old} to {new}.",
                {"old": f"{size[0]} x {size[1]}", "new": f"{picture.width} x {picture.height}"},
            ),
        )
    return (array[None, :, :, None] if array.ndim == 2 else array[None]), notes


def _plain_picture(image: Image.Image) -> Image.Image:
    """The picture in shades of grey from 0 to 255, or in red, green and blue. Transparency is left out."""
    if image.mode.startswith("I"):  # 16 bits: Pillow would clip them, not scale them
        return Image.fromarray((np.asarray(image, "float64") / 257).astype("float32"))
    return image.convert("L" if image.mode in ("1", "L", "LA", "La", "F") else "RGB")
