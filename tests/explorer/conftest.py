"""Quiet TensorFlow. That this file is here also lets every test below import `catalogue_runs`."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
