"""The game with Flask."""

from flask import Flask, request

from bench.peers.game import ROUTES, Game

app, game = Flask(__name__), Game()


def answer():
    return game.answer(request.path[1:], request.args)


for route in ROUTES:
    app.add_url_rule(f"/{route}", route, answer)
