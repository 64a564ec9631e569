// What pages do besides when scripts run. Everything on them works without.
//
// The draft of a need: what is needed, where and by when stays in this browser until it is sent, thrown away, twelve
// hours old, or who wrote it signs out. Nothing else that is typed is ever kept, for others may use this device.
(() => {
  "use strict";
  const KEPT = ["site_id", "item", "quantity", "zip_code", "urgency", "needed_by", "languages", "first"];
  const FORMS = ["/needs/new", "/our/refer"];
  const PLACE = "draft";
  const LASTS_MS = 12 * 60 * 60 * 1000;
  const LOOKS_AGAIN_MS = 5000;
  const STREAM_AWAY_MS = 15000;
  const by = (id) => document.getElementById(id);

  const readDraft = (person) => {
    const draft = JSON.parse(localStorage.getItem(PLACE) ?? "null");
    if (draft && draft.person === person && Date.now() - draft.at < LASTS_MS) return draft.fields;
    localStorage.removeItem(PLACE);
    return null;
  };

  const keepDraft = (form) => {
    const fields = [...new FormData(form)].filter(([name, value]) => KEPT.includes(name) && typeof value === "string");
    const begun = fields.some(([name, value]) => (name === "item" || name === "zip_code") && value);
    const person = by("draft").dataset.draftOf;
    if (begun) localStorage.setItem(PLACE, JSON.stringify({ person, at: Date.now(), fields }));
    by("draft").hidden = true;
  };

  const dropDraft = () => {
    localStorage.removeItem(PLACE);
    if (by("draft")) by("draft").hidden = true;
  };

  const offerDraft = () => {
    const offer = by("draft");
    if (!offer || offer.dataset.seen) return;
    offer.dataset.seen = "yes";
    by("draft-hint").hidden = false;
    const begun = [...document.querySelectorAll("#need-form [name=item], #need-form [name=zip_code]")];
    offer.hidden = begun.some((field) => field.value) || !readDraft(offer.dataset.draftOf);
  };

  const takeUpDraft = (offer) => {
    // Partners that were picked just now stand, in place of those of the draft.
    const picked = [...new FormData(by("need-form"))].filter(([name]) => name === "first");
    const kept = (readDraft(offer.dataset.draftOf) ?? []).filter(([name]) => name !== "first" || !picked.length);
    for (const [name, value] of [...kept, ...picked]) {
      offer.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
  };

  // What takes a while, and that nothing gets through, is said in words.
  let soon;
  const sayBusy = () => {
    clearTimeout(soon);
    soon = setTimeout(() => (by("busy").hidden = false), 400);
  };
  const beQuiet = () => {
    clearTimeout(soon);
    by("busy").hidden = true;
  };
  const sayOffline = (event) => {
    const typed = event.target.matches?.("[data-typed]") && by("offline");
    if (typed || event.type !== "htmx:responseError") (typed || by("no-connection")).hidden = false;
  };
  const byHand = ({ detail }) => ["submit", "click"].includes(detail.requestConfig.triggeringEvent?.type);

  // A form that was sent takes nothing more until its answer is there: what is typed meanwhile would be lost, and what
  // is pressed again would be sent again. Then the focus is where it was, if nobody took it elsewhere.
  const holdStill = ({ elt, target, xhr }) => {
    const form = elt.closest("form");
    const focused = document.activeElement;
    target.setAttribute("aria-busy", "true");
    if (form) form.inert = true;
    sayBusy();
    // Whatever became of it, and before anything of the page is replaced.
    xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE) return;
      target.removeAttribute("aria-busy");
      if (form) form.inert = false;
      if (document.activeElement === document.body) focused.focus({ preventScroll: true });
      beQuiet();
    });
  };

  // Live parts look again by the clock while no stream tells them what is new. A stream ends and comes again by itself.
  let told = -Infinity;
  const lookAgain = () => {
    if (performance.now() - told < STREAM_AWAY_MS) return;
    for (const part of document.querySelectorAll("[sse-connect] > [hx-get]")) htmx.trigger(part, "sse:changed");
  };
  if (!window.EventSource) htmx.createEventSource = () => Object.assign(new EventTarget(), { close() {} });
  document.addEventListener("htmx:sseOpen", () => (told = performance.now()));
  setInterval(lookAgain, LOOKS_AGAIN_MS);

  // What comes by itself and says nothing new is left alone: what is typed into it, what is open, and the focus. A live
  // part is replaced as a whole, so it is known by its name; another, such as a preview, is filled anew.
  const LIVE = "[hx-get][hx-swap=outerHTML]";
  const said = new Map();
  const filled = new WeakMap();
  const hear = (page) => {
    for (const part of page.querySelectorAll(LIVE)) said.set(part.id, part.outerHTML);
  };
  const saysNothingNew = ({ target, serverResponse }) => {
    const before = target.matches(LIVE) ? said.get(target.id) : filled.get(target);
    filled.set(target, serverResponse);
    hear(new DOMParser().parseFromString(serverResponse, "text/html"));
    return before === (target.matches(LIVE) ? said.get(target.id) : serverResponse);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (saysNothingNew(event.detail) && !byHand(event)) event.detail.shouldSwap = false;
  });

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.closest?.("#need-form");
      if (form) keepDraft(form);
    });
  }
  document.addEventListener("click", (event) => {
    if (event.target.id === "draft-drop") dropDraft();
    if (event.target.closest?.("[data-print]")) window.print();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") dropDraft();
    if (event.target.id === "draft") takeUpDraft(event.target);
    if (event.defaultPrevented) return;
    if (navigator.onLine) return sayBusy();
    event.preventDefault();
    sayOffline(event);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (byHand(event)) holdStill(event.detail);
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (by("need-form") && document.querySelector("#need-form [name=item]").value) keepDraft(by("need-form"));
    offerDraft();
    showPrinters();
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { target, detail } = event;
    const sent = target.matches("[data-typed]") && FORMS.includes(detail.pathInfo.requestPath);
    const arrived = sent && detail.xhr.status < 300;
    if (arrived && !FORMS.includes(new URL(detail.xhr.responseURL).pathname)) dropDraft();
  });
  for (const trouble of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(trouble, sayOffline);
  }
  document.addEventListener("htmx:afterOnLoad", () => (by("no-connection").hidden = true));
  window.addEventListener("offline", sayOffline);
  window.addEventListener("online", () => (by("no-connection").hidden = true));
  window.addEventListener("pageshow", beQuiet);
  const showPrinters = () => {
    for (const printer of document.querySelectorAll("[data-print]")) printer.hidden = false;
  };
  // Whoever typed before this was here is answered all the same.
  document.addEventListener("DOMContentLoaded", () => {
    if (by("find")?.value) htmx.trigger("#find", "input");
  });
  hear(document);
  offerDraft();
  showPrinters();
})();
