"""What keeps the game running on a computer. It knows `game`, but no HTTP framework and nothing of `web`.

settings.py    what the environment says about how to serve
startup.py     what is checked before the first request
logbook.py     the file that keeps the ocean when the server stops
migrations.py  the versions of that file
backup.py      makes a copy of it
restore.py     puts a copy back
harbour.py     the commands of the club's leader, in a terminal
watchdog.py    tells systemd whether the server is well
busy.py        sees that only one changes the service, or copies a logbook, and isn't stopped half-way
install.py     makes the server a service of systemd
"""
