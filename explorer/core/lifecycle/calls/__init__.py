"""The calls that can be run on a layer, one small function each, discovered by their decorator.

A function's body is what is shown and what is run: its text is taken from the source, `*inputs` and `*symbols` in it
become the layer's own inputs, and nothing that a reader typed is ever part of it.
"""
