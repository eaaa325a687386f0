import { capital, h, mark, show, time } from "./elements.js";

const hidden = { environment: new Set(), kind: new Set() };
// What is found out late, as a database's migrations are, is no news: it is not marked as new.
const NEWS_MS = 60_000;
let known = null;
let latest = null;

/** What happened, the newest first. */
export function showTimeline(view) {
  latest = view;
  filters("environment", [...view.environments.map(({ name }) => [name, capital(name)]), ["", "Other"]]);
  filters("kind", Object.entries(view.kinds).map(([kind, words]) => [kind, capital(words)]));
  show(document.getElementById("entries"), view.timeline.map((entry) => line(entry, view)));
  document.getElementById("empty").hidden = view.timeline.length > 0;
  // What was there when the page was opened is no news to be read out.
  document.getElementById("log").setAttribute("aria-busy", "false");
  known = new Set(view.timeline.map(({ key }) => key));
}

function line(entry, view) {
  const unseen = known !== null && !known.has(entry.key) && entry.at > Date.now() - NEWS_MS;
  const away = hidden.environment.has(entry.environment) || hidden.kind.has(entry.kind);
  return h(
    "li",
    { "data-key": entry.key, "data-kind": entry.kind, "data-outcome": entry.outcome, class: unseen ? "entry new" : "entry", hidden: away },
    time(entry.at),
    mark(entry.outcome),
    h("span", { class: "kind" }, view.kinds[entry.kind]),
    h(
      "div",
      { class: "what" },
      h("p", { class: "title" }, entry.link ? h("a", { href: entry.link }, entry.title) : entry.title, aside(entry.text)),
      unfolded(entry.text),
    ),
    h("span", { class: "where", "data-environment": entry.environment }, entry.environment),
  );
}

const SHORT = 70;

function aside(text) {
  return text && text.length <= SHORT && !text.includes("\n") ? h("span", { class: "text" }, ` ${text}`) : "";
}

function unfolded(text) {
  if (!text || (text.length <= SHORT && !text.includes("\n"))) return "";
  const first = text.split("\n").find((line) => line.trim()) ?? "";
  if (first === text && text.length <= 110) return h("p", { class: "text" }, text);
  return h("details", {}, h("summary", {}, h("span", {}, first.length > 120 ? `${first.slice(0, 120)}…` : first)), h("p", { class: "text" }, text));
}

function filters(name, choices) {
  show(
    document.getElementById(`filter-${name}`),
    choices.map(([value, words]) =>
      h(
        "button",
        { type: "button", class: "filter", "data-filter": name, "data-value": value, "aria-pressed": String(!hidden[name].has(value)) },
        words,
      ),
    ),
  );
}

document.addEventListener("click", ({ target }) => {
  const pressed = target.closest("button[data-filter]");
  if (!pressed || !latest) return;
  const { filter, value } = pressed.dataset;
  if (!hidden[filter].delete(value)) hidden[filter].add(value);
  document.getElementById("log").setAttribute("aria-busy", "true");
  showTimeline(latest);
});
