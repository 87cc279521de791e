/* What the pages do beyond plain forms and links: clocks, keys, and saying when they are stale.
   Everything here may fail and the console still works. */
"use strict";

const find = (selector) => document.querySelector(selector);

/* clocks */
function written(seconds) {
  const total = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(total / 86400), "d"],
    [Math.floor((total % 86400) / 3600), "h"],
    [Math.floor((total % 3600) / 60), "m"],
    [total % 60, "s"],
  ].filter(([number]) => number);
  return parts.slice(0, 2).map(([number, unit]) => number + unit).join("") || "0s";
}

function tick() {
  const now = Date.now();
  for (const each of document.querySelectorAll("[data-since]")) {
    each.textContent = written((now - Date.parse(each.dataset.since)) / 1000);
  }
  for (const each of document.querySelectorAll("[data-until]")) {
    const left = (Date.parse(each.dataset.until) - now) / 1000;
    each.textContent = left >= 0 ? "in " + written(left) : "overdue " + written(-left);
    each.classList.toggle("overdue", left < 0);
  }
}
setInterval(tick, 1000);
tick();

/* local time on every instant, beside the UTC that is shown */
document.addEventListener("mouseover", (event) => {
  const time = event.target.closest && event.target.closest("time[datetime]");
  if (time) time.title = new Date(time.getAttribute("datetime")).toString();
});

/* keys */
const KEYS = {
  a: () => find("#acknowledge:not([disabled])")?.click(),
  n: () => find("#note-text")?.focus(),
  w: () => find("#waiting")?.scrollIntoView({ block: "start" }),
  b: () => location.assign("/"),
  "?": () => find("#help")?.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
const helpButton = find("#help-button");
if (helpButton) {
  helpButton.hidden = false;
  helpButton.addEventListener("click", KEYS["?"]);
}

/* what waits has just changed under the pointer: a second click meant for the one before
   must not decide the next */
const waiting = find("#waiting");
if (waiting) {
  let settled;
  new MutationObserver(() => {
    waiting.classList.add("moving");
    clearTimeout(settled);
    settled = setTimeout(() => waiting.classList.remove("moving"), 800);
  }).observe(waiting, { childList: true, characterData: true, subtree: true });
}

/* a link to a folded step opens it */
function unfold() {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const fold = target && target.querySelector("details.folded");
  if (fold) fold.open = true;
}
addEventListener("hashchange", unfold);
unfold();

/* a note that was taken is cleared; a page that hears nothing says so */
document.addEventListener("htmx:after:request", (event) => {
  const form = event.target;
  const answered = event.detail?.ctx?.response?.status;
  if (form.matches?.("form[data-reset]") && answered < 400) form.reset();
});
const mark = find("#live-mark");
function say(live) {
  if (!mark) return;
  mark.textContent = live ? "live" : "not live: reload to see what is new";
  mark.classList.toggle("stale", !live);
}
document.addEventListener("htmx:sse:after:connection", () => say(true));
document.addEventListener("htmx:sse:error", () => say(false));
