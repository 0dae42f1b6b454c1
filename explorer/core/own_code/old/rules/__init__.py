"""The rules: every function in a module of this package that is decorated with `rule`."""
