"""An experiment as something to take away: a program that needs Keras and NumPy only, and a file."""
