"""How changes are noticed: a tracked object notes its id in a set whenever it may have changed.

So the logbook writes just what has changed, and whoever writes a route need not think of it.
"""

from dataclasses import MISSING

PLAIN = (bool, int, float, str, tuple, type(None))  # values that can be replaced, but never changed in place


class Tracked:
    """An object with an `id`, that notes it in the set `changes` once it has been given one by `track`.

    A plain value changes when it is set. A list, a dict or a set may be changed by anybody who has got hold of it, so
    to hand it out counts as a change, too.
    """

    def track(self, changes):
        """From now on, note changes in this set. That the object exists is the first one."""
        vars(self)["changes"] = changes
        changes.add(self.id)

    def note_change(self):
        attributes = vars(self)
        if "changes" in attributes:
            attributes["changes"].add(attributes["id"])

    def __setattr__(self, name, value):
        vars(self)[name] = value
        kind = type(self)
        if not isinstance(value, PLAIN) and not isinstance(vars(kind).get(name), Container):
            setattr(kind, name, Container(name, default=vars(kind).get(name, MISSING)))
        self.note_change()

    def change(self, **values):
        """Set several attributes at once, to plain values."""
        vars(self).update(values)
        self.note_change()

    def __delattr__(self, name):
        del vars(self)[name]
        self.note_change()

    def facts(self):
        """All attributes by name."""
        return {name: value for name, value in vars(self).items() if name != "changes"}


class Container:
    """An attribute whose value can be changed in place. Python asks it instead of the object: see "descriptors"."""

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
        """Only here because Python asks a descriptor without it after the object; `Tracked.__setattr__` is first."""
        owner.__setattr__(self.name, value)
