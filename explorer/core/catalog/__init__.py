"""Which layers there are: a card for each public layer of the installed Keras, derived from what Keras says."""
