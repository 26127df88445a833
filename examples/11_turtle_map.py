"""Draw a map with turtles: all ships on the surface, and the seamounts that are found. Close the window to stop it."""

import sys
import time
import tkinter
import turtle

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"


def draw(chart):
    turtle.clear()
    turtle.clearstamps()
    turtle.color("steel blue")
    for mount in chart["seamounts"]:
        turtle.goto(mount["x"], mount["y"])
        turtle.dot(30)
        turtle.write("  " + mount["name"])
    turtle.color("dark red")
    for ship in chart["sailors"]:
        turtle.goto(ship["x"], ship["y"])
        turtle.setheading(90 - ship["heading"])  # turtles count from the east, and to the left
        turtle.stamp()
        turtle.write("  " + ship["name"])
    turtle.update()


turtle.setup(720, 720)
turtle.bgcolor("light blue")
turtle.setworldcoordinates(0, 0, 900, 900)
turtle.tracer(0)  # draw the whole picture at once
turtle.penup()
try:
    while True:
        draw(requests.get(url + "/chart", params={"format": "json"}).json())
        time.sleep(0.5)
except (KeyboardInterrupt, turtle.Terminator, tkinter.TclError):  # Ctrl-C, or the window is closed
    print("Goodbye!")
