"use strict";
// On pages with a program in Python: buttons that copy it, and that open it on the page /python. On those of the
// harbour: a form for its key, and the class. Times are shown as the clocks here show them, and what is in the form of a
// puzzle can be typed over.

const frontDoor = document.querySelector("a.home").href;
const program = document.querySelector("#python");
if (program) program.after(copyButton(program), runButton(program));
const lock = document.querySelector("#lock");
if (lock) lock.addEventListener("submit", openHarbour);
document.querySelectorAll("time").forEach(showAsHere);
const answer = document.querySelector("input[autofocus]");
if (answer) selectWhenFocused(answer);

if (document.querySelector("#class")) setInterval(refreshClass, 5000);

// The leader sees the class as it is now, but nothing changes under a key or a finger.
async function refreshClass() {
  const shown = document.querySelector("#class");
  if (document.hidden || shown.querySelector(":is(a, button):focus")) return;
  const fresh = await fetch(`${frontDoor}harbour`, { headers: { Accept: "text/html" } }).then((answer) => answer.text(), () => "");
  const newest = new DOMParser().parseFromString(fresh, "text/html").querySelector("#class");
  shown.classList.toggle("stale", !newest);
  if (!newest) return;
  const scrolled = shown.querySelector(".wide").scrollLeft;
  shown.replaceWith(newest);
  newest.querySelector(".wide").scrollLeft = scrolled;
}

function selectWhenFocused(input) {
  if (document.activeElement === input) input.select();
  else input.addEventListener("focus", input.select, { once: true });
}

function showAsHere(element) {
  const [time, now] = [new Date(element.dateTime), new Date()];
  const day = time.toDateString() === now.toDateString() ? {} : { day: "numeric", month: "short" };
  element.textContent = time.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
}

function makeButton(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

function copyButton(program) {
  const button = makeButton("Copy", async () => {
    button.textContent = (await copy(program)) ? "Copied!" : "Press Ctrl-C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}

// The page /python finds the program in this tab, and knows the id of whoever plays here. It runs nothing by itself.
function runButton(program) {
  return makeButton("Run it here", () => {
    let source = program.textContent;
    if (source.includes("'id': 'YOUR-ID'")) {
      source = source.replace("'id': 'YOUR-ID'", "'id': my_id").replace("\n", "\nfrom here import my_id\n\n");
    }
    sessionStorage.sent = JSON.stringify({ name: location.pathname.replaceAll("/", " "), source: `${source}\n` });
    location.assign(`${frontDoor}python`);
  });
}

// Browsers have a clipboard only for https and for this computer. Elsewhere the old way still works: select and copy.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

// The key goes into a header: a browser keeps no history of those, and no other site can send it. While many wrong keys
// come from our network, the server takes the right one only from who keeps asking.
async function openHarbour(event) {
  event.preventDefault();
  const [input, button, news] = lock.querySelectorAll("input, button, [role=status]");
  const headers = { Accept: "application/json", "X-Harbour-Key": encodeURIComponent(input.value) };
  button.disabled = true;
  try {
    const answer = await fetch(`${frontDoor}harbour`, { headers });
    if (answer.ok) return location.assign(`${frontDoor}harbour`);
    const { reply, wait } = await answer.json();
    news.textContent = wait ? "Many wrong keys came from your network. I keep asking: that takes a minute." : reply;
    if (wait) return setTimeout(() => openHarbour(event), wait * 1000);
  } catch {
    news.textContent = "The server does not answer.";
  }
  button.disabled = false;
}
