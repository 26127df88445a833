"""Words: how things are said that many sentences need.

>>> count(1, "ship"), count(2, "ship")
('1 ship', '2 ships')
"""


def count(number, thing):
    """How many there are, for people."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
