// An effect for each great moment: it makes a room look up, and two seconds later all is calm.

import { now } from "./clock.js";
import { COLOURS } from "./ships.js";

const LASTS = 2.2; // seconds
const GOLD = ["#ffd84d", "#e69f00", "#fff6c9"];
const SQUARE = new Path2D("M-1-.6H1V.6H-1Z");
const COIN = new Path2D("M1 0A1 1 0 1 1-1 0 1 1 0 1 1 1 0Z");
const STAR = new Path2D("M0-1.3L.35-.4 1.25-.4 .55.15 .8 1.1 0 .55-.8 1.1-.55.15-1.25-.4-.35-.4Z");

// By kind: how many bits fly, how far, as parts of the square's side, how large they are, and what they look like.
const KINDS = {
  discovery: { bits: 140, reach: 0.42, size: 0.009, shape: SQUARE, colours: COLOURS },
  treasure: { bits: 80, reach: 0.3, size: 0.009, shape: COIN, colours: GOLD },
  badge: { bits: 40, reach: 0.25, size: 0.013, shape: STAR, colours: GOLD },
  tide: { bits: 200, reach: 0.7, size: 0.006, shape: COIN, colours: ["#56b4e9", "#ffffff"] },
  season: { bits: 300, reach: 0.8, size: 0.009, shape: STAR, colours: COLOURS },
};

export class Moments {
  running = [];

  begin({ kind, name }) {
    if (KINDS[kind]) this.running.push({ kind, name, begun: now() });
  }

  // Draw them all. `spotOf` tells where on the canvas the ship of a name is.
  draw(pen, side, spotOf) {
    this.running = this.running.filter(({ begun }) => now() - begun < LASTS);
    for (const { kind, name, begun } of this.running) burst(pen, side, KINDS[kind], spotOf(name), (now() - begun) / LASTS);
    pen.resetTransform();
    pen.globalAlpha = 1;
  }
}

// Rings and bits fly from a spot, and fall a little. `part` goes from 0 to 1.
function burst(pen, side, { bits, reach, size, shape, colours }, [x, y], part) {
  const grown = 1 - (1 - part) ** 3;
  pen.globalAlpha = 1 - part ** 2;
  Object.assign(pen, { strokeStyle: colours.at(-1), lineWidth: side * 0.012 * (1 - part) });
  for (const ring of [0.4, 0.7, 1]) {
    pen.beginPath();
    pen.arc(x, y, side * reach * ring * grown, 0, 2 * Math.PI);
    pen.stroke();
  }
  for (let number = 0; number < bits; number++) {
    const far = side * reach * grown * (0.15 + 0.85 * ((number * 0.7549) % 1)); // as if by chance
    const [angle, turn, scale] = [number * 2.4, number + 6 * part, side * size];
    const [sin, cos] = [Math.sin(turn) * scale, Math.cos(turn) * scale];
    pen.setTransform(cos, sin, -sin, cos, x + Math.sin(angle) * far, y - Math.cos(angle) * far + side * 0.12 * part ** 2);
    pen.fillStyle = colours[number % colours.length];
    pen.fill(shape);
  }
  pen.resetTransform();
}
