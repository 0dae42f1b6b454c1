"""Texts in the reader's language: English in the source, Korean in `ko.po`."""
