"""After a session of clicking, TensorFlow is in the engine's processes only, and the template has only imported."""

from __future__ import annotations

from processes import maps, template, threads, workers
from screen import Screen


def test_tensorflow_never_enters_the_web_process(screen: Screen) -> None:
    screen.go(screen.server.address)
    before = threads(template(screen.server.pid))
    for layer in ("linear", "keras.layers.LSTM", "attention"):
        screen.open({"layer": layer}).painted()
        for title in ("Numbers", "Weights", "Training step", "Source", "Script"):
            screen.tab(title)
        assert screen.problems() == []
    screen.type("shape_attention_0", "2, 3")
    assert screen.problems() != []
    assert "libtensorflow" in maps(workers(screen.server.pid)[0])
    assert "tensorflow" not in maps(screen.server.pid).lower()
    assert "pandas" not in maps(screen.server.pid), "Streamlit loads it for its tables, and for data in dictionaries"
    assert threads(template(screen.server.pid)) == before


def test_the_log_holds_no_failure(screen: Screen) -> None:
    screen.open().painted()
    log = screen.server.log.read_text()
    assert "Traceback" not in log and "Uncaught" not in log, log[-3000:]
