"""The client's side of the engine: a queue of tasks, the workers they run on, and the replies."""
