"""What a number depends on and what depends on it: gradients, perturbation, and the way downstream."""
