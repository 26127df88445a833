"""What keeps the game running on a computer. It knows `game`, but no HTTP framework and nothing of `web`.

settings.py    what the environment, or a service's file, says about how to serve
launch.py      sees that the server can work, and becomes uWSGI
workshop.py    tries what is saved, and lets the server take it over
startup.py     what is checked before the first request
clock.py       the time, which never goes back
logbook.py     the file that keeps the ocean when the server stops
rows.py        what stands in its tables
salvage.py     what can be saved of a damaged one
records.py     how SQLite's files are read without SQLite
migrations.py  the versions of that file
tracks.py      what was sailed, to be seen again
backup.py      makes a copy of it
restore.py     puts a copy back
disk.py        what it and its copies take up
version.py     the program's version
harbour.py     the commands of the club's leader, in a terminal
local_name.py  gives the server a name in the room
watchdog.py    tells systemd whether the server is well
install.py     makes the server a service of systemd, upgrades it and goes back
district.py    makes clubs that sleep while nobody plays, closes and moves them
door.py        how a server is reached
releases.py    the versions of the program in /opt
clubs.py       the servers of this computer, and their logbooks
fetch.py       fetches what the page /python needs
rehearsal.py   plays with a new version before it is used
commands.py    what the admin's commands share: one at a time, signals, other programs
"""
