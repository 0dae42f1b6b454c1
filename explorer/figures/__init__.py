"""Arrays -> Plotly figures, for distributions and for pictures that people take away."""
