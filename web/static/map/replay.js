// Plays what was sailed: /map?from=2026-11-26T14:30. Like the live map's, its charts go to `show`. But its time can
// pass up to 60 times as fast, stand still and jump.

import { ask, Tracks } from "./tracks.js";

const BETWEEN = 250; // milliseconds from a piece of the tracks to the question for the next
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then ships move once a second
const NEWS = 12; // great moments that a chart has
const THEN = { paused: false, eyes: "", lesson: "", chat: [], best: [] }; // what we don't know of those days

export class Replay {
  isPlaying = true;
  isLoaded = false; // true as soon as all tracks are here
  looks = new Map(); // by name: the livery of each ship

  // `speed` says how many times as fast as it was.
  constructor(start, speed, show) {
    Object.assign(this, { tracks: new Tracks(start), speed, show });
  }

  // Play, and load the rest meanwhile. Raises an Error with a sentence if the server has nothing to play.
  async begin() {
    while (await this.load()) await new Promise((go) => setTimeout(go, BETWEEN));
    this.isLoaded = true;
  }

  // Load the next piece, and start with the first one. False if there is none.
  async load() {
    this.today ??= await ask("/chart");
    if (!this.today || !(await this.tracks.load(this.time()))) return !this.today;
    if (!this.since && this.tracks.pieces.length) {
      this.jump(this.tracks.from);
      this.frame();
    }
    return true;
  }

  frame() {
    if (!calm.matches || now() - this.shown >= 1) this.step();
    requestAnimationFrame(() => this.frame());
  }

  // Show where the ships are, if we know.
  step() {
    const time = this.time();
    this.shown = now();
    const legs = this.tracks.legsAt(time);
    if (!legs) return this.change({ moment: this.reached }); // and wait for the server
    this.reached = time;
    if (this.isOver) this.change({ isPlaying: false });
    this.show(this.chartAt(time, legs));
  }

  // Seconds by the clock of the sea that is played.
  time() {
    const passed = this.isPlaying ? (now() - this.since) * this.speed : 0;
    return Math.min(this.moment + passed, this.tracks.to);
  }

  // From now on, play otherwise: from another moment, or with another speed, or not.
  change(what) {
    Object.assign(this, { moment: this.time(), since: now() }, what);
  }

  jump(moment) {
    moment = Math.max(moment, this.tracks.from);
    this.change({ moment, reached: moment });
    this.show({ ...this.today, ...THEN, time: moment, sailors: [], news: [] }); // so that no ship glides there
    this.step();
  }

  get isOver() {
    return this.time() >= this.tracks.to;
  }

  chartAt(time, legs) {
    const [news, later] = [[], []];
    for (const moment of this.tracks.news) (moment.time <= time ? news : later).push(moment);
    const isKnown = ({ name }) => !later.some((moment) => moment.kind === "discovery" && moment.news.includes(name));
    return {
      ...this.today,
      ...THEN,
      time,
      news: news.slice(-NEWS),
      sailors: legs.map((leg) => this.shipOf(leg, time)),
      seamounts: this.today.seamounts.filter(isKnown),
    };
  }

  shipOf(leg, time) {
    if (!this.looks.has(leg.name)) this.looks.set(leg.name, this.looks.size);
    const place = reckon(leg, time - leg.time);
    return { ...leg, ...place, kind: "ship", look: this.looks.get(leg.name), heard: time, since: leg.time };
  }
}

function now() {
  return performance.now() / 1000;
}

function reckon({ x, y, heading, speed }, seconds) {
  const [course, metres] = [(heading * Math.PI) / 180, speed * seconds];
  return { x: x + Math.sin(course) * metres, y: y + Math.cos(course) * metres };
}
