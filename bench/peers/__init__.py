"""A small game like Mocean, served in the ways that a club would use instead."""
