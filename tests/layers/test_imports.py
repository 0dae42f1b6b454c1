"""The catalogue needs no Keras, and no layer file makes a tensor when it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import layers
from tests.layers.support import layer_files

ROOT = Path(layers.__file__).parent.parent


def run(code: str, folder: Path = ROOT) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


CATALOGUE = """
import sys
import layers
cards = layers.catalogue()
texts = [text for card in cards.values() for text in card.texts()]
print(len(cards), len(texts) > 100, sorted({"keras", "tensorflow", "numpy"} & set(sys.modules)))
"""


def test_reading_the_catalogue_imports_neither_keras_nor_numpy() -> None:
    assert run(CATALOGUE) == f"{len(layers.catalogue())} True []"


def test_stock_cards_and_their_derivations_need_no_keras() -> None:
    stock = [name for name, _ in layer_files() if name.startswith("layers.stock")]
    assert len(stock) > 5
    assert run(f"import sys, {', '.join(stock)}\nprint({{'keras', 'tensorflow'}} & set(sys.modules))") == "set()"


THREADS = """
import importlib, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, tensorflow
def threads():
    return len(os.listdir("/proc/self/task"))
before = threads()
for name in {names!r}:
    importlib.import_module(name)
print(threads() - before)
"""


def test_importing_every_layer_starts_no_thread() -> None:
    names = [name for name, _ in layer_files()]
    assert run(THREADS.format(names=names)) == "0"


def test_the_thread_count_shows_a_tensor_made_at_import(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text("import tensorflow\nHALF = tensorflow.constant(0.5)\n")
    assert int(run(THREADS.format(names=["careless"]), tmp_path)) > 0
