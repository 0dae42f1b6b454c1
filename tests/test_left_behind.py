"""A test that leaves anything behind fails: a planted one of every kind does, and one that cleans up does not."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from explorer.project import ROOT

PLANTED = {
    "keras.src.layers.layer.Layer": "keras.layers.Layer.planted = 1",
    "keras.src.layers.core.dense.Dense": "keras.layers.Dense.call = lambda self, x: x",
    "registered custom objects": "keras.saving.get_custom_objects()['planted'] = keras.layers.Dense",
    "GLOBAL_CUSTOM_NAMES": "keras.saving.register_keras_serializable()(type('Planted', (), {'get_config': None}))",
    "Keras's global state": "keras.config.set_dtype_policy('mixed_float16')",
    "Keras's settings": "keras.config.set_floatx('float64')",
    "Keras's settings ": "keras.config.set_epsilon(0.5)",
    "Keras's settings  ": "keras.config.set_image_data_format('channels_first')",
    "TensorFlow's settings": "tf.config.run_functions_eagerly(True)",
    "NumPy's settings": "np.set_printoptions(precision=2)",
    "builtins": "import builtins; builtins.planted = 1",
    "environment": "os.environ['PLANTED'] = '1'",
    "working directory": "os.chdir('/usr')",
    "umask": "os.umask(0o111)",
    "signal handlers": "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "sys.path": "sys.path.append('/planted')",
    "recursion limit": "sys.setrecursionlimit(5000)",
    "hooks": "sys.excepthook = print",
    "temporary files": "tempfile.mkstemp(prefix='planted')",
    "child processes": "subprocess.Popen(['sleep', '30'])",
    "Python's threads": "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
}
"""What the message says, and what leaves it behind."""
RESTORED = """
    def test_random_numbers_and_names_start_over():
        random.random(), np.random.rand(), tf.random.set_seed(9), keras.utils.set_random_seed(9), keras.layers.Dense(1)

    def test_what_is_put_back(monkeypatch, tmp_path):
        monkeypatch.setenv("PLANTED", "1")
        monkeypatch.delenv("PATH")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(keras.layers.Dense, "call", None)
        with keras.saving.custom_object_scope({"planted": keras.layers.Dense}), tempfile.TemporaryFile():
            subprocess.run(["/bin/sleep", "0"], check=True)
        ended = threading.Thread(target=time.sleep, args=(0.5,))
        ended.start()
"""


def test_each_kind_of_planted_change_fails_the_test_that_leaves_it(tmp_path: Path) -> None:
    header = """
        import os, random, subprocess, sys, tempfile, threading, time
        import explorer.core, keras, numpy as np, tensorflow as tf
    """
    tests = [f"def test_planted_{number}():\n    {code}\n" for number, code in enumerate(PLANTED.values())]
    (tmp_path / "conftest.py").write_text(
        "from tests import left_behind\nfrom tests.conftest import *\nleft_behind.PATIENCE = 2"
    )
    file = tmp_path / "test_planted.py"
    file.write_text("\n\n".join((textwrap.dedent(header), *tests, textwrap.dedent(RESTORED))))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        tmp_path,
        "--basetemp",
        tmp_path / "base",
        "-o",
        f"pythonpath={ROOT}",
        file,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    summary = done.stdout.rpartition("short test summary")[0]
    for number, (what, code) in enumerate(PLANTED.items()):
        told = [line for line in summary.splitlines() if f"::test_planted_{number} left behind: " in line]
        assert len(told) == 1 and what.strip() in told[0], (code, told, done.stdout[-3000:])
    assert f"{len(PLANTED) + 2} passed, {len(PLANTED)} errors" in done.stdout, done.stdout[-3000:]
