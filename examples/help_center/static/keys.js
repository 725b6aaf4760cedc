// Shortcuts, and the box that chooses all tickets. Nothing needs them.
"use strict";

const help = document.getElementById("atajos");
const singles = document.getElementById("atajos-activos");
if (singles) {
  singles.checked = localStorage.atajos !== "no";
  singles.addEventListener("change", () => { localStorage.atajos = singles.checked ? "si" : "no"; });
}

function move(by) {
  const links = [...document.querySelectorAll(".desk-rows a.number, .tickets a")];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? links[0] : links[Math.min(Math.max(at + by, 0), links.length - 1)];
  next?.focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.querySelector("input[name=numero]")?.focus(),
  "?": () => help?.showModal(),
};

addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (key === "Enter" && (ctrlKey || metaKey) && target.matches("textarea")) {
    event.preventDefault();
    // Not while it is being sent.
    const button = target.form?.querySelector("button:not([type=button])");
    if (button && !button.disabled) target.form.requestSubmit();
    return;
  }
  // Letters that are typed are no shortcuts, and some readers speak to their browser.
  if (!singles?.checked || help.open || ctrlKey || metaKey || altKey) return;
  if (target.matches("input:not([type=checkbox]), select, textarea") || !Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

const all = document.getElementById("elegir-todos");
if (all) {
  const boxes = () => [...document.querySelectorAll("input[name=ticket]")];
  const show = () => { all.checked = boxes().every((box) => box.checked); };
  all.closest("[hidden]").hidden = false;
  all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
  all.form.addEventListener("change", show);
  addEventListener("pageshow", show);
}
