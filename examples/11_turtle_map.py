"""Draw a map with turtles: all ships on the surface, and the seamounts that are found. Close the window to stop it."""

import signal
import sys
import turtle

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program too, without a traceback


def draw():
    turtle.ontimer(draw, 500)  # draw again in half a second
    chart = requests.get(url + "/chart", params={"format": "json"}).json()
    if not chart["ok"]:
        sys.exit(chart["reply"])
    turtle.clear()
    turtle.clearstamps()
    for mount in chart["seamounts"]:
        turtle.goto(mount["x"], mount["y"])
        turtle.dot(30, "steel blue")
        turtle.write("     " + mount["name"])
    for ship in chart["sailors"]:
        turtle.goto(ship["x"], ship["y"])
        turtle.setheading(90 - ship["heading"])  # turtles count from the east, and to the left
        turtle.stamp()
        turtle.write("    " + ship["name"])
    turtle.update()


turtle.setup(720, 720)
turtle.bgcolor("light blue")
turtle.setworldcoordinates(0, 0, 900, 900)
turtle.tracer(0)  # show the picture only when all of it is drawn
turtle.shape("turtle")
turtle.color("dark green")
turtle.penup()
draw()
turtle.mainloop()
