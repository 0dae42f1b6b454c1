"""stub"""
from dataclasses import dataclass
from explorer.model.trace import Message
@dataclass(frozen=True)
class Start:
    title: Message
    code: str
def starts():
    return {"template": Start(Message("A layer with one weight"), '''import keras


class Scale(keras.layers.Layer):
    """Multiplies each feature by a number that it learns."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.units), initializer="glorot_uniform"
        )

    def call(self, inputs):
        projected = keras.ops.matmul(inputs, self.kernel)
        print("mean", float(keras.ops.mean(projected)))
        return keras.ops.softmax(projected)
'''), "wrong": Start(Message("Wrong"), "import keras\n\nclass Bad(keras.layers.Layer):\n    def call(self, x):\n        y = x @ x\n        return y\n")}
