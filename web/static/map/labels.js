// Names beside ships. Each looks for a free place near by, so that no name lies on another, on a ship or a seamount's.

import { now } from "./clock.js";
import { colours, newPen } from "./view.js";

const CELL = 6; // pixels: of what is taken, we note which cells of this size it touches
const SIDES = [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]]; // below, above, right, left, ...
const NUMBERS = [...Array(96).keys()]; // of places: first all sides near the ship, then farther away
const STAYS = 2; // seconds until a name that is far away, or nowhere, looks for a nearer place

export class Labels {
  // Begin a frame: nothing is taken. Names may only be in this part of the canvas.
  begin(left, top, right, bottom) {
    Object.assign(this, { left, top, right, bottom });
    this.columns = Math.ceil(right / CELL) + 1;
    this.taken = new Uint8Array(this.columns * (Math.ceil(bottom / CELL) + 1));
  }

  // The cells of a box, row by row.
  rowsOf([x, y, width, height]) {
    const [from, to] = [Math.floor(Math.max(x, 0) / CELL), Math.ceil(Math.min(x + width, this.right) / CELL)];
    const rows = [];
    for (let row = Math.max(Math.floor(y / CELL), 0); row < Math.min(y + height, this.bottom) / CELL; row++) {
      rows.push(this.taken.subarray(row * this.columns + from, row * this.columns + Math.max(from, to)));
    }
    return rows;
  }

  take(box) {
    for (const cells of this.rowsOf(box)) cells.fill(1);
  }

  isFree(box) {
    const [x, y, width, height] = box;
    const isInside = x >= this.left && y >= this.top && x + width <= this.right && y + height <= this.bottom;
    return isInside && this.rowsOf(box).every((cells) => !cells.includes(1));
  }

  // Take a place for the name of a thing, `gap` pixels from its spot. It stays where it was before if that is free.
  // Returns the box [left, top, width, height], or undefined where nothing is free.
  place(thing, { width, height }, [x, y], gap) {
    const boxAt = (number) => {
      const [[east, south], ring] = [SIDES[number % SIDES.length], Math.floor(number / SIDES.length)];
      const far = gap + 0.8 * ring * height;
      return [x + east * (far + width / 2) - width / 2, y + south * (far + height / 2) - height / 2, width, height];
    };
    const isFree = (number) => this.isFree(boxAt(number));
    const label = (thing.label ??= { number: 0, since: 0 });
    const isTired = (label.number < 0 || label.number >= SIDES.length) && now() - label.since > STAYS;
    if (isTired || (label.number >= 0 && !isFree(label.number))) {
      Object.assign(label, { number: NUMBERS.findIndex(isFree), since: now() });
    }
    if (label.number < 0) return undefined;
    const box = boxAt(label.number);
    this.take(box);
    return box;
  }
}

// A picture of lines of text with letters of a size, the first line larger. With a colour, they stand on a plate.
export function write(lines, size, colour) {
  const fonts = lines.map((_, line) => (line ? `${size * 0.7}px system-ui, sans-serif` : `600 ${size}px system-ui, sans-serif`));
  const widths = lines.map((text, line) => Object.assign(newPen(1, 1), { font: fonts[line] }).measureText(text).width);
  const [width, height] = [Math.ceil(Math.max(...widths) + size * 0.5), Math.ceil(size * (0.4 + 0.8 * lines.length))];
  const pen = newPen(width, height);
  if (colour) {
    Object.assign(pen, { fillStyle: colours.halo }).fillRect(0, 0, width, height);
    Object.assign(pen, { fillStyle: colour }).fillRect(0, height - size / 8, width, size / 8);
  }
  for (const [line, font] of fonts.entries()) {
    Object.assign(pen, { font, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: size / 5 });
    Object.assign(pen, { strokeStyle: colours.halo, fillStyle: colours.name });
    if (!colour) pen.strokeText(lines[line], width / 2, size * (0.58 + 0.8 * line));
    pen.fillText(lines[line], width / 2, size * (0.58 + 0.8 * line));
  }
  return pen.canvas;
}
