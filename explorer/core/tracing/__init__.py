"""Run a layer's own code so that every sub-expression reports the tensor it made, and change no number."""
