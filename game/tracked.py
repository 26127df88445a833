"""How changes are noticed: a tracked object notes its id in a set whenever it may have changed.

So the logbook writes just what has changed, and whoever writes a route need not think of it.
"""

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
        if not isinstance(value, PLAIN) and not isinstance(vars(type(self)).get(name), Container):
            setattr(type(self), name, Container(name))
        self.note_change()

    def facts(self):
        """All attributes by name."""
        return {name: value for name, value in vars(self).items() if name != "changes"}


class Container:
    """An attribute whose value can be changed in place. Python asks it instead of the object: see "descriptors"."""

    def __init__(self, name):
        self.name = name

    def __get__(self, owner, kind):
        if owner is None or self.name not in vars(owner):
            raise AttributeError(f"{kind.__name__} has no {self.name}")
        owner.note_change()
        return vars(owner)[self.name]

    def __set__(self, owner, value):
        """Only here because Python asks a descriptor without it after the object; `Tracked.__setattr__` is first."""
        owner.__setattr__(self.name, value)
