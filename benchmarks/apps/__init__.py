"""Small apps and jobs that the figures are measured against."""
