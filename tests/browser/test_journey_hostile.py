"""What a link or a file says is text on the page: no link, no picture, no colour comes of it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from screen import Screen

NAMES = (
    "[x](http://evil.example) http://evil.example www.evil.example",
    "![x](http://evil.example/p.png) <img src=x onerror=alert(1)>",
    "**bold** :red[red] :material/delete: :smile: $x^2$ `code` a -> b <- c >= d -- e",
)


def assert_plain(screen: Screen) -> None:
    """Nothing within the page leads elsewhere or came from elsewhere."""
    for selector in ("a[href*='evil']", "img[src*='evil']", "img[src='x']", "script:has-text('alert(1)')"):
        assert screen.page.locator(selector).count() == 0, selector
    assert screen.alive


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_in_a_link(screen: Screen, name: str) -> None:
    values = {"kind": "typed", "shape": [2, 3], "values": [1, 2, 3, 4, 5, 6], "name": name}
    screen.open({"layer": "linear", "inputs": [values]}).painted()
    shown = screen.page.get_by_text("so few values travel in the link")
    assert name in shown.inner_text().replace("\u2060", "")
    assert shown.locator("strong, code, a, img, .katex, [style*=color] *").count() == 0
    assert_plain(screen)


@pytest.mark.parametrize("name", NAMES)
def test_the_names_in_a_link_that_are_refused(screen: Screen, name: str) -> None:
    screen.open({"layer": "linear", "params": {"units": name}, "then": [[name, {}]], name: "1"})
    assert len(screen.problems()) >= 3
    assert_plain(screen)


def test_the_name_of_an_array_in_an_archive(screen: Screen) -> None:
    array, archive = io.BytesIO(), io.BytesIO()
    np.save(array, np.ones((2, 3)))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"{NAMES[0]}.npy", array.getvalue())
        file.writestr("b.npy", array.getvalue())
    screen.open({"layer": "linear"}).painted()
    screen.choose("kind_linear_0", "Uploaded file")
    with screen.change():
        screen.control("upload_linear_0").locator("input[type=file]").set_input_files(
            {"name": f"{NAMES[0].replace('/', '')}.npz", "mimeType": "application/zip", "buffer": archive.getvalue()}
        )
    screen.page.get_by_text("The file holds 2 arrays").first.wait_for()
    assert_plain(screen)


def test_the_compressed_part_of_a_link(screen: Screen) -> None:
    screen.open({"z": "x\r\r[y](http://evil.example)\r\r"})
    assert "[y](http://evil.example)" in " ".join(screen.problems())
    assert_plain(screen)
