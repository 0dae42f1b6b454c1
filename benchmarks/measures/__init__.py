"""The measures. A file here registers one with `measure`; it is found, not listed."""
