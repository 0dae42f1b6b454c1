"""The values that cross every border: traces, problems, reports, explanations. They import only each other."""
