"""How messages travel between processes: their form in bytes, and the channels."""
