"""The controls beside the picture: parameters, inputs, and how the layer is called."""
