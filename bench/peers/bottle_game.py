"""The game with Bottle; and as the limit, the least that Bottle can serve."""

from bottle import Bottle, request, response

from bench.peers.game import ROUTES, Game

app, bare, game = Bottle(), Bottle(), Game()


@app.get([f"/{route}" for route in ROUTES])
def answer():
    fields, response.status = game.answer(request.path[1:], request.query)
    return fields


@bare.get("/hello")
def hello():
    return "Hello"
