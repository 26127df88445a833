// The server's clock: it learns from each answer what that clock says, and goes on by itself in between.

export function now() {
  return performance.now() / 1000;
}

const EASE = 1; // seconds in which it makes up for most of an error that it has found

export class Clock {
  samples = []; // of the newest answers: how long each took, and the server's clock minus ours (seconds)
  error = 0; // seconds by which it was wrong before the newest answer
  learned = 0; // when that came

  // The server's time, in seconds. It never jumps, or ships would.
  time() {
    return this.truth() + this.error * Math.exp((this.learned - now()) / EASE);
  }

  truth() {
    return now() + (this.samples.length ? this.bestSample().offset : 0);
  }

  // The quickest answer tells the time best: it had the least time to grow old on its way.
  bestSample() {
    return this.samples.reduce((best, sample) => (sample.took < best.took ? sample : best));
  }

  learn(asked, answered, time) {
    const sample = { took: answered - asked, offset: time - (asked + answered) / 2 };
    const shown = this.time();
    const known = this.samples.length && this.bestSample();
    if (known && Math.abs(sample.offset - known.offset) > 1 + sample.took) this.samples = []; // somebody set a clock
    this.samples.push(sample);
    if (this.samples.length > 30) this.samples.shift();
    const error = shown - this.truth();
    Object.assign(this, { error: Math.abs(error) < 1 ? error : 0, learned: now() }); // a clock that was set does jump
  }
}
