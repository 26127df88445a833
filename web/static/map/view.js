// The view: what part of the ocean is seen, how large it is drawn, and where on the canvas a place is.
//
// A square of the canvas shows the ocean once. Around it, where the canvas is wider or higher, the same ocean goes on.

import { ocean, shortWay } from "./places.js";

export class View {
  x = 450; // the middle of what is seen, in metres
  y = 450;
  metres = 900; // how wide the square is
  side = 0; // the same in pixels of the canvas, as is the size of the canvas

  // Look at a place. True if that changes what is seen.
  look({ x, y }, metres) {
    if (x === this.x && y === this.y && metres === this.metres) return false;
    Object.assign(this, { x, y, metres });
    return true;
  }

  // Learn how large a canvas is on the page, and where in it the element is that is its square.
  fit(canvas, square) {
    const [all, part] = [canvas.getBoundingClientRect(), square.getBoundingClientRect()];
    this.dots = Math.min(devicePixelRatio, 2); // pixels of the canvas for one of the page
    const pixels = (length) => Math.round(length * this.dots);
    Object.assign(this, { width: pixels(all.width), height: pixels(all.height), side: pixels(part.width) });
    Object.assign(this, { left: pixels(part.left - all.left), top: pixels(part.top - all.top) });
  }

  // Pixels for a metre.
  get scale() {
    return this.side / this.metres;
  }

  // Where in the square a place is.
  spot({ x, y }) {
    const [east, north] = [shortWay(this.x, x) * this.scale, shortWay(this.y, y) * this.scale];
    return [this.left + this.side / 2 + east, this.top + this.side / 2 - north];
  }

  // Everywhere on the canvas where something at a place is seen that reaches so far around it.
  spots(place, reach) {
    const [x, y] = this.spot(place);
    const steps = [-2, -1, 0, 1, 2].map((times) => times * ocean.size * this.scale);
    const columns = steps.map((step) => x + step).filter((x) => x > -reach && x < this.width + reach);
    const rows = steps.map((step) => y + step).filter((y) => y > -reach && y < this.height + reach);
    return rows.flatMap((y) => columns.map((x) => [x, y]));
  }
}

export const colours = {}; // those of the style sheet, by name

export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["sea", "plain", "trench", "slope", "top", "grid", "wake", "name", "halo"]) {
    colours[name] = style.getPropertyValue(`--${name}`);
  }
}

// What draws on a new canvas of this size that nobody sees.
export function newPen(width, height) {
  return new OffscreenCanvas(width, height).getContext("2d");
}
