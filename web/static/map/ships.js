// How ships look. Colour and hull tell 28 of them apart, and the sail helps who can't tell the colours.

import { newPen } from "./view.js";

// Okabe and Ito's colours, which the colour-blind can tell apart too. Their eighth is that of the sea.
export const COLOURS = ["#0072b2", "#d55e00", "#f0e442", "#000000", "#009e73", "#cc79a7", "#e69f00"];
const INK = "#0b2a3a";

// Shapes of a ship that heads north and is about 1 long.
const HULLS = [
  "M0-.6C.33-.25.33.15.22.5H-.22C-.33.15-.33-.25 0-.6Z", // a sloop
  "M-.2-.58Q-.04-.2-.08-.14H.08Q.04-.2.2-.58 .36-.2.34.5H.08V.3H-.08V.5H-.34Q-.36-.2-.2-.58Z", // a catamaran
  "M-.2-.5H.2L.3-.38V.42L.2.5H-.2L-.3.42V-.38Z", // a barge
  "M0-.66L.36.4Q0 .62-.36.4Z", // a dart
];
const SAILS = [
  "M0-.32L.18.2H-.18Z", // a triangle
  "M-.22-.12H.22V0H-.22ZM-.22.14H.22V.26H-.22Z", // two bars
  "M.17.06A.17.17 0 1 1-.17.06 .17.17 0 1 1 .17.06Z", // a disc
  "M-.06-.26H.06V-.02H.22V.1H.06V.34H-.06V.1H-.22V-.02H-.06Z", // a cross
];
const ROBOT = {
  colour: "#ffffff",
  hull: "M0-.55L.42-.2V.3L0 .55-.42.3V-.2Z",
  sail: "M-.2-.1h.14v.16h-.14ZM.06-.1h.14v.16h-.14ZM-.16.16h.32v.08h-.32Z",
};

// What a look, a whole number, stands for. 112 looks are different.
export function liveryOf(look) {
  if (look < 0) return ROBOT;
  const [colour, hull, sail] = [look % 7, Math.floor(look / 7) % 4, (look + Math.floor(look / 28)) % 4];
  return { colour: COLOURS[colour], hull: HULLS[hull], sail: SAILS[sail] };
}

// A picture of a ship that is so many pixels long, and heads somewhere.
export function paintShip(look, length, heading = 0) {
  const { colour, hull, sail } = liveryOf(look);
  const side = Math.ceil(1.6 * length);
  const pen = newPen(side, side);
  pen.translate(side / 2, side / 2);
  pen.rotate((heading * Math.PI) / 180);
  pen.scale(length, length);
  pen.lineJoin = "round";
  paint(pen, new Path2D(hull), "#fff", 0.24, "#fff");
  paint(pen, new Path2D(hull), colour, 0.09, INK);
  paint(pen, new Path2D(sail), "#fff", 0.1, INK);
  return pen.canvas;
}

// The same as an element of a page.
export function iconOf(look, length) {
  const picture = paintShip(look, length);
  const icon = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  icon.getContext("2d").drawImage(picture, 0, 0);
  return icon;
}

function paint(pen, shape, fillStyle, lineWidth, strokeStyle) {
  Object.assign(pen, { fillStyle, lineWidth, strokeStyle });
  pen.stroke(shape);
  pen.fill(shape);
}
