"""Old code is recognised, and after the changes that are offered it runs as its modern form does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from asking import asked, experiment
from keras import ops

from explorer.core.own_code import findings
from explorer.core.own_code.old import fixes
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.code_fixes import apply_fixes
from explorer.model.fix import Fix
from explorer.model.problem import Problem
from explorer.model.trace import Message

ROUNDS = 2
DOCUMENTS = {
    "pooling with a backend that is gone": """class Pool(Layer):
\tdef __init__(self, **kwargs):
\t\tsuper(Pool, self).__init__(**kwargs)

\tdef build(self, input_shape):
\t\tsuper(Pool, self).build()

\tdef call(x):
\t\treturn K.pool2d(x, (2, 2), strides=(2, 2), border_mode='valid', dim_ordering='default', pool_mode='max')

\tdef get_output_shape_for(self, input_shape):
\t\treturn (input_shape[0]/2, input_shape[1]/2)
""",
    "methods at the left edge": """from tensorflow.keras.layers import Layer

class Dense2(Layer):
def __init__(self, units=32, input_dim=32):
  super(Dense2, self).__init__()
  draw = tf.random_normal_initializer()
  self.w = tf.Variable(initial_value=draw(shape=(input_dim, units),
                                          dtype='float32'),
                       trainable=True)

def call(self, inputs):
  return tf.matmul(inputs, self.w)

print(Dense2(4, 2)(tf.ones((2, 2))))
""",
    "an alias taken for a package": """import tensorflow as tf
from tf.keras.layers import Layer
import numpy as np

class hole(Layer):
  def __init__(self, units, input_dim):
    super(hole, self).__init__()
    ones = np.ones(shape=(input_dim, units), dtype='float32')
    ones[4:6, 4:6] = 0
    ones = tf.convert_to_tensor(ones)
    self.kernel = tf.Variable(initial_value=ones, trainable=False)
  def call(self, input):
    return input*self.kernel
""",
    "a product of the backend": """from keras import backend as K
from keras.layers import Layer

class Product(Layer):

  def __init__(self, output_dim, **kwargs):
    self.output_dim = output_dim
    super(Product, self).__init__(**kwargs)

  def build(self, input_shape):
    self.kernel = self.add_weight(name='kernel',
                                  shape=(input_shape[1], self.output_dim),
                                  initializer='uniform',
                                  trainable=True)
    super(Product, self).build(input_shape)

  def call(self, x):
    return K.dot(x, self.kernel)

  def compute_output_shape(self, input_shape):
    return (input_shape[0], self.output_dim)
""",
    "lists of inputs and outputs": """from keras import backend as K
from keras.layers import Layer

class Two(Layer):
    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super(Two, self).__init__(**kwargs)

    def build(self, input_shape):
        assert isinstance(input_shape, list)
        self.kernel = self.add_weight(name='kernel',
                                      shape=(input_shape[0][1], self.output_dim),
                                      initializer='uniform',
                                      trainable=True)
        super(Two, self).build(input_shape)

    def call(self, x):
        assert isinstance(x, list)
        a, b = x
        return [K.dot(a, self.kernel) + b, K.mean(b, axis=-1)]

    def compute_output_shape(self, input_shape):
        assert isinstance(input_shape, list)
        one, other = input_shape
        return [(one[0], self.output_dim), other[:-1]]
""",
    "a template with gaps": """class Name(keras.layers.Layer): # a layer
    def __init__(self, ...):
        super(Name, self).__init__()
        # weights

    def call(self, inputs):
        # what happens

        return
""",
    "variables of tensorflow": """class Rows(keras.layers.Layer):
    def __init__(self, units=32, input_dim=32):
        super(Rows, self).__init__()
        draw = tf.random_normal_initializer()
        self.w = tf.Variable(
            initial_value=draw(shape=(input_dim, units), dtype="float32"),
            trainable=True,
        )

    def call(self, inputs):
        return tf.matmul(inputs, self.w)
""",
    "attention without imports": """class heed(Layer):
    def __init__(self,**kwargs):
        super(heed,self).__init__(**kwargs)

    def build(self,input_shape):
        self.W=self.add_weight(name='weight', shape=(input_shape[-1],1),
                               initializer='random_normal', trainable=True)
        self.b=self.add_weight(name='bias', shape=(input_shape[1],1),
                               initializer='zeros', trainable=True)
        super(heed, self).build(input_shape)

    def call(self,x):
        e = K.tanh(K.dot(x,self.W)+self.b)
        e = K.squeeze(e, axis=-1)
        alpha = K.softmax(e)
        alpha = K.expand_dims(alpha, axis=-1)
        return K.sum(x * alpha, axis=1)
""",
}
"""The documents' classes, written anew with the same calls, order and mistakes."""
PASTED = {
    "Keras 1": """from keras.engine.topology import Layer
from keras.layers.core import Dense
import keras.backend as K
class A(Layer):
    def __init__(self, output_dim):
        self.inner = Dense(output_dim=output_dim, init="uniform")
        super(A, self).__init__()
    def call(self, x, mask=None):
        print "called"
        return K.in_train_phase(self.inner(x), K.batch_flatten(self.inner(x)), training=True)
""",
    "weights by hand": """import keras
from keras import backend as K
class A(keras.layers.Layer):
    def build(self, input_shape):
        self.W = self.add_weight('w', (int(input_shape[-1] / 2), 3), initializer='ones')
        self.trainable_weights = [self.W]
    def call(self, x):
        half = K.int_shape(x)[-1] // 2
        return K.dot(x[:, :half], self.W) + K.zeros((3,))
""",
    "a product of batches": """from tensorflow.keras import backend as K
from tensorflow.keras.layers import Layer
class A(Layer):
    def call(self, inputs):
        q, k = inputs
        scores = K.batch_dot(q, k, axes=[2, 2])
        return K.batch_dot(K.softmax(scores), K.permute_dimensions(k, (0, 1, 2)))
""",
    "no parent's constructor": """import keras
class A(keras.layers.Layer):
    def __init__(self, factor=2.0):
        self.factor = factor
    def call(self, x):
        return x * self.factor
""",
}


def mended(code: str) -> str:
    for _ in range(ROUNDS):
        code = apply_fixes(code, fixes(code))
    return code


@pytest.mark.parametrize("name", [*DOCUMENTS, *PASTED])
def test_after_the_offered_changes_old_code_runs(name: str) -> None:
    code = {**DOCUMENTS, **PASTED}[name]
    assert findings(code)
    new = mended(code)
    meta, _ = asked("run", experiment=experiment(new))
    assert meta["trace"]["layer"]
    assert not [finding for finding in findings(new) if finding.severity == "error"]
    found = run(Experiment.from_json(experiment(new)))
    assert found.outputs and all(weight.trainable is not None for weight in found.weights)


def test_the_changes_are_needed() -> None:
    for name in ("pooling with a backend that is gone", "methods at the left edge", "attention without imports"):
        with pytest.raises(Problem) as problem:
            asked("open_code", experiment={"code": DOCUMENTS[name]})
        assert problem.value.fixes


def test_what_was_untracked_is_a_weight_afterwards() -> None:
    trace = run(Experiment.from_json(experiment(mended(DOCUMENTS["variables of tensorflow"]))))
    assert [weight.value.shape for weight in trace.weights] == [(32, 32)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K.concatenate([x, x])", lambda x: ops.concatenate([x, x], axis=-1)),
        ("K.argmax(x)", lambda x: ops.argmax(x, axis=-1)),
        ("K.cumsum(x)", lambda x: ops.cumsum(x, axis=0)),
        ("K.repeat(x, 3)", lambda x: ops.repeat(x[:, None], 3, 1)),
        ("K.repeat_elements(x, 2, axis=1)", lambda x: ops.repeat(x, 2, axis=1)),
        ("K.gather(x, [1, 0])", lambda x: ops.take(x, [1, 0], axis=0)),
        ("K.permute_dimensions(x, (1, 0))", ops.transpose),
        ("K.pow(K.abs(x), 2)", ops.square),
        ("K.flatten(x)", lambda x: ops.reshape(x, (-1,))),
        ("K.bias_add(x, K.ones((6,)))", lambda x: x + 1),
        ("K.l2_normalize(x, axis=-1)", lambda x: ops.normalize(x, axis=-1)),
        ("K.cast(K.greater(x, 0), K.floatx())", lambda x: ops.cast(x > 0, "float32")),
        ("K.expand_dims(K.mean(K.square(x), axis=1), 0)", lambda x: ops.mean(ops.square(x), axis=1)[None]),
        ("K.switch(K.greater(x, 0), x, K.zeros_like(x))", ops.relu),
        ("x * K.ndim(x)", lambda x: x * 2),
    ],
)
def test_each_function_of_the_backend_means_today_what_it_meant(old: str, new) -> None:
    head = "from keras import backend as K\nfrom keras.layers import Layer\n"
    code = mended(f"{head}class A(Layer):\n    def call(self, x):\n        return {old}\n")
    (given,), (out,) = (run(Experiment("own.A", code=code)).inputs, run(Experiment("own.A", code=code)).outputs)
    wanted = new(keras.ops.convert_to_tensor(given.value))
    np.testing.assert_allclose(out.value, keras.ops.convert_to_numpy(wanted), rtol=1e-5)


def test_healthy_code_has_no_findings() -> None:
    from learners import LEARNERS

    severities = {finding.severity for code in LEARNERS.values() for finding in findings(code)}
    assert severities <= {"advice"}


def test_changes_are_applied_where_the_text_has_moved_and_left_out_where_it_is_gone() -> None:
    fix = Fix(Message("x"), "b = 1", "b = 2\nc = 3", 2)
    assert apply_fixes("if a:\n    b = 1", [fix]) == "if a:\n    b = 2\n    c = 3"
    assert apply_fixes("# new\nif a:\n    b = 1", [fix]) == "# new\nif a:\n    b = 2\n    c = 3"
    assert apply_fixes("b = 5", [fix]) == "b = 5"
    assert apply_fixes("a\r\nb = 1", [fix, fix]) == "a\nb = 2\nc = 3"
    assert apply_fixes("a\nb = 1\n", [Fix(Message("x"), "b = 1", "", 2)]) == "a\n"
    assert apply_fixes("a", [Fix(Message("in words"))]) == "a"
