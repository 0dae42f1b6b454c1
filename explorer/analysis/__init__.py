"""What is read off a finished trace: gates, loops, time steps, differences. NumPy only."""
