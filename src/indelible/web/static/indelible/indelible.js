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

// passkeys: the page fetches a question, the browser asks the device, the form carries the answer (WebAuthn)
const canAskDevice = "PublicKeyCredential" in window;
if (canAskDevice) document.querySelectorAll("[data-needs-device]").forEach((one) => { one.hidden = false; });

const fromText = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function asQuestion(options) {
  const question = { ...options, challenge: fromText(options.challenge) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) question[list] = options[list].map((one) => ({ ...one, id: fromText(one.id) }));
  }
  if (options.user) question.user = { ...options.user, id: fromText(options.user.id) };
  return question;
}

function asAnswer(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "authenticatorData", "signature", "attestationObject"]) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  const id = toText(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response, clientExtensionResults: {} });
}

// a question, or the page that refused it, which then takes this page's place; null for the latter
async function fetchQuestion(address, fields) {
  const answer = await fetch(address, { method: "POST", body: fields, credentials: "same-origin" });
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) return answer.json();
  const refused = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.body.replaceWith(refused.body);
  if (canAskDevice) document.querySelectorAll("[data-needs-device]").forEach((one) => { one.hidden = false; });
  document.querySelector("[role=alert], h1")?.focus();
  return null;
}

async function askDevice(form, address, kind, send) {
  const says = form.querySelector("[data-device-says]");
  try {
    const asked = await fetchQuestion(address, new FormData(form));
    if (!asked) return;
    const question = { publicKey: asQuestion(asked.options) };
    const credential = await navigator.credentials[kind](question);
    send(asked.handle, asAnswer(credential));
  } catch (fault) {
    if (!says) throw fault;
    says.textContent = "The device did not answer, or it was not allowed to. Nothing was done; try again.";
    says.hidden = false;
  } finally {
    delete form.dataset.sent;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const pressed = event.submitter;
  if (event.defaultPrevented) return;
  if (form.matches("[data-device]") && canAskDevice) {
    event.preventDefault();
    askDevice(form, form.dataset.question, form.dataset.device, (handle, answer) => {
      form.elements.handle.value = handle;
      form.elements.answer.value = answer;
      HTMLFormElement.prototype.submit.call(form);
    });
  } else if (pressed?.matches("[data-sign-by-device]")) {
    event.preventDefault();
    signByDevice(form, pressed.formAction);
  }
});

function signByDevice(form, address) {
  form.querySelectorAll("input[type=password]").forEach((input) => { input.value = ""; });
  askDevice(form, address, "get", (handle, answer) => {
    const carrier = document.createElement("form");
    Object.assign(carrier, { method: "post", action: address.replace(/put$/, "answer"), hidden: true });
    const token = form.elements.csrfmiddlewaretoken.value;
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, handle, answer })) {
      carrier.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(carrier);
    carrier.submit();
  });
}
