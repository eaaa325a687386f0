// Elements are made anew for each view, and what differs is carried over into those that are shown: so focus, text that
// is being written and what somebody unfolded stay as they are. Text is only ever set as text.

/** An element; `attributes` that are null or false are left out. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Make the children of `shown` those of the list; children with a `data-key` keep their element wherever they go. */
export function show(shown, wanted) {
  const keyed = new Map();
  for (const child of shown.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let next = shown.firstChild;
  for (const child of wanted) {
    const node = typeof child === "string" ? document.createTextNode(child) : child;
    const key = node.dataset?.key;
    const known = key ? keyed.get(key) : next && same(next, node) ? next : null;
    if (known) {
      if (known === next) next = next.nextSibling;
      else shown.insertBefore(known, next);
      carry(known, node);
    } else {
      shown.insertBefore(node, next);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function same(one, other) {
  return one.nodeName === other.nodeName && !one.dataset?.key;
}

function carry(shown, wanted) {
  if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data;
    return;
  }
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name) && !(name === "open" && shown.nodeName === "DETAILS")) shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  show(shown, [...wanted.childNodes]);
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

/** How long ago a moment was, in words. */
export function ago(at, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  for (const [unit, size] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return seconds < 5 ? "just now" : `${seconds} s ago`;
}

/** A moment: how long ago, and the moment itself when somebody points at it. */
export function time(at) {
  const moment = new Date(at);
  return h("time", { datetime: moment.toISOString(), title: moment.toLocaleString(), "data-at": at }, ago(at));
}

/** Let all moments that are shown be as long ago as they are. */
export function tick() {
  for (const shown of document.querySelectorAll("time[data-at]")) {
    const words = ago(Number(shown.dataset.at));
    if (shown.textContent !== words) shown.textContent = words;
  }
}

const MARKS = { success: "✓", failure: "✕", waiting: "‖", running: "•", info: "–" };

/** A sign for how something ended, which says so without its colour. */
export function mark(outcome, words = outcome) {
  return h("span", { class: "mark", "data-outcome": outcome, role: "img", "aria-label": words, title: words }, MARKS[outcome]);
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
