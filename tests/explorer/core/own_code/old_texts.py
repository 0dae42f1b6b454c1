"""Old code: with the same calls and mistakes as the class blocks of the five documents, and as learners paste it."""

from __future__ import annotations

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
