"""`python -m explorer doctor`: what it prints, and its three exit codes."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer import settings
from explorer.command import main, supervising
from explorer.command.examining import examined
from explorer.command.formats import FORMATS
from explorer.command.request import Request
from explorer.command.values import BadValue, arrays, as_code, construction
from explorer.core.doctor.registry import checks
from explorer.engine.codec import unpack
from explorer.model.cure import Cure, Search, Treatment
from explorer.model.fix import SourceLine
from explorer.model.report import Finding, Report
from explorer.model.trace import Message
from explorer.testing import assert_healthy

ROOT = Path(__file__).parents[2]
SOURCE = """
import keras, tensorflow as tf
from keras import ops

class Good(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

class Bad(Good):
    def build(self, input_shape):
        self.kernel = tf.Variable(tf.ones((input_shape[-1], self.units)))

@keras.saving.register_keras_serializable("somebody")
class Both(keras.layers.Layer):
    def call(self, inputs):
        return inputs["a"] + inputs["b"]

number = 3
"""
FOREIGN = """
import os, sys
import keras

print("on import")

@keras.saving.register_keras_serializable("foreign")
class Mine(keras.layers.Layer):
    def call(self, x):
        print("in call")
        os.write(1, b"to the descriptor")
        sys.__stdout__.write("to the stream beneath")
        return x * 2.0
"""
TEST = """
from explorer.testing import assert_healthy
from layers import Mine
import numpy
report = assert_healthy(Mine(), [numpy.ones((2, 3), "float32")])
import explorer, layers
assert layers.__file__.startswith(%r), layers.__file__
try:
    explorer.Experiment
except ImportError as error:
    assert "needs the catalogue" in str(error) and "layers.py" in str(error), error
else:
    raise AssertionError("the catalogue cannot be there")
"""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examination in this process, which has TensorFlow already: what is printed does not depend on where."""

    def examination(request: Request) -> Treatment:
        return unpack(Treatment, examined(request, lambda kind, value: None))

    monkeypatch.setattr(supervising, "examination", examination)


@pytest.fixture
def file(tmp_path: Path, registrations: None) -> str:
    """A file of somebody's; here it is imported in the tests' process, where it registers a class."""
    path = tmp_path / "layers_of_somebody.py"
    path.write_text(SOURCE)
    return str(path)


def test_params_are_the_code_that_makes_the_layer() -> None:
    written = as_code(
        "somewhere/own.py:Mine", ["units=4", "activation=relu", "inner=keras.layers.Dense(4)", "x=Part()"]
    )
    assert written == (
        "from own import Mine, Part",
        "Mine(units=4, activation='relu', inner=keras.layers.Dense(4), x=Part())",
    )


def test_a_healthy_layer_in_a_process_of_its_own(file: str) -> None:
    command = [sys.executable, "-m", "explorer", "doctor", f"{file}:Good", "--input", "2,10", "--params", "units=4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Good on float32 (2, 10)") and "passed" in done.stdout.splitlines()[-1]


def test_a_project_with_layers_of_its_own(tmp_path: Path) -> None:
    """Its names are its own: it has a `layers.py`, and for the command an `explorer`, too."""
    (tmp_path / "layers.py").write_text(FOREIGN)
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

    def ran(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    tested = ran("-c", TEST % str(tmp_path))
    assert tested.returncode == 0, tested.stderr[-2000:]
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "__init__.py").write_text("raise RuntimeError('not this one')")
    examined = ran(str(ROOT / "explorer"), "doctor", "layers.py:Mine", "--input", "2,3", "--format", "json")
    assert examined.returncode == 0, examined.stderr[-2000:]
    assert unpack(Report, json.loads(examined.stdout)).healthy
    for told in ("on import", "in call", "to the descriptor", "to the stream beneath"):
        assert told in examined.stderr, told


@pytest.mark.usefixtures("here")
def test_findings_are_told(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Bad", "--input", "2,10", "--params", "units=4"]) == 1
    printed = capsys.readouterr().out
    assert "Failed: All its state is tracked [tracked_state, untracked_weight]" in printed and "self.kernel" in printed
    line = 1 + SOURCE.splitlines().index("        self.kernel = tf.Variable(tf.ones((input_shape[-1], self.units)))")
    assert f"{file}:{line}" in printed


@pytest.mark.usefixtures("here")
def test_json_is_the_report(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Bad", "--input", "2,10", "--format", "json"]) == 1
    report = unpack(Report, json.loads(capsys.readouterr().out))
    assert report.layer == "Bad" and report.mistakes[0] == "untracked_weight"


@pytest.mark.usefixtures("here")
def test_annotations_name_the_line_and_escape_what_ends_them(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(file).parent)
    assert main(["doctor", f"{file}:Bad", "--input", "2,10", "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if "[tracked_state]" in line)
    number = 1 + SOURCE.splitlines().index("        self.kernel = tf.Variable(tf.ones((input_shape[-1], self.units)))")
    assert first.startswith(f"::error file=layers_of_somebody.py,line={number},title=Bad%3A All its state is tracked")
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) and line.count("::") == 2 for line in lines)
    evil = Message("{text}", {"text": "100%\n::error::,:"})
    finding = Finding("a", "advice", *5 * [evil], place=SourceLine("a,b:c.py", 1, ""))
    assert FORMATS["github"](Report("L", (), (finding,))) == (
        "::warning file=a%2Cb%3Ac.py,line=1,title=L%3A 100%25%0A%3A%3Aerror%3A%3A%2C%3A [a]"
        "::100%25%0A::error::,:. 100%25%0A::error::,: 100%25%0A::error::,:"
    )


@pytest.mark.usefixtures("here")
def test_sarif_has_a_rule_a_line_and_a_suppression(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(file).parent)
    examined = ["doctor", f"{file}:Bad", "--input", "2,10", "--format", "sarif"]
    assert main(examined) == 1
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0" and run["invocations"] == [
        {"executionSuccessful": True, "toolExecutionNotifications": []}
    ]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    results = {result["ruleId"]: result for result in run["results"]}
    assert results and results.keys() <= rules and rules == {check.id for check in checks()}
    found = results["tracked_state"]
    place = found["locations"][0]["physicalLocation"]
    assert found["level"] == "error" and place["artifactLocation"] == {"uri": "layers_of_somebody.py"}
    assert SOURCE.splitlines()[place["region"]["startLine"] - 1].strip() == place["region"]["snippet"]["text"]
    assert "suppressions" not in found
    Path(file).write_text("\n\n" + SOURCE)
    main([*examined, "--ignore", "tracked_state"])
    again = next(
        one for one in json.loads(capsys.readouterr().out)["runs"][0]["results"] if one["ruleId"] == "tracked_state"
    )
    assert again["suppressions"] == [{"kind": "external"}]
    assert again["partialFingerprints"] == found["partialFingerprints"]
    assert again["locations"][0]["physicalLocation"]["region"]["startLine"] == place["region"]["startLine"] + 2


@pytest.mark.usefixtures("here")
def test_checks_are_selected_and_ignored_by_their_ids(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    bad = ["doctor", f"{file}:Bad", "--input", "2,10"]
    assert main([*bad, "--select", "returns_tensors"]) == 0
    assert main([*bad, "--select", "tracked_state"]) == 1
    assert main([*bad, "--select", "tracked_state", "--ignore", "tracked_state", "--all"]) == 0
    assert "Ignored: All its state is tracked" in capsys.readouterr().out
    assert main([*bad, "--ignore", "traked_state"]) == 2
    assert "Received: traked_state" in (told := capsys.readouterr().err) and "tracked_state" in told


@pytest.mark.usefixtures("here")
def test_a_seed_gives_other_numbers_and_the_same_ones_again(file: str) -> None:
    (usual,), (other,), (again,) = (arrays(["2,3"], seed)[0] for seed in (0, 5, 5))
    np.testing.assert_array_equal(other, again)
    assert not np.array_equal(usual, other)
    assert main(["doctor", f"{file}:Good", "--input", "2,10", "--seed", "5"]) == 0


@pytest.mark.usefixtures("here")
def test_everything_and_strict(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Good", "--input", "2,10", "--all", "--strict"]) == 1
    printed = capsys.readouterr().out
    assert "[registered, unregistered_class]" in printed and "Passed: Its output has the declared shape." in printed


@pytest.mark.usefixtures("here")
def test_a_module_and_several_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "keras.layers:Add", "--input", "2,3", "--input", "2,3", "--list"]) == 0
    assert main(["doctor", "layers.linear:Linear", "--input", "2,3", "--params", "units=2", "use_bias=False"]) == 0
    assert (
        main(["doctor", "keras.layers:Embedding", "--input", "2,5:int32", "--params", "input_dim=10", "output_dim=3"])
        == 0
    )
    assert capsys.readouterr().out.count(" in ") >= 3


@pytest.mark.parametrize(
    ("layer", "arguments", "told"),
    [
        ("{file}:Nothing", [], "has no Nothing. Layers in it: Good, Bad"),
        ("{file}:number", [], "is not a class: int"),
        ("nowhere.py:X", [], "There is no file nowhere.py"),
        ("no.such.module:X", [], "Importing no.such.module failed"),
        ("Linear", [], "Expected path/to/file.py:ClassName"),
        ("{file}:Good", ["--params", "units"], "Expected NAME=VALUE"),
        ("{file}:Good", ["--input", "2,x"], "Expected a shape"),
        ("{file}:Good", ["--input", "2,2:string"], "Expected a shape"),
        ("{file}:Good", ["--input", "100000,100000"], "Received: 10,000,000,000"),
        ("{file}:Good", ["--params", "units=Nothing(3)"], "received Nothing"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_cannot_be_examined(
    file: str, layer: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", layer.format(file=file), "--input", "2,3", *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_check_that_broke_is_no_clean_bill(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    from explorer.core.doctor import registry

    def breaks(patient: object) -> registry.Verdict:
        raise OSError("no")

    text = Message("-")
    planted = registry.Check("breaks", text, text, text, text, breaks, (), stage=0)
    registry.CHECKS.add("breaks", planted)
    registry.checks.cache_clear()
    assert main(["doctor", f"{file}:Good", "--input", "2,3"]) == 2
    assert "The check broke" in capsys.readouterr().out
    registry.CHECKS.remove("breaks")
    registry.checks.cache_clear()


def test_values() -> None:
    made = construction(dict, ["units=4", "name=x", "shape=(2, 3)", "on=True", "text=a.b", "odd=f(", "n=-1.5"], None)()
    assert made == {"units": 4, "name": "x", "shape": (2, 3), "on": True, "text": "a.b", "odd": "f(", "n": -1.5}
    unnamed, named = arrays(["2,3", "(4,)", "2,2:int64", "3:bool", "2:float64", "query=2,5", "ids=3:int32"])
    assert [(a.shape, a.dtype.name) for a in unnamed] == [
        ((2, 3), "float32"),
        ((4,), "float32"),
        ((2, 2), "int64"),
        ((3,), "bool"),
        ((2,), "float64"),
    ]
    assert {name: (a.shape, a.dtype.name) for name, a in named.items()} == {
        "query": ((2, 5), "float32"),
        "ids": ((3,), "int32"),
    }
    for wrong in (["=2,3"], ["a=2", "a=3"], ["a b=2"], ["-2,3"]):
        with pytest.raises(BadValue):
            arrays(wrong)


def test_a_layer_as_an_argument_is_made_anew_for_each_layer() -> None:
    import keras

    text = "layers=[keras.layers.Dense(4, activation='relu'), Mine(0.5)]"
    make = construction(dict, [text], SimpleNamespace(Mine=keras.layers.Dropout))
    first, second = make()["layers"], make()["layers"]
    assert [type(one).__name__ for one in first] == ["Dense", "Dropout"] and first[0].activation.__name__ == "relu"
    assert all(one is not other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "value",
    [
        "__import__('os').getcwd()",
        "keras.__dict__.get('x')",
        "keras.layers.Nothing(4)",
        "(lambda: 3)()",
        "keras.layers.Dense(unknown(3))",
        "keras.layers.Dense(**{'units': 3})",
        "keras.layers.Dense()",
        "open('/etc/passwd')",
        "[f() for f in ()]",
        "keras.layers.Dense(4).call.__globals__.get('os')",
    ],
)
def test_only_calls_of_keras_and_of_the_file_are_made(value: str) -> None:
    import keras

    with pytest.raises(BadValue, match="--params layer="):
        construction(dict, [f"layer={value}"], keras.layers)


@pytest.mark.usefixtures("here")
def test_inputs_by_name_and_in_a_dictionary(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    attention = ["keras.layers:MultiHeadAttention", "--input", "query=2,5,8", "--input", "value=2,7,8"]
    assert main(["doctor", *attention, "--params", "num_heads=2", "key_dim=4"]) == 0
    both = [f"{file}:Both", "--input", "a=2,3", "--input", "b=2,3", "--dict"]
    assert main(["doctor", *both]) == 0
    assert "Both on float32 (2, 3), float32 (2, 3)" in capsys.readouterr().out
    assert main(["doctor", f"{file}:Both", "--input", "2,3", "--dict"]) == 2
    wrapper = ["keras.layers:TimeDistributed", "--input", "2,5,3", "--params", "layer=keras.layers.Dense(4)"]
    assert main(["doctor", *wrapper]) == 0


def test_assert_healthy() -> None:
    import keras

    x = np.ones((2, 3), "float32")
    assert assert_healthy(keras.layers.Dense(2), [x]).healthy

    class Liar(keras.layers.Layer):
        def call(self, inputs: object) -> object:
            return keras.ops.argmax(inputs, axis=-1)

        def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return input_shape[:-1]

    with pytest.raises(AssertionError, match=r"Declared: float32\. Real: int32"):
        assert_healthy(Liar(), [x])


def test_run_becomes_streamlit_with_the_settings_and_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "other.toml"
    file.write_text("")
    monkeypatch.setenv(settings.VARIABLE, "")
    monkeypatch.chdir(tmp_path)
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.extend(command))
    main(["run", "--port", "8600", "--settings", "other.toml", "--", "--server.baseUrlPath", "base"])
    assert became[1:6] == ["-P", "-m", "streamlit", "run", str(ROOT / "app.py")]
    assert became[6:] == ["--server.port", "8600", "--server.baseUrlPath", "base"]
    assert os.environ[settings.VARIABLE] == str(file)


@pytest.mark.parametrize("trusting", [False, True])
def test_own_code_is_trusted_by_the_flag_alone(trusting: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment had said before counts for nothing."""
    monkeypatch.setenv(settings.TRUST_VARIABLE, "1")
    monkeypatch.setenv(settings.VARIABLE, "")
    told: list[str | None] = []
    monkeypatch.setattr(os, "execv", lambda *_: told.append(os.environ.get(settings.TRUST_VARIABLE)))
    main(["run", "--trust-own-code"] if trusting else ["run"])
    assert told == ["1" if trusting else None]


def test_watch_becomes_streamlit_on_loopback_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.py"
    file.write_text("")
    for name in (settings.VARIABLE, settings.WATCH_VARIABLE, settings.TRUST_VARIABLE):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.extend(command))
    main(["watch", "mine.py"])
    assert became[6:] == ["--server.address", "127.0.0.1"]
    assert os.environ[settings.WATCH_VARIABLE] == str(file) and settings.TRUST_VARIABLE not in os.environ
    main(["run"])
    assert settings.WATCH_VARIABLE not in os.environ


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_watch_refuses_other_addresses(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("It was started."))
    (tmp_path / "mine.py").write_text("")
    assert main(["watch", str(tmp_path / "mine.py"), "--address", address]) == 2
    assert "an address of this computer only" in capsys.readouterr().err
    assert main(["watch", str(tmp_path / "other.py")]) == 2
    assert "which is none" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ --fix
ILL = """# Somebody's file
import keras, tensorflow as tf
from keras import ops


class Other(keras.layers.Layer):
    def call(self, x):
        return tf.nn.relu(x)


class Ill(keras.layers.Layer):   # 주석
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return self.factor*tf.nn.relu(x)

    def get_config(self):
        return super().get_config()   # it forgets one
"""


@pytest.fixture
def ill(tmp_path: Path, registrations: None) -> Path:
    path = tmp_path / "ill_layers_of_somebody.py"
    path.write_text(ILL, encoding="utf-8")
    return path


def test_fix_writes_proven_cures_into_the_file_and_a_second_run_changes_nothing(
    here: None, ill: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["doctor", f"{ill}:Ill", "--input", "2,3"]
    assert main(asked) == 1
    assert "doctor --fix runs changes of the file" in capsys.readouterr().out and ill.read_text("utf-8") == ILL
    assert main([*asked, "--fix"]) == 0
    cured, out = ill.read_text(encoding="utf-8"), capsys.readouterr().out
    changed = [line for line in difflib.ndiff(ILL.split("\n"), cured.split("\n")) if line[:1] in "+-"]
    assert changed == [
        '+ @keras.saving.register_keras_serializable("my_package")',
        "-         return self.factor*tf.nn.relu(x)",
        "+         return self.factor*ops.relu(x)",
        "-         return super().get_config()   # it forgets one",
        '+         return {**super().get_config(), "factor": self.factor}   # it forgets one',
    ]
    for line in changed:
        assert f"\n{line[0]}{line[2:]}\n" in out
    assert out.count("offered") == 3 and "0 failed" not in out and "passed" in out
    assert main([*asked, "--fix"]) == 0
    assert ill.read_text(encoding="utf-8") == cured
    assert "Nothing was found that a change of the file could cure." in capsys.readouterr().out


def test_fix_keeps_the_line_ends_of_the_file_and_the_report_stays_readable(
    here: None, ill: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ill.write_bytes(b"\xef\xbb\xbf" + ILL.replace("\n", "\r\n").encode())
    assert main(["doctor", f"{ill}:Ill", "--input", "2,3", "--fix", "--select", "backends", "--format", "json"]) == 0
    text = ill.read_bytes().decode()
    assert (
        text.startswith("\ufeff#") and "self.factor*ops.relu(x)" in text and text.count("\n") == text.count("\r\n") > 10
    )
    printed = capsys.readouterr()
    assert unpack(Report, json.loads(printed.out)).healthy and "offered" in printed.err


def test_fix_in_a_process_of_its_own_leaves_what_nothing_cures(tmp_path: Path) -> None:
    path = tmp_path / "idle.py"
    text = 'import keras\n\n\n@keras.saving.register_keras_serializable("idle")\nclass Idle(keras.layers.Layer):\n'
    text += "    def call(self, x):\n        return keras.ops.log(x - x - 1.0)\n"
    path.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "explorer", "doctor", f"{path}:Idle", "--input", "2,3", "--fix", "--strict"],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1, done.stderr[-2000:]
    assert path.read_text() == text and "+++" not in done.stdout
    assert "refused: The output does not follow the inputs any more." in done.stdout


def test_what_fix_cannot_change_is_refused(
    here: None, ill: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "keras.layers:ReLU", "--input", "2,3", "--fix"]) == 2
    assert "path/to/file.py:ClassName" in capsys.readouterr().err
    importing = ill.parent / "importing_from_somebody.py"
    importing.write_text(f"from {ill.stem} import Ill\n")
    assert main(["doctor", f"{importing}:Ill", "--input", "2,3", "--fix"]) == 2
    assert "the file that defines the class" in capsys.readouterr().err

    def examination(request: Request) -> Treatment:
        treatment = unpack(Treatment, examined(request, lambda kind, value: None))
        ill.write_text("# written meanwhile")
        return treatment

    monkeypatch.setattr(supervising, "examination", examination)
    assert main(["doctor", f"{ill}:Ill", "--input", "2,3", "--fix"]) == 2
    assert "changed meanwhile" in capsys.readouterr().err and ill.read_text() == "# written meanwhile"


@pytest.mark.parametrize("option", ["--tests", "--fix"])
def test_a_file_that_cannot_be_written_is_no_finding(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(ILL, "utf-8")
    cure = Cure(Message("-"), (), "cured")
    searches = (Search("call", Message("-"), (), cure),) if option == "--fix" else ()
    treatment = Treatment(Report("Ill", (), ()), "cured", searches)
    monkeypatch.setattr(supervising, "examination", lambda request: treatment)
    monkeypatch.setattr("explorer.command.doctor.treated", lambda *_: "")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_text", refused)
    more = [option, str(tmp_path / "test_mine.py")] if option == "--tests" else [option]
    assert main(["doctor", f"{file}:Ill", "--input", "2,3", *more]) == 2
    assert "cannot be written: [Errno 13] Permission denied" in capsys.readouterr().err
