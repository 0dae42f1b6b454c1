"""Healthy layers, one idea a file, each beside its derivation in NumPy. `corpus.py` finds them; nothing lists them."""
