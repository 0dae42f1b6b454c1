"""What is asked: the Experiment, the Look, the link that holds both, and the recipes that inputs are made from.

An Experiment says everything that a number on the screen depends on; a Look says what the reader looks at.
"""

from explorer.experiment.experiment import MAX_FOLLOWING, STEP_FIELDS, Edit, Experiment, Following
from explorer.experiment.link import from_query, to_query
from explorer.experiment.look import Look

__all__ = ["MAX_FOLLOWING", "STEP_FIELDS", "Edit", "Experiment", "Following", "Look", "from_query", "to_query"]
