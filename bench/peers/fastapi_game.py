"""FastAPI, for uvicorn. Its routes are async, as nothing in the game waits: others would run in a pool of threads."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from bench.peers.game import Game, Unknown

app, game = FastAPI(), Game()


@app.exception_handler(Unknown)
async def unknown(*_):
    return JSONResponse({"ok": False, "error": "unknown-id", "reply": "No sailor has this id."}, 404)


@app.get("/join")
async def join(name: str):
    return game.join(name)


@app.get("/location")
async def location(id: str):
    return game.location(id)


@app.get("/sendchat")
async def sendchat(id: str, message: str):
    return game.sendchat(id, message)


@app.get("/popchat")
async def popchat(id: str):
    return game.popchat(id)
