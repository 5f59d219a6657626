/* What pages do beyond plain HTML; each page reads and each form works without this file. */
"use strict";

// "/" goes to the search field, as people know it from elsewhere
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-slash]");
  if (search) { event.preventDefault(); search.focus(); }
});

// one press, one post: a second press while the first is on its way does nothing
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-once]").forEach((form) => { delete form.dataset.sent; });
});

// table rows without a round trip; the buttons post the form where this file does not run
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add_row], button[name=remove_row]");
  if (!button) return;
  const table = button.closest("[data-rows]");
  const rows = table.querySelector(".row-list");
  event.preventDefault();
  if (button.name === "remove_row") { button.closest(".row-card").remove(); }
  else { rows.append(newRow(table)); rows.lastElementChild.querySelector("input, textarea, select")?.focus(); }
  rows.querySelectorAll("[data-row-label]").forEach((label, index) => { label.textContent = `Row ${index + 1}`; });
  table.closest("form").dataset.written = "yes";
});

function newRow(table) {
  const next = Number(table.dataset.next || table.querySelectorAll(".row-card").length);
  table.dataset.next = String(next + 1);
  const row = table.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const element of row.querySelectorAll("*")) {
    for (const attribute of ["id", "name", "for", "value", "aria-describedby"]) {
      const said = element.getAttribute(attribute);
      if (said?.includes("__row__")) element.setAttribute(attribute, said.replaceAll("__row__", String(next)));
    }
  }
  return row;
}

// a page that was left alone is covered; what was being written goes with it, sealed for its owner (URS-ACC-04)
const idle = Number(document.body.dataset.idleSeconds || 0) * 1000;
const windows = "BroadcastChannel" in window ? new BroadcastChannel("indelible") : null;
let last = Date.now();
let told = Date.now();
function acted() {
  last = Date.now();
  if (!idle || last - told < 120000) return;
  told = last;
  windows?.postMessage("acted");
  fetch("/attended", { credentials: "same-origin" });
}
windows?.addEventListener("message", () => { last = Date.now(); });
for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) {
  document.addEventListener(kind, (event) => { if (event.isTrusted) acted(); }, { passive: true });
}
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) form.dataset.written = "yes";
});
function lockPage() {
  const form = document.querySelector("form[data-keep][data-written]");
  if (!form) { window.location.assign(`/locked?next=${encodeURIComponent(location.pathname + location.search)}`); return; }
  delete form.dataset.sent;
  form.querySelectorAll("input[type=password]").forEach((input) => { input.value = ""; });
  const address = document.createElement("input");
  Object.assign(address, { type: "hidden", name: "kept_from", value: location.pathname });
  form.append(address);
  form.action = "/locked";
  HTMLFormElement.prototype.submit.call(form);
}
if (idle) {
  window.setInterval(() => { if (Date.now() - last >= idle) { last = Infinity; lockPage(); } }, 1000);
}
