// The view: what part of the ocean is seen, how large it is drawn, and where on the canvas a place is.

import { ocean, shortWay } from "./places.js";

export const pixelsOfScreen = () => Math.min(devicePixelRatio, 2); // pixels of a canvas for one of the page

export class View {
  x = 450; // the middle of what is seen, in metres
  y = 450;
  metres = 900; // how wide that is
  pixels = 0; // the same on the canvas

  // Look at a place. True if that changes what is seen.
  look({ x, y }, metres) {
    if (x === this.x && y === this.y && metres === this.metres) return false;
    Object.assign(this, { x, y, metres });
    return true;
  }

  // Pixels for a metre.
  get scale() {
    return this.pixels / this.metres;
  }

  // Everywhere on the canvas where something at a place is to be drawn: near an edge, its other half is at the other edge.
  spots(place, margin) {
    const [x, y] = [shortWay(this.x, place.x), shortWay(this.y, place.y)];
    const around = [-ocean.size, 0, ocean.size];
    const reach = this.metres / 2 + margin / this.scale;
    const columns = around.map((step) => x + step).filter((x) => Math.abs(x) < reach);
    const rows = around.map((step) => y + step).filter((y) => Math.abs(y) < reach);
    return columns.flatMap((x) => rows.map((y) => [this.pixels / 2 + x * this.scale, this.pixels / 2 - y * this.scale]));
  }
}

// What draws on a new canvas of this size that nobody sees.
export function newPen(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width);
  canvas.height = Math.ceil(height);
  return canvas.getContext("2d");
}

export const colours = {}; // of the style sheet, by name

export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["sea", "slope", "top", "grid", "wake", "name", "halo", "key"]) colours[name] = style.getPropertyValue(`--${name}`);
}
