// Runs programs in Python: `new Runner({pyodide, wheels, url, id}, on)` begins to load it in a worker, and `on` hears
//
//   state(word, sentence)   loading, ready, running or failed
//   print(text, kind)       kind is out or err
//   input(prompt)           returns a promise of what was typed
//   request({route, status, milliseconds, bytes})
//   draw(commands)          for picture.js
//   done(error)             null, or {name, line, sentence, traceback}

import { explain } from "./errors.js";

const PAUSE = 50; // milliseconds: what is printed and drawn meanwhile is shown at once
const MOST = 200_000; // characters that are shown at once: of more, the last ones

const shortened = (text) => (text.length > MOST ? `[...]\n${text.slice(-MOST)}` : text);

export class Runner {
  constructor(files, on) {
    [this.files, this.on] = [files, on];
    this.start();
  }

  start() {
    [this.printed, this.drawn, this.next] = [[], [], null];
    this.state("loading", "Python is loading.");
    const worker = (this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
    // What a worker sent before it was stopped may arrive after that.
    worker.onmessage = ({ data: [word, ...details] }) => worker === this.worker && this[word](...details);
    worker.onerror = () => worker === this.worker && this.broken("worker.js does not run");
    worker.postMessage(["load", this.files]);
  }

  state(word, sentence) {
    this.word = word;
    this.on.state(word, sentence);
  }

  // Run a program: now, or as soon as Python is ready.
  run(source, filename) {
    if (this.word === "failed") this.start();
    if (this.word === "loading") return (this.next = [source, filename]);
    this.state("running", "Your program is running.");
    this.worker.postMessage(["run", source, filename]);
  }

  // Stop the program, whatever it does: its Python ends with it, and a new one begins to load.
  stop(name = "KeyboardInterrupt", sentence = "You stopped it.") {
    const wasRunning = this.word === "running";
    this.worker.terminate();
    this.show();
    this.start();
    if (wasRunning) this.on.done({ name, line: null, sentence, traceback: "" });
  }

  // -- What the worker says

  ready(canWait) {
    const note = canWait ? "" : " In this old browser, input() works only outside of functions.";
    this.greeting = `Python is ready.${note}`;
    this.state("ready", this.greeting);
    if (this.next) this.run(...this.next);
  }

  broken(why) {
    if (this.word !== "loading") return this.stop("Crash", "This was too much for Python: it has to begin anew.");
    this.worker.terminate();
    this.state("failed", `Python could not be loaded: ${why}. Run tries it again.`);
  }

  print(text, kind) {
    const last = this.printed.at(-1);
    if (last?.kind === kind) last.text = shortened(last.text + text);
    else this.printed.push({ text: shortened(text), kind });
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
    worker.postMessage(["answer", await this.on.input(prompt)]);
  }

  done(error) {
    this.show();
    this.state("ready", this.greeting);
    this.on.done(error && explain(error));
  }

  showSoon() {
    this.timer ??= setTimeout(() => this.show(), PAUSE);
  }

  show() {
    clearTimeout(this.timer);
    const [printed, drawn] = [this.printed, this.drawn];
    [this.printed, this.drawn, this.timer] = [[], [], null];
    for (const { text, kind } of printed) this.on.print(text, kind);
    if (drawn.length) this.on.draw(drawn);
  }
}
