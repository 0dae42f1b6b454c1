"""The operations that a call ran, recorded so that a browser can run them again: see `explorer.model.tape`."""
