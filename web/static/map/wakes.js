// Wakes: the way of each ship in the last minutes, fainter where it is older.

import { ocean, shortWay } from "./places.js";
import { colours } from "./view.js";

const AGES = [40, 90, 150]; // seconds: what is younger is drawn once more, and so is brighter
const PIECE = 5; // seconds of a wake that is one straight line, unless the ship turns
const BEND = 8; // degrees

// Note a point of a ship's wake where it turns, and now and then.
export function note(trail, place, time) {
  const last = trail.at(-1);
  const turned = last && Math.abs(shortWay(last.heading, place.heading, 360)) > BEND && time > last.time;
  if (!last || turned || time - last.time >= PIECE) trail.push({ ...place, time });
  while (time - trail[0].time > AGES.at(-1)) trail.shift();
}

// Draw a wake on a picture of the whole ocean. Its pen counts in metres.
export function drawWake(pen, trail, time) {
  Object.assign(pen, { strokeStyle: colours.wake, lineWidth: 4, lineCap: "round", globalAlpha: 0.4 });
  for (const age of AGES) {
    pen.beginPath();
    const first = Math.max(trail.findIndex((point) => time - point.time < age), 1);
    for (let number = first; number < trail.length; number++) addPiece(pen, trail[number - 1], trail[number]);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

// A piece that leaves the ocean at one edge comes in at the other: so it is drawn from both of its ends.
function addPiece(pen, from, to) {
  const [east, north] = [shortWay(from.x, to.x), shortWay(from.y, to.y)];
  pen.moveTo(from.x, ocean.size - from.y); // on a canvas, y grows downwards
  pen.lineTo(from.x + east, ocean.size - from.y - north);
  if (Math.abs(from.x + east - to.x) + Math.abs(from.y + north - to.y) < 1) return;
  pen.moveTo(to.x - east, ocean.size - to.y + north);
  pen.lineTo(to.x, ocean.size - to.y);
}
