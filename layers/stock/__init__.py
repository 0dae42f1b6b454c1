"""Cards of Keras's own layers, with their NumPy derivations. No file here imports Keras."""
