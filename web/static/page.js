"use strict";
// On pages with a program in Python: a button that copies it.

const program = document.querySelector("#python");
if (program) addCopyButton(program);

function addCopyButton(program) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    button.textContent = (await copy(program)) ? "Copied!" : "Press Ctrl-C";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  program.after(button);
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
