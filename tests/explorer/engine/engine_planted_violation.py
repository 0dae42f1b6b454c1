"""What no module may do: make a tensor at import. A test preloads this file to prove that it would be noticed."""

import tensorflow

TENSOR = tensorflow.constant(1.0) + 1.0
