"""What `pip install` gives: everything that the app needs, and no more, at work far from any checkout.

The wheel is installed into a new environment; what it depends on is lent to it by the Python that runs the tests.
"""

from __future__ import annotations

import email
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import serving
from packaging.requirements import Requirement
from screen import Screen, Server

from benchmarks.chromium import chromium

ROOT = Path(__file__).parents[1]
TIME_LIMIT = 180
LAYER = """
import keras

@keras.saving.register_keras_serializable("somebody")
class Twice(keras.layers.Layer):
    def call(self, x):
        return x * 2

class Unregistered(Twice):
    pass
"""
LIBRARY = """
import sys
from pathlib import Path
import explorer, layers
from explorer import Experiment, run
from explorer.testing import assert_healthy
from layers.linear import Linear
import numpy as np

for package in (explorer, layers):
    assert Path(sys.prefix) in Path(package.__file__).parents, package.__file__
trace = run(Experiment("center_zero", inputs=[{"kind": "constant", "shape": [10, 10], "value": 6}]))
assert assert_healthy(Linear(4), [np.ones((2, 3), "float32")]).healthy
assert not {"pytest", "_pytest"} & set(sys.modules)
print(trace.outputs[0].value.sum(), [weight.name for weight in trace.weights])
"""


@dataclass(frozen=True)
class Builder:
    """Builds with hatchling, in an environment where it is found."""

    environment: dict[str, str]

    def build(self, kind: str, source: Path, folder: Path) -> Path:
        """The sdist or wheel of a source tree, in a folder that holds nothing else."""
        command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)]
        done(command, source, self.environment)
        [built] = folder.iterdir()
        return built


@dataclass(frozen=True)
class Installed:
    """The package in an environment of its own.

    Attributes:
        bin: where its programs are.
        folder: where nothing of the project is.
        environment: the variables, with an empty home.
    """

    bin: Path
    folder: Path
    environment: dict[str, str]

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment there."""
        command = [str(self.bin / program), *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )


def done(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
    return ran.stdout


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    if importlib.util.find_spec("hatchling") is not None:
        return Builder(dict(os.environ))
    folder = tmp_path_factory.mktemp("hatchling")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "hatchling"]
    fetched = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    if fetched.returncode != 0:
        pytest.skip(
            f"NOT TESTED: THE INSTALLATION. hatchling is not installed and cannot be had: {fetched.stderr[-500:]}"
        )
    return Builder({**os.environ, "PYTHONPATH": str(folder)})


@pytest.fixture(scope="module")
def sdist(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return builder.build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return builder.build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    top = tmp_path_factory.mktemp("installed")
    venv.create(top / "env", symlinks=True)
    python = top / "env" / "bin" / "python"
    [packages] = (top / "env" / "lib").glob("python*/site-packages")
    (packages / "lent.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}))
    options = ["--quiet", "--no-deps", "--no-index", "--ignore-installed", "--disable-pip-version-check"]
    done([sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(wheel)], top)
    for name in ("home", "elsewhere"):
        (top / name).mkdir()
    (top / "elsewhere" / "somebodys.py").write_text(LAYER)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LAYER_EXPLORER"))}
    return Installed(python.parent, top / "elsewhere", {**kept, "HOME": str(top / "home")})


def in_git(*folders: str) -> set[str]:
    """The project's files: what git has, or would be given with everything else."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of files to compare with")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    return {name for name in done(command, ROOT).splitlines() if (ROOT / name).exists()}


def bundled() -> set[str]:
    """What make has made of npm's packages: not in git, but handed on where it is there."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / "explorer").glob("**/bundles/*.js")}


def record(wheel: Path) -> dict[str, str]:
    """The files of a wheel with their hashes."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        lines = archive.read(name).decode().splitlines()
    return {file: digest for file, digest, _ in (line.rsplit(",", 2) for line in lines)}


def test_the_wheel_holds_the_files_of_the_app_and_no_others(wheel: Path) -> None:
    served = {"explorer/served/app.py", "explorer/served/.streamlit/config.toml"}
    expected = in_git("explorer", "layers") | served | bundled()
    assert {name for name in record(wheel) if ".dist-info/" not in name} == expected
    assert 200_000 < wheel.stat().st_size < 3_000_000


def test_the_sdist_holds_the_whole_project_and_makes_the_same_wheel(
    builder: Builder, sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path / "source", filter="data")
    assert names == in_git() | {"PKG-INFO"} | bundled()
    [source] = (tmp_path / "source").iterdir()
    again = record(builder.build("wheel", source, tmp_path / "again"))
    assert again == record(wheel)


def test_it_depends_on_what_requirements_txt_says_but_for_pytest(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(name))
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    stated = {Requirement(line) for line in lines if line}
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    extra = [one for one in needed if one.marker and "extra" in str(one.marker)]
    assert {one for one in needed if one not in extra} == {one for one in stated if one.name != "pytest"}
    assert [one.name for one in extra] == ["jax", "anywidget", "pytest"]
    assert metadata.get_all("Provides-Extra") == ["jax", "notebook", "test"]


def test_the_command_examines_a_layer_of_somebodys(installed: Installed) -> None:
    healthy = installed.run("layer-explorer", "doctor", "somebodys.py:Twice", "--input", "2,3")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert healthy.stdout.startswith("Twice on float32 (2, 3)")
    by_module = installed.run("layer-explorer", "doctor", "somebodys:Unregistered", "--input", "2,3", "--strict")
    assert by_module.returncode == 1, by_module.stdout + by_module.stderr
    assert (
        "[registered, unregistered_class]" in by_module.stdout
        and f"{installed.folder}/somebodys.py:" in by_module.stdout
    )


def test_the_library_is_at_work(installed: Installed) -> None:
    ran = installed.run("python", "-c", LIBRARY)
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert ran.stdout.splitlines()[-1] == "576.0 ['mask']"


def test_settings_that_are_not_there_are_told(installed: Installed) -> None:
    ran = installed.run("layer-explorer", "run", "--settings", "absent.toml")
    assert ran.returncode == 2 and "absent.toml" in ran.stderr and "Traceback" not in ran.stderr


@pytest.fixture
def server(installed: Installed, tmp_path: Path) -> Iterator[Server]:
    """The app as `layer-explorer run` starts it, among files of somebody's that are not to be taken for its own."""
    (tmp_path / "layers.py").write_text("raise RuntimeError('not this one')")
    (tmp_path / "server.toml").write_text("[uploads]\nfile_mib = 3\n")
    log, port = tmp_path / "server.log", serving.free_port()
    command = [str(installed.bin / "layer-explorer"), "run", "--port", str(port), "--", "--server.baseUrlPath", "base"]
    with serving.started(command, log, installed.environment, tmp_path) as process:
        address = f"http://127.0.0.1:{port}/base"
        serving.wait_until_healthy(address, process, log)
        yield Server(address, process.pid, log)


def test_the_app_shows_center_zero(server: Server) -> None:
    with chromium() as browser:
        screen = Screen(browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page(), server)
        screen.open({"layer": "center_zero"}).painted()
        grid, mask, output = (screen.numbers(name) for name in ("input:0", "weight:mask", "output:0"))
        assert output.sum() == 576
        np.testing.assert_array_equal(output, grid * mask)
        app = screen.page.get_by_test_id("stApp")
        assert app.evaluate("app => getComputedStyle(app).color") == "rgb(28, 35, 48)"  # of .streamlit/config.toml
        assert not screen.errors
    log = server.log.read_text()
    assert f"Settings: {server.log.parent / 'server.toml'}" in log
    assert not re.search(r"\b(files|network|privileges): ", log), log  # the walls around workers stand here, too
