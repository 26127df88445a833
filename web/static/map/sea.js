// The sea floor, as far as the class has sounded it, with the seamounts that were found and a grid with numbers.

import { ocean } from "./places.js";
import { colours, newPen } from "./view.js";

const FLOOR = 30; // metres down to the plain of the sea floor
const DEPTHS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"; // stand for 0, 1, 2, ... metres
const SHADES = [[0, "top"], [20, "slope"], [FLOOR, "plain"], [DEPTHS.length - 1, "trench"]]; // by depth

// A picture of the whole ocean, so many pixels wide. `letter` is the size of its numbers in metres.
export function paintSea({ seamounts, rows }, pixels, letter) {
  const pen = newPen(pixels, pixels);
  pen.scale(pixels / ocean.size, pixels / ocean.size);
  pen.fillStyle = colours.sea;
  pen.fillRect(0, 0, ocean.size, ocean.size);
  pen.imageSmoothingQuality = "high";
  pen.strokeStyle = colours.grid;
  drawWaves(pen);
  if (rows?.length) pen.drawImage(paintSoundings(rows), 0, 0, ocean.size, ocean.size);
  const around = [-ocean.size, 0, ocean.size]; // as slopes reach over an edge
  for (const mount of seamounts) for (const x of around) for (const y of around) drawDepths(pen, mount, x, y);
  drawGrid(pen, letter);
  return pen.canvas;
}

// Little waves here and there: always the same ones, as the numbers only look as if they were random.
function drawWaves(pen) {
  for (let number = 1; number < 150; number++) {
    const [x, y] = [(number * 617.3) % ocean.size, (number * 271.9) % ocean.size];
    pen.stroke(new Path2D(`M${x} ${y}q4 5 8 0q4 5 8 0`));
  }
}

// One pixel for each square that was sounded: the browser blends them when it makes them larger.
function paintSoundings(rows) {
  const pen = newPen(rows.length, rows.length);
  for (const [y, row] of rows.entries()) {
    for (const [x, character] of [...row].entries()) {
      if (character === ".") continue;
      pen.fillStyle = shadeOf(DEPTHS.indexOf(character));
      pen.fillRect(x, y, 1, 1);
    }
  }
  return pen.canvas;
}

function shadeOf(depth) {
  const below = Math.max(SHADES.findIndex(([metres]) => depth <= metres), 1);
  const [[high, bright], [low, dark]] = SHADES.slice(below - 1, below + 1);
  return `color-mix(in oklab, ${colours[dark]} ${(100 * (depth - high)) / (low - high)}%, ${colours[bright]})`;
}

// One ring for every three metres of depth. A seamount has the shape of a bell: see `bell` in planet.py.
function drawDepths(pen, mount, x, y) {
  for (let depth = FLOOR - 1; depth > mount.depth; depth -= 3) {
    const height = (FLOOR - depth) / (FLOOR - mount.depth);
    const radius = (mount.radius * Math.acos(2 * height - 1)) / Math.PI;
    pen.beginPath();
    pen.arc(mount.x + x, ocean.size - mount.y + y, radius, 0, 2 * Math.PI); // on a canvas, y grows downwards
    pen.fillStyle = shadeOf(depth);
    pen.fill();
    pen.stroke();
  }
}

function drawGrid(pen, letter) {
  Object.assign(pen, { font: `${letter}px system-ui, sans-serif`, fillStyle: colours.name });
  for (let metres = 0; metres < ocean.size; metres += 100) {
    const y = ocean.size - metres;
    pen.stroke(new Path2D(`M${metres} 0V${ocean.size}M0 ${y}H${ocean.size}`));
    if (metres) pen.fillText(metres, metres + letter / 4, ocean.size - letter / 3);
    if (metres) pen.fillText(metres, letter / 4, y - letter / 3);
  }
}
