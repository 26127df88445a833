// Places on an ocean that wraps at its edges: x metres to the east, y metres to the north.

export const ocean = { size: 900 }; // metres from edge to edge, as the newest chart says

export function wrap(metres) {
  return ((metres % ocean.size) + ocean.size) % ocean.size;
}

// The short way from one number to another on a circle: of metres, or of degrees.
export function shortWay(from, to, around = ocean.size) {
  return ((((to - from + around / 2) % around) + around) % around) - around / 2;
}

// Dead reckoning: where a ship is that has sailed on for some seconds, as if there were no edges.
export function reckon({ x, y, heading, speed }, seconds) {
  const course = (heading * Math.PI) / 180;
  return { x: x + Math.sin(course) * speed * seconds, y: y + Math.cos(course) * speed * seconds, heading };
}
