"""A watched file: each save is run and shown, a broken one is told, and earlier ones can be gone back to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import serving
from screen import PATIENCE, Screen, Server

MIX = """import keras
from helper import half


class Mix(keras.layers.Layer):
    def __init__(self, share=0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def call(self, x):
        mean = keras.ops.mean(x, axis=-1, keepdims=True)
        mixed = half(x) + mean * self.share
        return mixed
"""
HALF = "def half(x):\n    return x * 0.5\n"
EVIL = """import keras, pathlib
pathlib.Path({mark!r}).write_text("was here")


class Mix(keras.layers.Layer):
    def call(self, x):
        return x
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the watched file."""
    folder = tmp_path_factory.mktemp("watched")
    (folder / "my_layers.py").write_text(MIX)
    (folder / "helper.py").write_text(HALF)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as it is started on a file."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    port = serving.free_port()
    command = [sys.executable, "-m", "explorer", "watch", str(folder / "my_layers.py"), "--port", str(port)]
    with serving.started(command, log) as process:
        address = f"http://127.0.0.1:{port}"
        serving.wait_until_healthy(address, process, log)
        yield Server(address, process.pid, log)


def save_shown(screen: Screen, path: Path, text: str) -> None:
    """Write the file, and wait until the page shows that save, with all that follows from it."""
    before = shown(screen)
    path.write_text(text)
    wait(screen, lambda: shown(screen) > before)
    screen.settle()


def shown(screen: Screen) -> int:
    """The number of the save that the slider stands at; 1 while there is no slider."""
    sliders = screen.control("save").get_by_role("slider")
    return int(sliders.first.get_attribute("aria-valuetext") or 0) if sliders.count() else 1


def wait(screen: Screen, true: Callable[[], bool]) -> None:
    """Wait until something is true. An open page asks for saves by itself, so the ends of its runs tell nothing."""
    until = time.monotonic() + PATIENCE / 1000
    while not true():
        assert time.monotonic() < until, "It has not become true"
        screen.page.wait_for_timeout(20)


def agree(screen: Screen, expected: np.ndarray) -> None:
    """Wait until the output is the expected one."""
    wait(screen, lambda: np.allclose(screen.numbers("output:0"), expected, rtol=1e-5))


def test_five_saves_one_of_them_broken_and_back(visitor: Callable[..., Screen], folder: Path, tmp_path: Path) -> None:
    screen, file, helper = visitor(), folder / "my_layers.py", folder / "helper.py"
    screen.go(screen.server.address).painted()  # who asks for nothing gets the file
    assert "/watch?" in screen.link
    screen.type("p_own-Mix_share", "0.25")
    screen.touch("output:0", 1, 2)
    x = screen.numbers("input:0").astype("float32")
    mean = x.mean(axis=-1, keepdims=True)
    first, second = x * 0.5 + mean * 0.25, x * 0.5 + mean + 0.25
    agree(screen, first)

    save_shown(screen, file, MIX.replace("mean * self.share", "mean + self.share"))  # 2
    agree(screen, second)
    save_shown(screen, helper, HALF.replace("0.5", "3"))  # 3: a module beside it
    agree(screen, x * 3 + mean + 0.25)
    assert "x * 3" in screen.control("editor_read").locator(".cm-content").inner_text()

    save_shown(screen, file, "class Mix(:\n")  # 4: broken
    wait(screen, lambda: any("my_layers.py:1" in problem for problem in screen.problems()))
    assert screen.stale
    agree(screen, x * 3 + mean + 0.25)
    save_shown(screen, helper, "def half(x):\n    raise ValueError('not yet')\n")  # 5: still broken
    save_shown(screen, file, MIX)  # 6: its module raises, in the line where its writer finds it
    wait(screen, lambda: any("helper.py:2" in problem for problem in screen.problems()))
    save_shown(screen, helper, HALF)  # 7: as at first
    wait(screen, lambda: screen.problems() == [] and not screen.stale)
    agree(screen, first)
    assert screen.typed("p_own-Mix_share") == "0.25" and "cell=output%3A0%401%2C2" in screen.link

    screen.page.locator("h1").click()
    screen.page.keyboard.press("d")
    saves = screen.control("saves")
    wait(screen, lambda: "Beside save 3" in saves.inner_text())
    assert f"output: {x.size} of {x.size} cells differ" in saves.inner_text()

    screen.control("first_changed").locator("button").click()
    screen.control("go_first").wait_for()
    assert "first changed with save 2" in saves.inner_text()
    screen.control("go_first").locator("button").click()
    wait(screen, lambda: shown(screen) == 2)
    agree(screen, second)
    screen.control("save").get_by_role("slider").press("ArrowLeft")
    wait(screen, lambda: shown(screen) == 1)
    agree(screen, first)

    other = visitor("second")
    other.open(page="watch").painted()
    save_shown(other, file, MIX.replace("return mixed", "return mixed + 1"))
    agree(other, x * 0.5 + mean * 0.5 + 1)
    assert shown(other) == 8 and shown(screen) == 1  # who went back stays there
    assert not other.control("newest_save").count(), "who follows is not taken for one who went back"
    screen.control("newest_save").locator("button").click()
    agree(screen, first + 1)

    mark = tmp_path / "mark"
    evil = EVIL.format(mark=str(mark))
    for page in ("watch", "write", "explore"):
        victim = visitor(page)
        victim.open({"layer": "own.Mix", "code": evil}, page=page)
        victim.page.wait_for_timeout(500)
        assert page != "watch" or "mark" not in victim.link
    assert not mark.exists()
    save_shown(other, file, evil)  # the file's own text may: a link's could have, had it run
    wait(other, mark.exists)
