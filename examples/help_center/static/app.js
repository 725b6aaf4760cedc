// The pages work without it. It keeps a form from being sent twice by impatience, keeps what is being
// written, and shows the newest message.
"use strict";

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

const { page } = document.querySelector("main").dataset;

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
  if (!target.value && !target.defaultValue) return sessionStorage.removeItem(draftOf(target));
  sessionStorage.setItem(draftOf(target), JSON.stringify({ text: target.value, key: key.value }));
}
addEventListener("input", keep);

function restore() {
  for (const field of document.querySelectorAll("form textarea")) {
    const kept = sessionStorage.getItem(draftOf(field));
    const draft = kept && JSON.parse(kept);
    const key = field.form.elements.clave;
    // What the server shows has been refused; what was written since then has its key.
    if (field.value && draft?.key !== key?.value) keep({ target: field });
    else if (draft) ({ text: field.value, key: key.value } = draft);
  }
}
if (page && person) restore();

// A canned reply goes where the cursor is, and leaves what is written.
addEventListener("click", (event) => {
  const text = event.target.closest("a[data-text]")?.dataset.text;
  const field = document.getElementById("texto");
  if (text === undefined || !field) return;
  event.preventDefault();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

const log = document.querySelector("[role=log]");
// Where the window has no room for the whole chat, its end is what matters.
if (log && !location.hash) {
  document.querySelector(".chatting #escribir")?.scrollIntoView({ block: "end", behavior: "instant" });
}

// What was refused is where the reader should go on.
document.querySelector("[role=alert][tabindex]")?.focus();
