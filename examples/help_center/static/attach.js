// Uploads files as soon as they are chosen, dropped or pasted, and shows how far they are. Without it they
// go with the form.
"use strict";

addEventListener("change", ({ target }) => {
  if (target.matches(".files input[type=file]")) take(target, target.files);
  if (target.matches(".files input[type=checkbox]")) updateText(target.form);
});

// Files may be dropped anywhere on a form that takes some.
const inputAt = (target) => target.closest?.("form")?.querySelector(".files input[type=file]");
for (const kind of ["dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    const input = inputAt(event.target);
    if (!input || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    input.closest(".files").classList.toggle("over", kind === "dragover");
    if (kind === "drop") take(input, event.dataTransfer.files);
  });
}
addEventListener("paste", (event) => {
  const input = event.clipboardData?.files.length && inputAt(event.target);
  if (!input) return;
  event.preventDefault();
  take(input, event.clipboardData.files);
});

// A form that is sent while files are on their way waits for them.
addEventListener(
  "submit",
  (event) => {
    if (!event.target.querySelector(".files progress")) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.waiting = event.submitter ?? true;
  },
  true,
);

const chips = (form) => [...form.querySelectorAll(".files .chip")];
const isKept = (chip) => chip.querySelector("progress, :checked");

function take(input, files) {
  const most = Number(input.dataset.max);
  const room = Math.max(0, most - chips(input.form).filter(isKept).length);
  say(input, files.length > room ? `Un mensaje admite hasta ${most} archivos.` : "");
  for (const file of [...files].slice(0, room)) send(input, file);
  input.value = "";
}

function send(input, file) {
  const { form } = input;
  const name = Object.assign(document.createElement("bdi"), { textContent: file.name });
  const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  progress.setAttribute("aria-label", `Subiendo ${file.name}`);
  const chip = Object.assign(document.createElement("li"), { className: "chip" });
  chip.append(name, " ", progress);
  input.closest(".files").querySelector(".chips").append(chip);

  const request = new XMLHttpRequest();
  const fail = (text) => {
    chip.remove();
    say(input, `${file.name}: ${text}`);
    ended(form, false);
  };
  request.upload.onprogress = ({ loaded, total }) => (progress.value = loaded / total);
  request.onerror = () => fail("no se pudo subir. Inténtalo de nuevo.");
  request.onload = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {}
    if (!answer.id) return fail(answer.text ?? "no se pudo subir. Inténtalo de nuevo.");
    const box = Object.assign(document.createElement("input"), {
      type: "checkbox",
      name: "archivo",
      value: answer.id,
      checked: true,
    });
    const label = document.createElement("label");
    const size = Object.assign(document.createElement("span"), { className: "hint", textContent: answer.size });
    label.append(box, " ", Object.assign(name, { textContent: answer.name }), " ", size);
    chip.replaceChildren(label);
    ended(form, true);
  };
  request.open("POST", `/archivos?nombre=${encodeURIComponent(file.name)}`);
  request.send(file);
}

function ended(form, isUploaded) {
  updateText(form);
  if (form.querySelector(".files progress")) return;
  const { waiting } = form;
  delete form.waiting;
  // Whoever sent a file that didn't arrive is told so first.
  if (waiting && isUploaded) form.requestSubmit(waiting === true ? undefined : waiting);
}

// A file says enough by itself, in an answer.
function updateText(form) {
  const field = form.elements.texto;
  if (field) field.required = !chips(form).some(isKept);
}

function say(input, text) {
  const place = input.closest(".files");
  place.querySelector(".error")?.remove();
  if (!text) return;
  const error = Object.assign(document.createElement("p"), { className: "error", textContent: text });
  error.setAttribute("role", "alert");
  place.append(error);
}
