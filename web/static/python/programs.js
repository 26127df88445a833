// The programs that this browser keeps. Each has a key of its own, so that no tab overwrites another tab's programs.

export const KEY = "program:";
const [kept, here] = [localStorage, sessionStorage]; // for all tabs, and for this one

export const read = (name) => kept[KEY + name];
export const write = (name, source) => (kept[KEY + name] = source); // raises an error if there is no room for it
export const remove = (name) => delete kept[KEY + name];
export const open = (name) => (here.last = kept.last = name);

export function names() {
  const all = Object.keys(kept).filter((key) => key.startsWith(KEY)).map((key) => key.slice(KEY.length));
  return all.sort((one, other) => one.localeCompare(other, [], { numeric: true }));
}

// Keep a program under a name like this one that is free, and return that name. The same program isn't kept twice.
export function add(wanted, source) {
  const stem = wanted.replace(/\.py$/i, "").replace(/[^\p{L}\p{N} _-]/gu, "").trim().slice(0, 40) || "program";
  for (let number = 1; ; number++) {
    const name = `${stem}${number > 1 ? ` ${number}` : ""}.py`;
    if (read(name) === undefined) write(name, source);
    if (read(name) === source) return name;
  }
}

// The program to open: what a page of the game has sent here, or else the last one of this tab, or of any.
export function last() {
  const sent = JSON.parse(here.sent ?? null);
  delete here.sent;
  return sent ? add(sent.name, sent.source) : [here.last, kept.last, ...names()].find((name) => read(name) !== undefined);
}
