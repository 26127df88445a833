"""The same small game, served in the ways that a club would use instead."""
