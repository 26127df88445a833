"""What keeps the game running on a computer. It knows `game`, but no HTTP framework and nothing of `web`.

settings.py    what the environment says about how to serve
startup.py     what is checked before the first request
logbook.py     the file that keeps the ocean when the server stops
rows.py        what stands in its tables
salvage.py     what can be saved of a damaged one
records.py     how SQLite's files are read without SQLite
migrations.py  the versions of that file
backup.py      makes a copy of it
harbour.py     the commands of the club's leader, in a terminal
watchdog.py    tells systemd whether the server is well
install.py     makes the server a service of systemd
"""
