// The pages work without it. It keeps a form from being sent twice by impatience, shows the newest
// message, and fetches new ones.
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

// What was refused is where the reader should go on.
document.querySelector("[role=alert][tabindex]")?.focus();

const log = document.querySelector("[role=log]");
if (log && !location.hash) log.scrollTop = log.scrollHeight;

const both = (id, fresh) => [fresh.getElementById(id), document.getElementById(id)];

async function poll() {
  const answer = await fetch(log.dataset.poll, { redirect: "error" });
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
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  let news = false;
  for (const bubble of fresh.querySelectorAll(".bubble")) {
    if (document.getElementById(bubble.id)) continue;
    log.querySelector(".bubbles").append(document.adoptNode(bubble));
    news = true;
  }
  if (news && atEnd) log.scrollTop = log.scrollHeight;
}

if (log && "poll" in log.dataset) {
  setInterval(() => {
    // A server that is away for a moment is asked again at the next turn.
    if (!document.hidden) poll().catch(() => {});
  }, EVERY);
}
