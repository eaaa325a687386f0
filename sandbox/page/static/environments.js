import { capital, h, mark, show, time } from "./elements.js";

/** What serves each environment now. */
export function showEnvironments(view) {
  const section = document.getElementById("environments");
  show(section, view.environments.map(card));
  section.setAttribute("aria-busy", "false");
}

function card(environment) {
  const { serving } = environment;
  const title = `environment-${environment.name}`;
  const state = environment.moving ? "running" : serving ? serving.health.outcome : "info";
  const words = environment.moving || (serving ? serving.health.words : "nothing serves");
  return h(
    "article",
    { class: "environment", "data-key": environment.name, "data-outcome": state, "aria-labelledby": title },
    h("header", {}, h("h2", { id: title }, capital(environment.name)), h("span", { class: "pill", "data-outcome": state }, words)),
    h("p", { class: "domain" }, site(environment.domain, environment.link), h("span", { class: "branch" }, `branch ${environment.branch}`)),
    h("div", { class: "serving" }, release(environment)),
    h(
      "dl",
      {},
      fact("Staged", staged(environment)),
      fact("Lock", lock(environment)),
      fact("Database", database(environment)),
      fact("Monitors", monitors(environment)),
      fact("Last run", run(environment), "run"),
    ),
  );
}

/** The words as a link to a site, where there is one to be seen. */
function site(words, link) {
  if (!link) return words;
  return h("a", { href: link.to, title: link.protected ? "protected: Vercel asks visitors to log in" : null }, words);
}

function fact(name, value, kind = "line") {
  return h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value));
}

function release({ serving, exists }) {
  if (!serving) {
    return [
      h("p", { class: "release" }, exists ? "Nothing has been promoted yet" : "Not up yet"),
      h("p", { class: "facts" }, exists ? "A push to its branch releases to it." : [h("code", {}, "make up"), " brings it up."]),
    ];
  }
  const through = serving.through ? `, through a ${serving.through}` : "";
  const named = serving.commit || serving.version || serving.deployment;
  return [
    h("p", { class: "release", title: serving.message || null }, h("code", {}, named), serving.message ? ` ${serving.message}` : ""),
    h("p", { class: "facts" }, "serves since ", time(serving.since), ` · by ${serving.by}${through}`),
    h("p", { class: "facts identifier", title: serving.version || null }, site(serving.deployment, serving.link), checked(serving.health)),
  ];
}

function checked({ checked: at }) {
  return at ? h("span", { class: "checked" }, " · checked ", time(at)) : "";
}

function staged({ staged: waiting }) {
  if (!waiting.length) return h("span", { class: "none" }, "nothing");
  const [newest] = waiting;
  const more = waiting.length > 1 ? ` (and ${waiting.length - 1} more)` : "";
  const named = newest.commit || newest.deployment;
  const rest = ` ${newest.message}${more}`;
  return [
    h("span", { class: "clip", title: named + rest }, site(named, newest.link), rest),
    h("span", { class: "aside" }, `${newest.state} `, time(newest.since)),
  ];
}

function lock({ lock: held }) {
  if (!held) return h("span", { class: "none" }, "free");
  const words = `by ${held.by}: ${held.reason}`;
  return [h("span", { class: "clip locked", title: words }, words), held.since ? h("span", { class: "aside" }, time(held.since)) : ""];
}

function database({ database: known }) {
  if (!known) return h("span", { class: "none" }, "none runs here");
  const words = known.revision ? `${known.revision}, ${known.applied} in effect` : "no migration yet";
  const rest = known.unfinished.length ? ` · ${known.unfinished.join(", ")}` : "";
  return h("span", { class: "clip", title: words + rest }, words + rest);
}

function monitors({ monitors: known }) {
  if (!known.total) return h("span", { class: "none" }, "none declared");
  const alerting = known.alerting ? h("strong", { class: "alerting" }, `${known.alerting} alerting`) : "none alerting";
  return h("span", {}, `${known.total} declared, `, alerting);
}

function run({ name, run: known }) {
  if (!known) return h("span", { class: "none" }, "none yet");
  const about = known.about && known.about !== known.title ? `${known.about} · by ${known.by}` : `by ${known.by}`;
  return [
    h(
      "p",
      { class: "clip" },
      h("a", { href: known.link, title: about }, known.title),
      " ",
      h("span", { class: "status", "data-outcome": known.outcome }, known.status),
      " ",
      h("span", { class: "aside" }, time(known.at)),
    ),
    h(
      "div",
      { class: "progress" },
      h("ul", { class: "jobs", "aria-label": "Its jobs" }, known.jobs.map((job) => h("li", {}, mark(job.outcome, `${job.name}: ${job.status}`)))),
      known.waiting ? h("div", { class: "review" }, reviews(name, known)) : "",
    ),
  ];
}

function reviews(name, known) {
  return ["approved", "rejected"].map((verdict) =>
    h(
      "button",
      {
        type: "button",
        class: verdict === "approved" ? "primary" : null,
        "data-act": "review",
        "data-asked": JSON.stringify({ run: known.id, verdict }),
        "aria-label": `${verdict === "approved" ? "Approve" : "Reject"} ${known.title} in ${name}`,
      },
      verdict === "approved" ? "Approve" : "Reject",
    ),
  );
}
