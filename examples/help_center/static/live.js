// The pages work without it. It keeps them up to date: the server tells which ticket has changed, and the page
// that shows it fetches itself and takes over what is new.
"use strict";
{
  const main = document.querySelector("main");
  const me = document.querySelector(".me").dataset.id;
  const myName = document.querySelector(".me-name").textContent;
  const chat = decodeURIComponent(main.dataset.page?.match(/\/tickets\/([^/?]+)$/)?.[1] ?? "");
  const log = document.querySelector("[role=log]");
  const title = document.title;
  let unread = 0;

  // A browser has few connections to a server: one tab has the stream and tells the others.
  const tabs = new BroadcastChannel(`novedades ${me}`);
  tabs.onmessage = ({ data }) => changed(data);
  const tell = (news) => (tabs.postMessage(news), changed(news));
  const stream = () =>
    new Promise((ended) => {
      const source = new EventSource("/novedades");
      source.addEventListener("ticket", ({ data }) => tell({ number: data }));
      source.addEventListener("typing", ({ data }) => tell({ number: data, typing: true }));
      // After an interruption nobody knows what was missed.
      source.addEventListener("all", () => tell({}));
      source.onopen = () => tell({});
      source.onerror = () => source.readyState === EventSource.CLOSED && ended();
    });
  if (navigator.locks) navigator.locks.request(`novedades ${me}`, stream);
  else stream();

  const numbers = new Set();
  let timer;
  function changed({ number, typing }) {
    if (typing && number !== chat) return;
    if (number && !typing) numbers.add(number);
    if (log && number && number !== chat && !document.getElementById("lista")) return;
    clearTimeout(timer);
    // Changes that come together are fetched together.
    timer = setTimeout(() => update().catch(() => {}), 100);
  }

  async function update() {
    const answer = await fetch(chat ? main.dataset.page : location.href, { redirect: "error" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (log) addBubbles(fresh);
    showTyping(fresh.getElementById("escribiendo"));
    const known = new Set(rows().map((row) => row.href));
    for (const part of fresh.querySelectorAll("[data-live]")) replace(part);
    for (const row of rows()) if (!known.has(row.href) || numbers.has(numberOf(row))) markRow(row);
    const version = fresh.querySelector("#escribir [name=version]");
    const present = document.querySelector("#escribir [name=version]");
    // An answer that is being written was begun before: it is checked against what its author had read.
    if (version && present && !present.form.elements.texto.value) present.value = version.value;
  }

  // Who is writing a reply is announced once, and looked at again when it may have ended.
  let typingEnds;
  function showTyping(fresh) {
    const line = document.getElementById("escribiendo");
    if (!line || !fresh) return;
    if (line.textContent.trim() !== fresh.textContent.trim()) line.replaceChildren(...fresh.childNodes);
    clearTimeout(typingEnds);
    const ms = Number(fresh.dataset.ms);
    if (ms > 0) typingEnds = setTimeout(() => update().catch(() => {}), ms + 100);
  }
  showTyping(document.getElementById("escribiendo")?.cloneNode(true));

  // While a reply is being typed, colleagues are told so from time to time.
  const EVERY = 10_000;
  let told = -EVERY;
  addEventListener("input", ({ target }) => {
    const writes = target.id === "texto" && target.value && document.getElementById("escribiendo");
    if (!writes || performance.now() - told < EVERY) return;
    told = performance.now();
    fetch(`${main.dataset.page}/escribiendo`, { method: "POST" }).catch(() => {});
  });

  function addBubbles(fresh) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    let added = 0;
    for (const item of fresh.querySelectorAll(".bubbles > li")) {
      if (document.getElementById(item.id)) continue;
      log.querySelector(".bubbles").append(document.adoptNode(item));
      added += 1;
      if (item.querySelector("bdi").textContent !== myName) mark(item);
    }
    if (added && atEnd) log.scrollTop = log.scrollHeight;
  }

  const badge = () =>
    Object.assign(document.createElement("span"), { className: "badge", textContent: "Nuevo" });

  function mark(bubble) {
    bubble.classList.add("new");
    bubble.querySelector(".who").append(" ", badge());
    if (document.hasFocus()) return;
    unread += 1;
    document.title = `(${unread}) ${title}`;
  }
  addEventListener("focus", () => {
    unread = 0;
    document.title = title;
  });

  const rows = () => [...document.querySelectorAll("#lista a[href*='/tickets/']")];
  const numberOf = (row) => decodeURIComponent(row.pathname.split("/").pop());

  // A list beside a chat marks the other tickets only.
  function markRow(row) {
    const place = row.querySelector(".number") ?? row;
    if (numberOf(row) === chat || place.parentElement.querySelector(".fresh")) return;
    const mark = badge();
    mark.classList.add("fresh");
    place.after(" ", mark);
  }

  // Each time that it is made, a form has another key.
  const shape = (part) => part.outerHTML.replace(/<input type="hidden"[^>]*>/g, "");

  // A part that somebody works in stays as it is; one with an empty field is no work.
  function replace(part) {
    const present = document.getElementById(part.id);
    if (!present || shape(present) === shape(part)) return;
    const active = present.contains(document.activeElement) ? document.activeElement : null;
    if (active && (active.tagName !== "TEXTAREA" || active.value)) return;
    if (present.querySelector("progress, .files [open]")) return;
    if ([...present.querySelectorAll("textarea")].some((field) => field.value)) return;
    if ([...present.querySelectorAll("select, input:not([type=hidden])")].some(isChanged)) return;
    present.replaceWith(document.adoptNode(part));
    if (active) document.getElementById(active.id)?.focus({ preventScroll: true });
  }

  const isChanged = (field) =>
    field.tagName === "SELECT"
      ? [...field.options].some((option) => option.selected !== option.defaultSelected && option.index > 0)
      : field.type === "checkbox" ? field.checked : field.value !== field.defaultValue;
}
