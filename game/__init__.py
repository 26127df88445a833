"""The ocean: sailors, ships, mail, the sea floor and treasure. Plain Python: no HTTP, no file, no clock of its own.

To change a rule of the sea, open

    planet.py      numbers: treasure, speeds, and how to measure
    sea.py         where seamounts and treasure lie
    chart.py       what everybody may know of the ocean, and of one ship
    soundings.py   how deep the sea floor is where somebody has measured it
    book.py        who discovered and raised what, season by season
    clem.py        the robot, and what it says
    ocean.py       what ships can do: sail, dive, see, take treasure
    sailors.py     what a sailor is, and who is aboard
    mail.py        who gets which message
    moderation.py  which names and messages are fit for a school, and who is banned
    unfit.py       what is unfit for chat and names, besides rude words
    lookalikes.py  which letters look like others
    legs.py        what is noted of all voyages
    words.py       how many ships, for people
    grid.py        which ships are near a place
    errors.py      what can go wrong
    tracked.py     how a change of a sailor is noticed
"""
