// How ships look: hulls, names and wakes.

import { now } from "./clock.js";
import { shortWay } from "./places.js";
import { colours, newPen } from "./view.js";

const WAKE = 7; // seconds of its voyage that a ship's wake shows

// Draws ships on the canvas of a pen, as a view sees them.
export class Painter {
  labels = new Map(); // each name is written only once, and then copied in each frame: writing takes longer than all the rest

  constructor(pen, view) {
    Object.assign(this, { pen, view });
  }

  get shipLength() {
    return Math.max(22 * devicePixelRatio, this.view.pixels / 32);
  }

  drawShip(ship, place) {
    const { pen, shipLength: length } = this;
    const label = this.labelOf(ship.name);
    for (const [x, y] of this.view.spots(place, label.width)) {
      pen.translate(x, y);
      pen.rotate((place.heading * Math.PI) / 180);
      pen.scale(length, length);
      for (const [shape, colour] of shapesOf(ship)) {
        pen.fillStyle = colour;
        pen.fill(shape);
      }
      pen.resetTransform();
      // At whole pixels: a browser copies that many times faster.
      pen.drawImage(label, Math.round(x - label.width / 2), Math.round(y + 0.7 * length));
    }
  }

  labelOf(name) {
    if (!this.labels.has(name)) this.labels.set(name, this.drawLabel(name));
    return this.labels.get(name);
  }

  drawLabel(name) {
    const size = Math.round(Math.max(13 * devicePixelRatio, this.view.pixels / 48));
    this.pen.font = `600 ${size}px system-ui, sans-serif`;
    const pen = newPen(this.pen.measureText(name).width + size, size * 1.5);
    pen.font = this.pen.font;
    write(pen, name, pen.canvas.width / 2, size * 0.75, size / 4);
    return pen.canvas;
  }

  // A wake is the way that the ship was drawn, narrow where it is old.
  drawWake(ship, place) {
    const { pen, view } = this;
    const { trail } = ship;
    const time = now();
    if (ship.speed && time - (trail.at(-1)?.time ?? 0) > 0.4) trail.push({ x: place.x, y: place.y, time });
    while (trail.length && time - trail[0].time > WAKE) trail.shift();
    if (!trail.length) return;
    const path = [];
    let [x, y, from] = [0, 0, place];
    for (const point of [...trail].reverse()) {
      [x, y, from] = [x + shortWay(from.x, point.x), y + shortWay(from.y, point.y), point];
      path.push([x * view.scale, -y * view.scale, time - point.time]);
    }
    const [endX, endY] = path.at(-1);
    if (Math.hypot(endX, endY) < 2) return;
    const shape = wakeShape(path, this.shipLength / 5);
    for (const spot of view.spots(place, Math.hypot(endX, endY))) {
      pen.save();
      pen.translate(...spot);
      pen.fillStyle = colours.wake;
      pen.globalAlpha = 0.4;
      pen.fill(shape);
      pen.restore();
    }
  }
}

// Shapes of a ship that heads north and is about 1 long.
const RIM = new Path2D("M0 -.7 C.38 -.33 .38 .15 .26 .52 L-.26 .52 C-.38 .15 -.38 -.33 0 -.7Z");
const HULL = new Path2D("M0 -.58 C.29 -.28 .29 .12 .19 .44 L-.19 .44 C-.29 .12 -.29 -.28 0 -.58Z");
const SAIL = new Path2D("M-.16 .1 Q0 -.2 .16 .1 Q0 0 -.16 .1Z");
const ROBOT = new Path2D("M-.13 -.1h.26v.26h-.26zM-.03 -.25h.06v.15h-.06z");

function shapesOf(ship) {
  const isRobot = ship.kind === "robot";
  return [
    [RIM, "#fff"],
    [HULL, isRobot ? colours.key : hullColour(ship.name)],
    [isRobot ? ROBOT : SAIL, "#fff"],
  ];
}

function hullColour(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 3600;
  return `hsl(${sum / 10} 70% 38%)`;
}

export function write(pen, text, x, y, halo) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = halo;
  pen.strokeStyle = colours.halo;
  pen.fillStyle = colours.name;
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}

function wakeShape(path, broad) {
  const sides = [[], []];
  let [lastX, lastY] = [0, 0];
  for (const [x, y, age] of path) {
    const far = Math.hypot(x - lastX, y - lastY) || 1;
    const half = broad * (1 - age / WAKE);
    const [sideX, sideY] = [((lastY - y) / far) * half, ((x - lastX) / far) * half];
    sides[0].push([x + sideX, y + sideY]);
    sides[1].unshift([x - sideX, y - sideY]);
    [lastX, lastY] = [x, y];
  }
  const shape = new Path2D();
  shape.moveTo(0, 0);
  for (const [x, y] of sides.flat()) shape.lineTo(x, y);
  return shape;
}
