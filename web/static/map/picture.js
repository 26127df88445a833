// The picture of the ocean: the sea on one canvas, and above it, on another, ships and names.
//
// new Picture(element, time, name) draws itself again and again; show(chart) gives it the newest chart. `element` is
// the square that shows the ocean once, with both canvases in it. `time` tells what the clock of the sea says, and
// `name` which ship stays in the middle, if any.

import { now } from "./clock.js";
import { Fleet } from "./fleet.js";
import { Labels, write } from "./labels.js";
import { Moments } from "./moments.js";
import { ocean } from "./places.js";
import { paintSea } from "./sea.js";
import { liveryOf, paintShip } from "./ships.js";
import { colours, newPen, readColours, View } from "./view.js";
import { drawWake, note } from "./wakes.js";

const CLOSE_UP = 400; // metres that the square is wide when it follows a ship
const WAKES = 0.5; // seconds until wakes are drawn again
const CROWD = 150; // ships: more are drawn smaller
const TURN = 4; // degrees from one picture of a ship to the next
const STAMPS = 3000; // pictures that are kept, at most
const QUIET = 120; // seconds after which a ship that asks for nothing fades: its program was left over
const IDLE = 600; // seconds after which one without an order does
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then ships move once a second, and nothing flies

export class Picture {
  view = new View();
  labels = new Labels();
  moments = new Moments();
  seen = []; // the ships as they were drawn: {ship, place, spot, box}, the box being that of the name
  stamps = new Map(); // pictures of ships and names: painting them takes longer than all the rest

  constructor(element, time, name) {
    [this.sea, this.water] = [...element.querySelectorAll("canvas")].map((canvas) => canvas.getContext("2d"));
    Object.assign(this, { element, name, fleet: new Fleet(time) });
    for (const part of [element, this.sea.canvas]) new ResizeObserver(() => this.fit()).observe(part);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
    this.fit();
    this.frame();
  }

  show(chart) {
    const floor = ({ seamounts, rows }) => JSON.stringify([seamounts, rows]);
    if (floor(chart) !== floor(this.fleet.chart)) this.floor = null;
    this.fleet.show(chart);
    this.element.classList.toggle("all", !this.followed);
    if (calm.matches) this.draw();
    else this.fleet.fresh.forEach((moment) => this.moments.begin(moment));
  }

  // The ship that stays in the middle, or undefined.
  get followed() {
    return this.fleet.find(this.name);
  }

  // How long a ship and how high a letter is, in pixels. From six metres, one reads 2.2 % of the height of a screen.
  get length() {
    return Math.round(Math.max(20 * this.view.dots, this.view.side / (this.seen.length > CROWD ? 40 : 26)));
  }

  get letter() {
    return Math.round(Math.max(11 * this.view.dots, this.view.side * 0.024));
  }

  frame() {
    if (!calm.matches) this.draw();
    requestAnimationFrame(() => this.frame());
  }

  draw() {
    const { fleet, view, water, followed } = this;
    if (!view.side) return; // the page is not laid out yet
    const middle = followed ? fleet.placeOf(followed) : { x: ocean.size / 2, y: ocean.size / 2 };
    const isMoved = view.look(middle, followed ? CLOSE_UP : ocean.size);
    this.seen = [...fleet.ships.values()].map((ship) => ({ ship, place: fleet.placeOf(ship) }));
    for (const { ship, place } of this.seen) note(ship.trail, place, fleet.time());
    if (!this.floor || now() - this.painted >= WAKES) this.paint();
    else if (isMoved) this.layOut();
    water.clearRect(0, 0, view.width, view.height);
    this.drawSeamounts();
    this.placeNames();
    this.seen.forEach((one) => this.drawShip(one));
    this.seen.forEach((one) => this.drawName(one));
    this.moments.draw(water, view.side, (name) => this.spotOf(name));
  }

  // Paint a chart of the whole ocean, from which the sea is cut.
  paint() {
    const pixels = Math.min(Math.round(this.view.side * (this.name ? ocean.size / CLOSE_UP : 1)), 4096);
    const time = this.fleet.time();
    this.floor ??= paintSea(this.fleet.chart, pixels, (this.letter * 0.8) / this.view.scale);
    if (this.paper?.canvas.width !== pixels) this.paper = newPen(pixels, pixels);
    this.paper.resetTransform();
    this.paper.drawImage(this.floor, 0, 0);
    this.paper.scale(pixels / ocean.size, pixels / ocean.size);
    for (const { ship, place } of this.seen) drawWake(this.paper, [...ship.trail, { ...place, time }], time);
    this.painted = now();
    this.layOut();
  }

  // Lay it out around the middle of the view as often as it is seen.
  layOut() {
    const whole = ocean.size * this.view.scale;
    for (const [x, y] of this.view.spots({ x: ocean.size / 2, y: ocean.size / 2 }, whole / 2)) {
      this.sea.drawImage(this.paper.canvas, x - whole / 2, y - whole / 2, whole, whole);
    }
  }

  // The names of seamounts stand where they are, and those of ships avoid them.
  drawSeamounts() {
    const { left, top, side, width, height } = this.view;
    if (this.followed) this.labels.begin(0, 0, width, height);
    else this.labels.begin(left, top, left + side, top + side);
    for (const { name, depth, found_by: finder, ...place } of this.fleet.chart.seamounts) {
      const lines = [name, `${depth} m deep`, `found by ${finder}`];
      const stamp = this.stamp(lines.join("\n"), () => write(lines, this.letter));
      const [x, y] = this.view.spot(place).map(Math.round);
      const box = [x - stamp.width / 2, y - stamp.height / 2, stamp.width, stamp.height];
      this.labels.take(box);
      this.water.drawImage(stamp, box[0], box[1]);
    }
  }

  // A line leads to a name that is far from its ship.
  placeNames() {
    const { view, labels, water, length } = this;
    for (const one of this.seen) {
      one.spot = view.spot(one.place);
      labels.take([one.spot[0] - length / 2, one.spot[1] - length / 2, length, length]);
    }
    water.beginPath();
    for (const one of this.seen) {
      if (!view.spots(one.place, 0).length) continue; // beyond the edge
      const { name, look } = one.ship;
      one.stamp = this.stamp(`${look} ${name}`, () => write([name], this.letter, liveryOf(look).colour));
      one.box = labels.place(one.ship, one.stamp, one.spot, 0.6 * length);
      if (!one.box) continue;
      water.moveTo(...one.spot);
      water.lineTo(one.box[0] + one.box[2] / 2, one.box[1] + one.box[3] / 2);
    }
    Object.assign(water, { strokeStyle: colours.name, lineWidth: 1.5 });
    water.stroke();
  }

  // A browser copies a picture many times faster if it isn't turned meanwhile, and at whole pixels.
  drawShip({ ship, place }) {
    const { view, water, length } = this;
    const heading = Math.round(place.heading / TURN) * TURN;
    const picture = this.stamp(`${ship.look} ${heading} ${length}`, () => paintShip(ship.look, length, heading));
    water.globalAlpha = this.opacityOf(ship);
    for (const [x, y] of view.spots(place, length)) {
      water.drawImage(picture, Math.round(x - picture.width / 2), Math.round(y - picture.height / 2));
    }
  }

  drawName({ ship, stamp, box }) {
    this.water.globalAlpha = this.opacityOf(ship);
    if (box) this.water.drawImage(stamp, Math.round(box[0]), Math.round(box[1]));
    this.water.globalAlpha = 1;
  }

  stamp(key, paint) {
    if (this.stamps.size > STAMPS) this.stamps.clear();
    if (!this.stamps.has(key)) this.stamps.set(key, paint().transferToImageBitmap());
    return this.stamps.get(key);
  }

  // A ship fades if nobody seems to sail it now.
  opacityOf({ heard, since }) {
    const { time } = this.fleet.chart;
    return time - heard > QUIET || time - since > IDLE ? 0.4 : 1;
  }

  // Where on the canvas a ship was drawn, or the middle of the view if it wasn't.
  spotOf(name) {
    return this.seen.find(({ ship }) => ship.name === name)?.spot ?? this.view.spot(this.view);
  }

  // The name of the ship at a point of the page, or undefined.
  shipAt({ clientX, clientY }) {
    const { left, top } = this.sea.canvas.getBoundingClientRect();
    const [x, y] = [(clientX - left) * this.view.dots, (clientY - top) * this.view.dots];
    const far = ({ spot }) => Math.hypot(spot[0] - x, spot[1] - y);
    const isNamedHere = ({ box }) => box && box[0] <= x && x <= box[0] + box[2] && box[1] <= y && y <= box[1] + box[3];
    const nearest = this.seen.filter((one) => far(one) < this.length).sort((one, other) => far(one) - far(other))[0];
    return (nearest ?? this.seen.find(isNamedHere))?.ship.name;
  }

  // Fit the canvases to the page, and paint all anew.
  fit() {
    this.view.fit(this.sea.canvas, this.element);
    const { width, height } = this.view;
    for (const { canvas } of [this.sea, this.water]) Object.assign(canvas, { width, height });
    readColours();
    this.stamps.clear();
    this.floor = null;
    this.draw();
  }
}
