"""What a layer goes through, and every call that can be made on it, run for real."""
