// The fleet: all ships of the newest chart, and where each is drawn. Between two charts they sail on by dead reckoning.

import { now } from "./clock.js";
import { ocean, reckon, shortWay, wrap } from "./places.js";

const EASE = 0.3; // seconds in which a ship glides most of the way to where the newest chart puts it
const FRESH = 5; // seconds for which a great moment is news
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then nothing glides: ships move once a second

export class Fleet {
  ships = new Map(); // by name: the newest facts of the chart, and how we draw the ship
  chart = { time: 0, seamounts: [], news: [] }; // the newest
  fresh = []; // great moments since the one before

  // `time` tells what the clock of the sea says.
  constructor(time) {
    this.time = time;
  }

  show(chart) {
    const drawn = new Map([...this.ships].map(([name, ship]) => [name, this.placeOf(ship)]));
    const known = this.chart.news.at(-1)?.time ?? 0;
    this.fresh = chart.news.filter(({ time }) => time > known && time > chart.time - FRESH);
    this.chart = chart;
    ocean.size = chart.size;
    const names = new Set(chart.sailors.map((facts) => facts.name));
    for (const name of this.ships.keys()) if (!names.has(name)) this.ships.delete(name);
    for (const facts of chart.sailors) {
      const ship = { ...this.ships.get(facts.name), ...facts, shown: now() };
      ship.astray = astray(drawn.get(facts.name), this.reckon(ship));
      if (!ship.astray) ship.trail = [];
      if (!ship.astray || calm.matches) ship.astray = { x: 0, y: 0, heading: 0 };
      this.ships.set(facts.name, ship);
    }
  }

  // The ship of a name in any case, or undefined.
  find(name) {
    return [...this.ships.values()].find((ship) => ship.name.toLowerCase() === name?.toLowerCase());
  }

  // Where the chart and the time since then put a ship.
  reckon(ship) {
    return reckon(ship, this.chart.paused ? 0 : this.time() - this.chart.time);
  }

  // Where we draw it: that place, and what is left of the way from where we drew it before the newest chart.
  placeOf(ship) {
    const place = this.reckon(ship);
    const left = Math.exp(-(now() - ship.shown) / EASE);
    return {
      x: wrap(place.x + ship.astray.x * left),
      y: wrap(place.y + ship.astray.y * left),
      heading: place.heading + ship.astray.heading * left,
    };
  }
}

// How far from its place we drew a ship. Null if it is new, or so far away that it can't have sailed there.
function astray(drawn, place) {
  const way = drawn && {
    x: shortWay(place.x, drawn.x),
    y: shortWay(place.y, drawn.y),
    heading: shortWay(place.heading, drawn.heading, 360),
  };
  return way && Math.hypot(way.x, way.y) < 100 ? way : null;
}
