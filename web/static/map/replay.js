// Plays what was sailed: /map?from=2026-11-26T14:30. Like the live map's, its charts go to `show`. But its time can
// pass up to 60 times as fast, stand still and jump.

import { ask, Tracks } from "./tracks.js";

const BETWEEN = 250; // milliseconds from an answer to the next question
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then ships move once a second
const NEWS = 12; // great moments that a chart has
const THEN = { paused: false, eyes: "", lesson: "", chat: [], best: [] }; // what we don't know of those days

export class Replay {
  isPlaying = true;
  isLoaded = false; // true as soon as all tracks are here
  looks = new Map(); // by name: the livery of each ship

  // `start` is a moment as people write it, and `speed` how many times as fast as it was.
  constructor(start, speed, show) {
    Object.assign(this, { tracks: new Tracks(start), speed, show });
  }

  // Play, and load the rest meanwhile. Raises an Error with a sentence if the server has nothing to play.
  async begin() {
    while (!(this.today ??= await ask("/chart"))) await pause(); // the sea as it is known today
    while (await this.tracks.load(this.time())) {
      if (!this.since && this.tracks.pieces.length) this.start();
      await pause();
    }
    this.isLoaded = true;
  }

  start() {
    this.jump(this.tracks.from);
    const frame = () => {
      if (!calm.matches || now() - this.stepped >= 1) this.step();
      requestAnimationFrame(frame);
    };
    frame();
  }

  // Seconds by the clock of the sea that is played.
  time() {
    const passed = this.isPlaying ? (now() - this.since) * this.speed : 0;
    return Math.min(this.moment + passed, this.tracks.to);
  }

  get isOver() {
    return this.time() >= this.tracks.to;
  }

  // From now on, play otherwise: from another moment, with another speed, or not at all.
  change(what) {
    Object.assign(this, { moment: this.time(), since: now() }, what);
  }

  jump(moment) {
    moment = Math.max(moment, this.tracks.from);
    this.change({ moment, reached: moment });
    this.show({ ...this.today, ...THEN, time: moment, sailors: [], news: [] }); // so that no ship glides there
    this.step();
  }

  // Show where the ships are, or wait for the server.
  step() {
    const time = this.time();
    this.stepped = now();
    const legs = this.tracks.legsAt(time);
    if (!legs) return this.change({ moment: this.reached });
    this.reached = time;
    if (this.isOver) this.change({ isPlaying: false });
    this.show(this.chartAt(time, legs));
  }

  // A chart as of that moment. A seamount is on it as soon as it is discovered.
  chartAt(time, legs) {
    const [news, later] = [[], []];
    for (const moment of this.tracks.news) (moment.time <= time ? news : later).push(moment);
    const isKnown = ({ name }) => !later.some((moment) => moment.news.includes(`discovered the seamount ${name}!`));
    const sailors = legs.map((leg) => this.shipOf(leg, time));
    const seamounts = this.today.seamounts.filter(isKnown);
    return { ...this.today, ...THEN, time, sailors, seamounts, news: news.slice(-NEWS) };
  }

  shipOf(leg, time) {
    if (!this.looks.has(leg.name)) this.looks.set(leg.name, this.looks.size);
    const look = this.looks.get(leg.name);
    return { ...leg, ...reckon(leg, time - leg.time), kind: "ship", look, heard: time, since: leg.time };
  }
}

function pause() {
  return new Promise((go) => setTimeout(go, BETWEEN));
}

function now() {
  return performance.now() / 1000;
}

function reckon({ x, y, heading, speed }, seconds) {
  const [course, metres] = [(heading * Math.PI) / 180, speed * seconds];
  return { x: x + Math.sin(course) * metres, y: y + Math.cos(course) * metres };
}
