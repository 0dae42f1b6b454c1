"""A few layers in a row, run and traced as one layer."""
