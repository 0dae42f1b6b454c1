"""The program that the page gives away: it runs on its own, and its assertions can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from screen import Screen

EXPERIMENTS = {
    "an attention": {"layer": "attention", "params": {"bias": "scalar"}, "mask": {"kind": "last", "count": 2}},
    "two inputs": {"layer": "my_multi_layer", "edits": [["weight:kernel", [0, 0], 2.5]]},
    "an lstm": {"layer": "keras.layers.LSTM", "params": {"units": 2}, "seed": 12},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are kept: far from the project, so that they cannot import it."""
    return tmp_path_factory.mktemp("programs")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_page_gives_a_program_away(screen: Screen, home: Path, name: str) -> None:
    _given_away(screen, home, name)


def _given_away(screen: Screen, home: Path, name: str) -> None:
    screen.open(EXPERIMENTS[name], panel="script").painted()
    with screen.page.expect_download() as download:
        screen.control("download_script").locator("button").click()
    file = home / f"{name}.py"
    download.value.save_as(file)
    shown = screen.page.locator("[data-testid=stCode]").last.inner_text()
    assert "".join(shown.split()) == "".join(file.read_text().split())


def test_the_programs_run_and_their_assertions_can_fail(screen: Screen, home: Path) -> None:
    files = [home / f"{name}.py" for name in EXPERIMENTS]
    for file in files:
        if not file.exists():  # in another order the test above comes later
            _given_away(screen, home, file.stem)
    wrong = home / "wrong.txt"
    wrong.write_text((home / "an lstm.py").read_text().replace("set_random_seed(12)", "set_random_seed(13)"))
    runner = (
        "import runpy, sys\n"
        "for path in sys.argv[2:]: runpy.run_path(path); print('passed', path)\n"
        "try: runpy.run_path(sys.argv[1])\n"
        "except AssertionError: print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", runner, str(wrong), *map(str, files)],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("passed ") == len(files) and done.stdout.rstrip().endswith("refused")
