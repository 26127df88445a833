// The page /python: the program that is open, the Python that runs it, and the page's buttons and keys.

import { Console, make } from "./console.js";
import { Editor } from "./editor.js";
import { Picture } from "./picture.js";
import * as programs from "./programs.js";
import { Runner } from "./runner.js";
import { Traffic } from "./traffic.js";

const FIRST_LINES = "import requests\nfrom here import url, my_id\n\n";

const at = (id) => document.getElementById(id);
const { pyodide, wheels, id } = at("workbench").dataset;
const editor = new Editor(at("editor"), { change: keep, leave: () => at("run").focus() });
const output = new Console(at("console"), (line) => editor.goTo(line));
const traffic = new Traffic(at("bars"), at("requests"));
const picture = new Picture(at("picture"));
let name; // of the program that is open
let cameFrom; // what had the focus when a program was started
open(programs.last() ?? programs.add("loop", editor.source));
const runner = new Runner({ pyodide, wheels: wheels.split(" "), url: `${location.origin}/`, id }, {
  state: showState,
  print: (text, kind) => output.print(text, kind),
  input: (prompt) => output.ask(prompt),
  request: (facts) => traffic.add(facts),
  draw,
  done,
});

// ---- Programs ----

function open(wanted) {
  programs.open((name = wanted));
  editor.open(programs.read(name));
  listPrograms();
}

function listPrograms() {
  at("program").replaceChildren(...programs.names().map((one) => make("option", { selected: one === name }, one)));
}

function keep(source) {
  try {
    programs.write(name, source);
  } catch {
    say("This browser has no room for this program. Download it, and delete old ones.");
  }
}

function copy(wanted, source) {
  open(programs.add(wanted, source));
  editor.goTo(1);
}

function rename() {
  const wanted = prompt(`A new name for ${name}:`, name);
  if (!wanted || wanted === name) return;
  programs.remove(name);
  open(programs.add(wanted, editor.source));
}

function remove() {
  if (confirm(`Delete ${name} for ever?`)) [programs.remove(name), openLast()];
}

function openLast() {
  open(programs.last() ?? programs.add("program", FIRST_LINES));
}

function download() {
  make("a", { href: URL.createObjectURL(new Blob([editor.source])), download: name }).click();
}

async function takeFile() {
  const [file] = at("file").files;
  copy(file.name, (await file.text()).replaceAll("\r\n", "\n"));
  at("file").value = ""; // so that the same file can be opened again
}

// What another tab has done.
function follow({ key, newValue }) {
  listPrograms();
  if (key === programs.KEY + name && newValue !== editor.source) newValue === null ? openLast() : editor.open(newValue);
}

// ---- Running ----

function run() {
  if (at("run").disabled) return;
  [editor.unmark(), output.clear(), picture.clear()];
  at("picture").hidden = true;
  cameFrom = document.activeElement;
  at("console").focus();
  runner.run(editor.source, name);
}

function showState(word, sentence) {
  at("workbench").dataset.state = word;
  at("run").disabled = word === "running";
  at("stop").disabled = word !== "running";
  say(sentence);
}

function say(sentence) {
  at("state").textContent = sentence;
}

function draw(commands) {
  at("picture").hidden = false;
  picture.draw(commands);
}

function done(error) {
  output.endAsking();
  if (error?.traceback) output.explain(error);
  else if (error) output.print(`${error.sentence}\n`, "quiet");
  if (error?.line) editor.mark(error.line);
  if (at("console").contains(document.activeElement)) cameFrom.focus();
}

// ---- Buttons and keys ----

const buttons = { run, rename, download, delete: remove, choose: () => at("file").click(), clear: () => output.clear() };
buttons.stop = () => runner.stop();
buttons.new = () => copy("program", FIRST_LINES);
for (const [id, act] of Object.entries(buttons)) at(id).addEventListener("click", act);
for (const menu of document.querySelectorAll("[popover]")) menu.addEventListener("click", () => menu.hidePopover());
at("examples").addEventListener("click", ({ target }) => target.closest("button") && copy(target.closest("button").name, target.closest("button").value));
at("program").addEventListener("change", () => open(at("program").value));
at("file").addEventListener("change", takeFile);
addEventListener("storage", follow);

const keys = {
  Enter: run,
  s: () => say("Your programs are kept in this browser as you type."),
  c: () => at("stop").click(),
};

addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || !(event.key in keys)) return;
  // As in a terminal, Ctrl-C stops a program. In the editor, or with a text selected, it copies.
  if (event.key === "c" && (String(getSelection()) || !at("console").contains(document.activeElement))) return;
  event.preventDefault();
  keys[event.key]();
}, true);
