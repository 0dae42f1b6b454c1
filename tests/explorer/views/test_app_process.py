"""After a session of clicking the web process holds no Keras, and the process that forks workers only imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_session(*arguments: str) -> dict[str, Any]:
    script = Path(__file__).with_name("app_session.py")
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_whole_session_brings_no_keras_into_the_web_process_and_no_thread_into_the_template() -> None:
    found = run_session()
    assert found["wrong"] == []
    assert found["modules"] == []
    now, after_import = found["threads"]
    assert now == after_import > 0


def test_the_check_sees_keras_where_it_is() -> None:
    assert run_session("--plant")["modules"] == ["keras"]
