// Draws what a program says with `from here import picture`: lists of ["track", x, y] and ["floor", depth].
export class Picture {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
  }

  clear() {
    this.commands = [];
  }

  draw(commands) {
    this.commands.push(...commands);
  }
}
