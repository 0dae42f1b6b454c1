"""That this file is here lets every test below import `catalogue_runs`."""
