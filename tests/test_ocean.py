"""The ocean by itself: no HTTP, and time is what the test says it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.errors import BadValue, Banned, Cannot, Muted, NameTaken, NoItem, NoSailor, OceanFull, Paused, TooFast
from game.errors import UnknownId as NoSuchId
from game.grid import Grid
from game.moderation import LONGEST_BAN, Moderator
from game.ocean import CHAT_WAITS, PAUSED, SHIP_IN_SIGHT, TREASURE_IN_REACH, UNDER_WATER, Ocean
from game.planet import SEAMOUNTS, SIZE, TREASURES, distance, lay_out, seafloor
from game.sailors import GIVEN_AWAY, MOST_KEPT, NAP, Sailor
from web.limits import Pace
