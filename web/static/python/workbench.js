// The page /python: the program that is open, the Python that runs it, and the page's buttons and keys.

import { Console, make } from "./console.js";
import { Editor } from "./editor.js";
import { Picture } from "./picture.js";
import * as programs from "./programs.js";
import { Runner } from "./runner.js";
import { addRequest } from "./traffic.js";

const FIRST_LINES = "import requests\nfrom here import url, my_id\n\n"; // of a new program

const at = (id) => document.getElementById(id);
const say = (sentence) => (at("state").textContent = sentence);
const editor = new Editor(at("editor"), { change: keep, leave: () => at("run").focus() });
const output = new Console(at("console"), (line) => editor.goTo(line));
const picture = new Picture(at("picture"));
const { pyodide, wheels, id } = at("workbench").dataset;
const frontDoor = new URL("../../", import.meta.url);
const first = editor.source;
let name; // of the program that is open
let cameFrom; // what had the focus when a program was started
openLast();

// ---- Programs ----

function open(wanted) {
  programs.open((name = wanted));
  editor.open(programs.read(name));
  listPrograms();
}

function openLast() {
  open(programs.last() ?? programs.add("loop", first));
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

function copy(wanted, source, line = 1) {
  open(programs.add(wanted, source));
  editor.goTo(line);
}

function rename() {
  const wanted = prompt(`A new name for ${name}:`, name);
  if (!wanted) return;
  programs.remove(name);
  open(programs.add(wanted, editor.source));
}

function remove() {
  if (!confirm(`Delete ${name} for ever?`)) return;
  programs.remove(name);
  openLast();
}

async function takeFile() {
  const [file] = at("file").files;
  copy(file.name, (await file.text()).replaceAll("\r\n", "\n"));
  at("file").value = ""; // so that the same file can be opened again
}

// What another tab does to this program, happens here too.
function follow({ key, newValue }) {
  listPrograms();
  if (key !== programs.KEY + name || newValue === editor.source) return;
  newValue === null ? openLast() : editor.open(newValue);
}

// ---- Running ----

const files = {
  pyodide: frontDoor.pathname + pyodide,
  wheels: wheels.split(" ").map((wheel) => frontDoor.pathname + wheel),
  url: frontDoor.href,
  id,
};
const runner = new Runner(files, {
  print: (text, kind) => output.print(text, kind),
  input: (prompt) => output.ask(prompt),
  request: (facts) => addRequest(at("bars"), at("requests"), facts),
  draw(commands) {
    at("workbench").classList.add("drawn");
    picture.draw(commands);
  },
  state(word, sentence) {
    at("workbench").dataset.state = word;
    at("run").disabled = word === "running";
    at("stop").disabled = word !== "running";
    say(sentence);
  },
  done(error) {
    output.endAsking("\n");
    if (error?.traceback) output.explain(error);
    else if (error) output.print(`${error.sentence}\n`, "quiet");
    if (error?.line) editor.mark(error.line);
    if (at("console").contains(document.activeElement)) cameFrom.focus();
  },
});

function run() {
  if (at("run").disabled) return;
  editor.unmark();
  output.clear();
  picture.clear();
  at("workbench").classList.remove("drawn");
  cameFrom = document.activeElement;
  at("console").focus();
  runner.run(editor.source, name);
}

// ---- Buttons and keys ----

const clicked = {
  run,
  rename,
  remove,
  stop: () => at("stop").disabled || runner.stop(),
  clear: () => output.clear(),
  new: () => copy("program", FIRST_LINES, 4),
  choose: () => at("file").click(),
  download: () => make("a", { href: URL.createObjectURL(new Blob([editor.source])), download: name }).click(),
};
for (const [id, act] of Object.entries(clicked)) at(id).onclick = act;
for (const one of document.querySelectorAll("#examples button")) one.onclick = () => copy(one.name, one.value);
for (const menu of document.querySelectorAll(".menu")) menu.addEventListener("click", () => menu.hidePopover());
at("program").onchange = () => open(at("program").value);
at("file").onchange = takeFile;
window.onstorage = follow;

window.onkeydown = (event) => {
  // As in a terminal, Ctrl-C stops a program. But in the editor, or where text is selected, it copies.
  const stops = at("console").contains(document.activeElement) && !String(getSelection());
  const keys = { enter: run, s: () => say("Your programs are kept as you type."), c: stops && clicked.stop };
  const act = (event.ctrlKey || event.metaKey) && keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
};
