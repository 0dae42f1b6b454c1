"""One module a family of cures; its functions are marked with `cure`."""
