// The map, as the page /map begins it. Charts come from Live or from a Replay, and go to the Picture and to the words over it.
//
// To look inside, open the browser's console and type: ships   or   placeOf(ships.get("Clem"))

import { Card } from "./card.js";
import { playAgain } from "./controls.js";
import { Live } from "./live.js";
import { Picture } from "./picture.js";
import { say, showTable, showWords } from "./words.js";

const followed = new URLSearchParams(location.search).get("follow")?.trim().normalize("NFKC");
const source = document.getElementById("again") ? playAgain(show, say) : new Live(show, say);
const picture = new Picture(document.querySelector(".square"), () => source.time(), followed);
const card = new Card(picture);
const { fleet, view } = picture;

function show(chart) {
  picture.show(chart);
  showWords(picture, chart);
  card.refresh();
}

document.querySelector("details").addEventListener("toggle", () => showTable(picture));
Object.assign(globalThis, { source, picture, view, ships: fleet.ships, placeOf: (ship) => fleet.placeOf(ship) });
source.begin();
