// Runs programs in Python: `new Runner({pyodide, wheels, url, id}, on)` begins to load it in a worker, and `on` hears
//
//   state(word, sentence)   loading, ready, running or failed
//   print(text, kind)       kind is out or err
//   input(prompt)           returns a promise of what was typed
//   request({route, status, milliseconds, bytes})
//   draw(commands)          for picture.js
//   done(error)             null, or {name, line, sentence, traceback}

import { explain } from "./errors.js";

const FRAME = 50; // milliseconds, in which all that is printed is shown at once
const LONGEST = 200_000; // characters that are shown at once: of more, the last ones

export class Runner {
  constructor(files, on) {
    [this.files, this.on] = [files, on];
    this.start();
  }

  start() {
    [this.printed, this.drawn, this.next] = [[], [], null];
    this.state("loading", "Python is loading.");
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    const { worker } = this;
    // What a worker sent before it was stopped may arrive after that.
    worker.onmessage = ({ data: [word, ...details] }) => worker === this.worker && this[word](...details);
    worker.onerror = (event) => worker === this.worker && this.failed(event.message ?? "worker.js is missing");
    this.post("load", this.files);
  }

  post(...message) {
    this.worker.postMessage(message);
  }

  state(word, sentence) {
    this.word = word;
    this.on.state(word, sentence);
  }

  // Run a program: now, or when Python is there.
  run(source, filename) {
    if (this.word === "failed") this.start();
    if (this.word === "loading") return (this.next = [source, filename]);
    this.filename = filename;
    this.state("running", "Your program is running.");
    this.post("run", source, filename);
  }

  // Stop the program, whatever it does: its Python ends with it, and a new one begins to load.
  stop() {
    const wasRunning = this.word === "running";
    this.worker.terminate();
    this.show();
    if (wasRunning) this.on.done({ name: "KeyboardInterrupt", line: null, sentence: "You stopped it.", traceback: "" });
    this.start();
  }

  // -- What the worker says

  ready(canWait) {
    const old = "Python is ready. In this old browser, input() works only outside of functions.";
    this.state("ready", canWait ? "Python is ready." : old);
    if (this.next) this.run(...this.next.splice(0));
  }

  failed(why) {
    this.worker.terminate();
    this.state("failed", `Python could not be loaded: ${why}. Run tries it again.`);
  }

  print(text, kind) {
    const last = this.printed.at(-1);
    if (last?.kind === kind) last.text = (last.text + text).slice(-LONGEST);
    else this.printed.push({ text, kind });
    this.showSoon();
  }

  draw(command) {
    this.drawn.push(command);
    this.showSoon();
  }

  request(facts) {
    this.show();
    this.on.request(facts);
  }

  async input(prompt) {
    this.show();
    const { worker } = this;
    const text = await this.on.input(prompt);
    if (worker === this.worker) this.post("answer", text);
  }

  done(error) {
    this.show();
    this.state("ready", "Python is ready.");
    this.on.done(error && explain(error));
  }

  // -- Many small things are shown together

  showSoon() {
    this.timer ??= setTimeout(() => this.show(), FRAME);
  }

  show() {
    clearTimeout(this.timer);
    this.timer = null;
    const [printed, drawn] = [this.printed, this.drawn];
    [this.printed, this.drawn] = [[], []];
    for (const { text, kind } of printed) this.on.print(text, kind);
    if (drawn.length) this.on.draw(drawn);
  }
}
