// The sea floor: waves, the seamounts that players found, and a grid with numbers.

import { ocean } from "./places.js";
import { write } from "./ships.js";
import { colours, newPen } from "./view.js";

const FLOOR = 30; // metres down to the plain of the sea floor

// A picture of the whole ocean with so many pixels for a metre, and letters of so many pixels on the page.
export function paintSea(seamounts, metre, page) {
  const pixels = Math.min(Math.round(ocean.size * metre), 4096);
  const pen = newPen(pixels, pixels);
  pen.scale(pen.canvas.width / ocean.size, pen.canvas.width / ocean.size);
  pen.lineWidth = devicePixelRatio / metre;
  pen.fillStyle = colours.sea;
  pen.fillRect(0, 0, ocean.size, ocean.size);
  drawWaves(pen);
  for (const mount of seamounts) wrapped(pen, mount, drawDepths);
  drawGrid(pen, page.letter(11, 13));
  for (const mount of seamounts) wrapped(pen, mount, () => nameSeamount(pen, mount, page.letter(14, 20)));
  return pen.canvas;
}

// Little waves here and there: always the same ones, as the numbers only look as if they were random.
function drawWaves(pen) {
  pen.strokeStyle = colours.grid;
  for (let number = 1; number < 150; number++) {
    const [x, y] = [(number * 617.3) % ocean.size, (number * 271.9) % ocean.size];
    pen.stroke(new Path2D(`M${x} ${y}q4 5 8 0q4 5 8 0`));
  }
}

// Draw a seamount as often as its slopes reach over an edge. On the canvas, y grows downwards.
function wrapped(pen, mount, draw) {
  for (const x of [-ocean.size, 0, ocean.size]) {
    for (const y of [-ocean.size, 0, ocean.size]) {
      pen.save();
      pen.translate(mount.x + x, ocean.size - mount.y + y);
      draw(pen, mount);
      pen.restore();
    }
  }
}

// One ring for every two metres of depth. A seamount has the shape of a bell: see `bell` in planet.py.
function drawDepths(pen, mount) {
  pen.strokeStyle = colours.grid;
  for (let depth = FLOOR - 1; depth > mount.depth; depth -= 3) {
    const height = (FLOOR - depth) / (FLOOR - mount.depth);
    pen.beginPath();
    pen.arc(0, 0, (mount.radius * Math.acos(2 * height - 1)) / Math.PI, 0, 2 * Math.PI);
    pen.fillStyle = colourOfDepth(depth);
    pen.fill();
    pen.stroke();
  }
}

function colourOfDepth(depth) {
  const [low, high, part] = depth > 20 ? ["sea", "slope", (FLOOR - depth) / 10] : ["slope", "top", (20 - depth) / 20];
  return `color-mix(in oklab, ${colours[high]} ${part * 100}%, ${colours[low]})`;
}

function nameSeamount(pen, mount, size) {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  write(pen, mount.name, 0, -size / 2, size / 4);
  pen.font = `${size * 0.8}px system-ui, sans-serif`;
  write(pen, `${mount.depth} m deep`, 0, size / 2, size / 4);
  write(pen, `found by ${mount.found_by}`, 0, size * 1.4, size / 4);
}

function drawGrid(pen, size) {
  pen.font = `${size}px system-ui, sans-serif`;
  pen.strokeStyle = colours.grid;
  pen.fillStyle = colours.name;
  for (let metres = 0; metres < ocean.size; metres += 100) {
    pen.beginPath();
    pen.moveTo(metres, 0);
    pen.lineTo(metres, ocean.size);
    pen.moveTo(0, ocean.size - metres);
    pen.lineTo(ocean.size, ocean.size - metres);
    pen.stroke();
    if (metres) pen.fillText(metres, metres + size / 4, ocean.size - size / 3);
    if (metres) pen.fillText(metres, size / 4, ocean.size - metres - size / 3);
  }
}
