"""How changes are noticed: a tracked object notes its id in a set whenever it may have changed.

So the logbook writes just what has changed, and whoever writes a route need not think of it.
"""

from dataclasses import MISSING

PLAIN = (bool, int, float, str, tuple, type(None))  # values that can be replaced, but never changed in place


class Tracked:
    """An object with an `id`, which it notes in the set `changes`. All its other attributes are in `vars` of it.

    A plain value changes when it is set. A list, a dict or a set can be changed by anyone who gets hold of it, so
    handing it out counts as a change, too.
    """

    __slots__ = ("changes",)  # no attribute like the others: it isn't in vars

    def __new__(cls, *_, **__):
        tracked = super().__new__(cls)
        object.__setattr__(tracked, "changes", set())
        return tracked

    def track(self, changes):
        """From now on, note changes in this set. That the object exists is the first one."""
        object.__setattr__(self, "changes", changes)
        self.note_change()

    def note_change(self):
        self.changes.add(vars(self).get("id"))

    def change(self, **values):
        """Set several attributes at once, to plain values."""
        vars(self).update(values)
        self.note_change()

    def __setattr__(self, name, value):
        kind = type(self)
        if not isinstance(value, PLAIN) and not isinstance(vars(kind).get(name), Container):
            setattr(kind, name, Container(name, default=vars(kind).get(name, MISSING)))
        self.change(**{name: value})

    def __delattr__(self, name):
        del vars(self)[name]
        self.note_change()


class Container:
    """An attribute that can be changed in place. Python asks it instead of the object: it is a "descriptor"."""

    def __init__(self, name, default):
        self.name, self.default = name, default

    def __get__(self, owner, kind):
        if owner is not None and self.name in vars(owner):
            owner.note_change()
            return vars(owner)[self.name]
        if self.default is MISSING:
            raise AttributeError(f"{kind.__name__} has no {self.name}")
        return self.default

    def __set__(self, owner, value):
        """Never called, as `Tracked.__setattr__` is first. But a descriptor without it would come after the object."""
