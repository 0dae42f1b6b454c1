"""The checks, a theme a file. To add one, write a function with `@check` in any module here; nothing lists them."""
