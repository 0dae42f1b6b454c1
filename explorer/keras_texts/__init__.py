"""What the classes and arguments of Keras's own layers mean, in our words. Imports no Keras."""
