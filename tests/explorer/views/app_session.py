"""A whole session in a process of its own; prints what the process holds afterwards, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]

from app_probe import failures, picture, visit  # noqa: E402  (found by the line above)

from explorer.engine.pool.client import engine  # noqa: E402


def session() -> list[str]:
    """Click through the app; gives what went wrong."""
    wrong = failures(visit("gallery"))
    for panel in ("about", "numbers", "weights", "training", "source", "script"):
        app = visit(layer="keras.layers.Dense", panel=panel)
        wrong += failures(app)
    for units in (1, 8, 3):
        app.number_input(key="p_keras.layers.Dense_units").set_value(units).run()
        wrong += failures(app)
        assert picture(app)["output:0"].shape == (2, units)
    refused = app.text_input(key="shape_keras.layers.Dense_0").set_value("").run()
    wrong += [] if failures(refused) else ["a layer that needs two axes took a scalar"]
    return wrong + failures(visit("then-and-now"))


if __name__ == "__main__":
    wrong = session()
    threads = engine().threads(10)
    if "--plant" in sys.argv:
        sys.modules["keras"] = sys
    modules = sorted({"keras", "tensorflow", "jax", "torch"} & set(sys.modules))
    print(json.dumps({"wrong": wrong, "modules": modules, "threads": list(threads)}))
    engine().close()
