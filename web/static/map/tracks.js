// What was sailed, as the server's route /tracks tells it: piece by piece, as an hour may be long.
//
// Each piece begins with where all ships were. So whoever jumps needs only the piece there, and none before it.

import { ask } from "./live.js";

const BETWEEN = 250; // milliseconds from an answer to the next question
const LONGEST = 3600; // seconds from the beginning to the end

export class Tracks {
  pieces = []; // in the order of time
  from = null; // seconds, as is `to`: null until the first piece is here
  to = null;
  isUntilNow = false; // true if all that comes later is the present

  // `start` is a moment as people write it, like 2026-11-26T14:30.
  constructor(start, complain) {
    Object.assign(this, { start, complain });
  }

  // Ask for the first piece that is missing from a moment on, or else from the beginning on. False if none is.
  async load(time) {
    const from = this.pieces.length ? (this.missing(time) ?? this.missing(this.from)) : this.start;
    if (from === null) return this.endWithSailing();
    this.add(await insist("tracks", { from, ...(this.to && { to: this.to }) }, this.complain));
    return true;
  }

  // The first moment from this one on of which we know nothing, or null.
  missing(time) {
    for (const { from, to } of this.pieces) if (from <= time && time < to) time = to;
    return time < this.to ? time : null;
  }

  add(piece) {
    this.from ??= Math.max(piece.from, piece.tracks[0]?.time ?? 0); // not while nobody sails yet
    this.to ??= Math.round(this.from + LONGEST); // whole, as a slider rounds
    if (piece.next === null && piece.to < this.to) [this.to, this.isUntilNow] = [piece.to, true];
    this.pieces = [...this.pieces, piece].sort((one, other) => one.from - other.from);
  }

  // If all ships have gone in the end, it ends when the last one went.
  endWithSailing() {
    const ends = this.pieces.map(({ tracks }) => tracks.at(-1)?.time ?? this.from);
    if (!this.legsAt(this.to).length) this.to = Math.min(this.to, Math.ceil(Math.max(...ends)));
    return false;
  }

  // The leg that each ship sailed at a moment, or null if we don't know yet.
  legsAt(time) {
    const piece = this.pieces.findLast(({ from, to }) => from <= time && time <= to);
    const begun = piece?.tracks.filter((leg) => leg.time <= time);
    return begun ? [...new Map(begun.map((leg) => [leg.name, leg])).values()].filter((leg) => leg.x !== null) : null;
  }

  // The great moments that we know of, each once: pieces may overlap.
  get news() {
    const all = this.pieces.flatMap(({ news }) => news).filter(({ time }) => time <= this.to);
    const moments = new Map(all.map((moment) => [moment.time + moment.news, moment]));
    return [...moments.values()].sort((one, other) => one.time - other.time);
  }
}

// Ask the server until it answers. Meanwhile `complain` gets a sentence.
export async function insist(route, keys, complain) {
  for (;;) {
    const answer = await ask(route, keys);
    await new Promise((go) => setTimeout(go, BETWEEN)); // for the sake of all others
    if (answer.ok) return answer;
    complain(answer.reply);
  }
}
