// The pages work without it. It keeps a form from being sent twice by impatience, keeps what is being
// written, shows the newest message, and fetches new ones.
"use strict";

const EVERY = 5_000;

// After the browser has checked and taken the form, so that neither is disturbed.
addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-once]")) setTimeout(() => disable(target, true));
});

// Back from the next page the form is to be used again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) disable(form, false);
});

function disable(form, disabled) {
  for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = disabled;
}

// The server writes times for this zone from the next page on.
document.cookie = `zona=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

// A form that was refused has another address: loaded again, it would be sent as it was.
const { page } = document.querySelector("main").dataset;
if (page && page !== location.pathname) history.replaceState(null, "", page);

// What is written stays in this tab, for this person, page and field, until it was sent: the server then
// gives the key of the form in a cookie.
const person = document.querySelector(".me")?.dataset.id;
const SENT = /(?:^|; )enviado=([^;]*)/;
const draftOf = (field) => `borrador ${person} ${page} ${field.name}`;

const sent = document.cookie.match(SENT)?.[1];
if (sent) {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith("borrador ") && JSON.parse(sessionStorage[name]).key === sent) {
      sessionStorage.removeItem(name);
    }
  }
  document.cookie = "enviado=; path=/; max-age=0";
}

function keep({ target }) {
  const key = target.form?.elements.clave;
  if (!page || !person || !key || target.tagName !== "TEXTAREA") return;
  if (!target.value) return sessionStorage.removeItem(draftOf(target));
  sessionStorage.setItem(draftOf(target), JSON.stringify({ text: target.value, key: key.value }));
}
addEventListener("input", keep);

function restore() {
  for (const field of document.querySelectorAll("form textarea")) {
    const kept = sessionStorage.getItem(draftOf(field));
    if (field.value) keep({ target: field });
    else if (kept) ({ text: field.value, key: field.form.elements.clave.value } = JSON.parse(kept));
  }
}
if (page && person) restore();

const log = document.querySelector("[role=log]");
// Where the window has no room for the whole chat, its end is what matters.
if (log && !location.hash) {
  document.querySelector(".chatting #escribir")?.scrollIntoView({ block: "end", behavior: "instant" });
}

// What was refused is where the reader should go on.
document.querySelector("[role=alert][tabindex]")?.focus();

const both = (id, fresh) => [fresh.getElementById(id), document.getElementById(id)];

async function poll() {
  const answer = await fetch(page, { redirect: "error" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [status, shown] = both("estado-actual", fresh);
  if (status.textContent !== shown.textContent) {
    shown.replaceWith(document.adoptNode(status));
    // What can be done now, unless somebody is writing.
    const [write, present] = both("escribir", fresh);
    if (!present.querySelector("textarea")?.value) {
      const inside = present.contains(document.activeElement);
      present.replaceWith(document.adoptNode(write));
      if (inside) write.querySelector("textarea")?.focus({ preventScroll: true });
    }
  }
  for (const bubble of fresh.querySelectorAll(".bubble")) {
    if (document.getElementById(bubble.id)) continue;
    log.querySelector(".bubbles").append(document.adoptNode(bubble));
  }
}

if (log && "poll" in log.dataset) {
  setInterval(() => {
    // A server that is away for a moment is asked again at the next turn.
    if (!document.hidden) poll().catch(() => {});
  }, EVERY);
}
