// Plays what was sailed: /map?from=2026-11-26T14:30. Like the live map's, its charts go to `show`. But its time can
// pass up to 60 times as fast, stand still and jump.

import { now } from "./clock.js";
import { reckon } from "./places.js";
import { insist, Tracks } from "./tracks.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then ships move once a second
const NEWS = 12; // great moments that a chart has
const THEN = { paused: false, eyes: "", lesson: "", chat: [], best: [] }; // what we don't know of those days

export class Replay {
  isPlaying = true;
  isLoaded = false; // true as soon as all tracks are here
  looks = new Map(); // by name: the livery of each ship

  // `start` is a moment as people write it, and `speed` how many times as fast as it was. `show` is called with each
  // chart, `complain` with a sentence if there is none.
  constructor(start, speed, show, complain) {
    Object.assign(this, { tracks: new Tracks(start, complain), speed, show, complain });
  }

  // Play, and load the rest meanwhile.
  async begin() {
    this.today = await insist("chart", {}, this.complain); // of this we show the sea floor
    while (await this.tracks.load(this.time())) if (!this.since) this.start();
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
