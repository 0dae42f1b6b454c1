"""The processes that have Keras: the template that imports it, the workers forked from it, and their limits."""
