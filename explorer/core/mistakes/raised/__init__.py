"""One module a family of errors that Keras or TensorFlow raise; its functions are marked with `raised`."""
