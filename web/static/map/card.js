// The card of a ship: what everybody may know of it, for who clicks on the ship or its name.

import { now } from "./clock.js";
import { ask } from "./live.js";
import { iconOf } from "./ships.js";
import { element, followLink } from "./words.js";

export class Card {
  constructor(picture) {
    Object.assign(this, { picture, card: document.getElementById("card") });
    picture.element.addEventListener("click", (event) => {
      this.name = picture.shipAt(event);
      if (this.name) this.show().then(() => this.card.showPopover());
    });
  }

  // Fill it again, once a second, with what is true now.
  refresh() {
    if (this.card.matches(":popover-open") && now() - this.shown >= 1) this.show();
  }

  async show() {
    this.shown = now();
    const ship = this.picture.fleet.ships.get(this.name);
    const { reply, look, badges, seamounts, treasures, asked } = await ask("ship", { name: this.name });
    if (look === undefined) return this.card.replaceChildren(element("p", reply));
    const follow = followLink(this.name, "Follow this ship");
    const facts = Object.entries({
      course: ship ? `heading ${ship.heading.toFixed(0)}, speed ${ship.speed.toFixed(1)}` : "not on the map now",
      badges: badges.join(", "),
      discovered: seamounts.join(", "),
      aboard: treasures.join(", "),
      "asked last": asked,
    }).map(([name, text]) => element("div", element("dt", name), element("dd", text || "-")));
    this.card.replaceChildren(iconOf(look, 40), element("h2", element("bdi", this.name)), element("dl", ...facts), follow);
  }
}
