// Draws what programs say with `from here import picture`: a ship's track on the sea, ["track", x, y] in metres, and
// under it the profile of the sea floor, ["floor", depth] in metres, one sounding beside the other. The page has an <svg>
// with all shapes for it.

const SEA = 900; // metres from edge to edge, and units of the picture
const [SURFACE, GROUND] = [930, 1270]; // of the profile
const METRE = 8; // of depth
const MOST = 3000; // points that are drawn: of more, the last ones

export class Picture {
  constructor(svg) {
    this.svg = svg;
    this.clear();
  }

  clear() {
    [this.track, this.floor] = [[], []];
    this.paint();
  }

  draw(commands) {
    for (const [what, ...numbers] of commands) this[what].push(numbers);
    [this.track, this.floor] = [this.track.slice(-MOST), this.floor.slice(-MOST)];
    this.paint();
  }

  paint() {
    const top = this.floor.length && !this.track.length ? SURFACE : 0;
    const bottom = this.floor.length ? GROUND : SEA;
    this.svg.setAttribute("viewBox", `-5 ${top - 5} ${SEA + 10} ${bottom - top + 10}`);
    const [x, y] = this.track.at(-1) ?? [-SEA, -SEA];
    this.set("track", "d", this.track.map(([x, y], index) => `${this.isFar(index) ? "M" : "L"}${x} ${SEA - y}`).join(""));
    this.set("ship", "transform", `translate(${x} ${SEA - y})`);
    const width = SEA / Math.max(20, this.floor.length);
    const profile = this.floor.map(([depth]) => `V${SURFACE + METRE * depth}h${width}`).join("");
    this.set("depth", "d", `M0 ${SURFACE}${profile}V${SURFACE}`);
    this.set("floor", "d", `M0 ${GROUND}${profile}V${GROUND}`);
  }

  // True for the first point, and for one behind an edge of the sea: from there, ships come in at the opposite edge.
  isFar(index) {
    const [[x, y], [oldX, oldY]] = [this.track[index], this.track[index - 1] ?? [Infinity, Infinity]];
    return Math.max(Math.abs(x - oldX), Math.abs(y - oldY)) > SEA / 2;
  }

  set(name, attribute, value) {
    this.svg.querySelector(`.${name}`).setAttribute(attribute, value);
  }
}
