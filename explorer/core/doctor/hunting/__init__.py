"""The counterexample hunter: chosen inputs, a property that they must not break, and the smallest that break it."""
