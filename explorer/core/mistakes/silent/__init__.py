"""One module a family of mistakes that raise nothing; its functions are marked with `silent`."""
