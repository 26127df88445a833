"""Flask, for gunicorn."""

from flask import Flask, request

from bench.peers.game import Game, Unknown

app, game = Flask(__name__), Game()


@app.errorhandler(Unknown)
def unknown(_):
    return {"ok": False, "error": "unknown-id", "reply": "No sailor has this id."}, 404


@app.get("/join")
def join():
    return game.join(request.args["name"])


@app.get("/location")
def location():
    return game.location(request.args["id"])


@app.get("/sendchat")
def sendchat():
    return game.sendchat(request.args["id"], request.args["message"])


@app.get("/popchat")
def popchat():
    return game.popchat(request.args["id"])
