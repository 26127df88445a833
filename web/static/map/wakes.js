// Wakes: the way of each ship in the last minutes, fainter where it is older.

import { ocean, shortWay } from "./places.js";
import { colours } from "./view.js";

const LASTS = 150; // seconds
const SHADES = 5; // from fresh to old
const PIECE = 5; // seconds of a wake that is one straight line, unless the ship turns
const BEND = 8; // degrees

// Note a point of a ship's wake where it turns, and now and then.
export function note(trail, place, time) {
  const last = trail.at(-1);
  const turned = last && Math.abs(shortWay(last.heading, place.heading, 360)) > BEND && time > last.time;
  if (!last || turned || time - last.time >= PIECE) trail.push({ ...place, time });
  while (time - trail[0].time > LASTS) trail.shift();
}

// Draw all wakes on a picture of the whole ocean. Its pen counts in metres.
export function drawWakes(pen, trails, time) {
  const paths = Array.from({ length: SHADES }, () => new Path2D());
  for (const trail of trails) {
    for (let number = 1; number < trail.length; number++) {
      const shade = Math.floor((SHADES * (time - trail[number].time)) / LASTS);
      if (paths[shade]) addPiece(paths[shade], trail[number - 1], trail[number]);
    }
  }
  Object.assign(pen, { strokeStyle: colours.wake, lineWidth: 4, lineCap: "round" });
  for (const [shade, path] of paths.entries()) {
    pen.globalAlpha = 0.8 * (1 - shade / SHADES);
    pen.stroke(path);
  }
  pen.globalAlpha = 1;
}

// A piece that leaves the ocean at one edge comes in at the other: so it is drawn from both of its ends.
function addPiece(path, from, to) {
  const [east, north] = [shortWay(from.x, to.x), shortWay(from.y, to.y)];
  path.moveTo(from.x, ocean.size - from.y); // on a canvas, y grows downwards
  path.lineTo(from.x + east, ocean.size - from.y - north);
  if (Math.abs(from.x + east - to.x) + Math.abs(from.y + north - to.y) < 1) return;
  path.moveTo(to.x - east, ocean.size - to.y + north);
  path.lineTo(to.x, ocean.size - to.y);
}
