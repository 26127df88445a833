// The picture of the ocean, on the two canvases of an element: the sea floor, and above it ships.
//
// new Picture(element, time, name) draws itself again and again; show(chart) gives it the newest chart. `time` tells
// what the clock of the sea says, and `name` which ship stays in the middle, if any.

import { Fleet } from "./fleet.js";
import { ocean } from "./places.js";
import { paintSea } from "./sea.js";
import { Painter } from "./ships.js";
import { colours, pixelsOfScreen, readColours, View } from "./view.js";

const CLOSE_UP = 400; // metres that the view is wide when it follows a ship
const calm = matchMedia("(prefers-reduced-motion: reduce)"); // then ships move once a second

export class Picture {
  view = new View();
  seaChart = null; // a picture of the whole sea floor, from which the sea is drawn

  constructor(element, time, name) {
    [this.sea, this.water] = [...element.querySelectorAll("canvas")].map((canvas) => canvas.getContext("2d"));
    Object.assign(this, { name, fleet: new Fleet(time), painter: new Painter(this.water, this.view) });
    new ResizeObserver(() => this.fit()).observe(element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    this.fit();
    this.frame();
  }

  show(chart) {
    if (JSON.stringify(chart.seamounts) !== JSON.stringify(this.fleet.chart?.seamounts)) this.seaChart = null;
    this.fleet.show(chart);
    if (calm.matches) this.draw();
  }

  get followed() {
    return this.fleet.find(this.name);
  }

  frame() {
    if (!calm.matches) this.draw();
    requestAnimationFrame(() => this.frame());
  }

  draw() {
    const { fleet, painter, view, water, followed } = this;
    if (!view.pixels) return;
    const middle = followed ? fleet.placeOf(followed) : { x: ocean.size / 2, y: ocean.size / 2 };
    if (view.look(middle, followed ? CLOSE_UP : ocean.size) || !this.seaChart) this.drawSea();
    water.clearRect(0, 0, view.pixels, view.pixels);
    const places = [...fleet.ships.values()].map((ship) => [ship, fleet.placeOf(ship)]);
    if (!calm.matches) for (const [ship, place] of places) painter.drawWake(ship, place);
    for (const [ship, place] of places) painter.drawShip(ship, place);
  }

  // The sea is cut from a picture of the whole ocean, laid out around the middle of the view as often as it is seen.
  drawSea() {
    this.seaChart ??= paintSea(this.fleet.chart?.seamounts ?? [], this.view.pixels / (this.name ? CLOSE_UP : ocean.size), this);
    const whole = ocean.size * this.view.scale;
    for (const [x, y] of this.view.spots({ x: ocean.size / 2, y: ocean.size / 2 }, whole / 2)) {
      this.sea.drawImage(this.seaChart, x - whole / 2, y - whole / 2, whole, whole);
    }
  }

  // The size of letters in metres, so that they have at least so many pixels on the screen.
  letter(pixels, metres) {
    const { clientWidth } = this.sea.canvas;
    return this.name ? (pixels * 1.3 * CLOSE_UP) / clientWidth : Math.max(metres, (pixels * ocean.size) / clientWidth);
  }

  fit() {
    const pixels = Math.round(this.sea.canvas.clientWidth * pixelsOfScreen());
    if (pixels === this.view.pixels) return;
    for (const { canvas } of [this.sea, this.water]) canvas.width = canvas.height = pixels;
    this.view.pixels = pixels;
    this.repaint();
  }

  repaint() {
    readColours();
    this.painter.labels.clear();
    this.seaChart = null;
    this.draw();
  }
}
