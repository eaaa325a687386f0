import { capital, h, show } from "./elements.js";

const COMMANDS = [
  ["status", "@workflow:status"],
  ["deploy", "@workflow:deploy"],
  ["hotfix", "@workflow:deploy hotfix the checkout fails"],
  ["roll back", "@workflow:rollback previous the checkout fails"],
  ["lock", "@workflow:lock production looking into the checkout"],
  ["unlock", "@workflow:unlock production"],
  ["help", "@workflow:help"],
];

let token = document.querySelector("meta[name=page-token]").content;

/** The token of the process that serves the page now; where it is another's, the page is loaded anew. */
export function checkToken(served) {
  if (served !== token) location.reload();
}

/** What the buttons can be pressed for. */
export function showControls(view) {
  const issues = view.issues.map(({ number, title, pull_request: pull }) => [number, `#${number} ${title}${pull ? " (pull request)" : ""}`]);
  options("issues", [...issues, [0, "a new issue"]]);
  options("people", view.people.map(({ login, role }) => [login, `${login} (${role})`]));
  show(document.getElementById("health"), view.environments.map(health));
  show(document.getElementById("faults"), view.faults.map((words) => h("li", {}, words)));
  document.getElementById("lift").disabled = view.faults.length === 0;
}

function options(id, choices) {
  const select = document.getElementById(id);
  const chosen = select.value;
  show(select, choices.map(([value, words]) => h("option", { value }, words)));
  if (choices.some(([value]) => String(value) === chosen)) select.value = chosen;
  else if (choices.length) select.selectedIndex = 0;
}

function health({ name, exists, broken }) {
  const places = { domain: ["live site", "live site"], staged: ["staged", "staged deployments"] };
  return h(
    "div",
    { class: "toggles", "data-key": name },
    h("span", {}, capital(name)),
    Object.entries(places).map(([place, [short, long]]) =>
      h(
        "button",
        {
          type: "button",
          disabled: !exists,
          class: broken[place] ? "mend" : null,
          "data-act": broken[place] ? "mend-health" : "break-health",
          "data-asked": JSON.stringify({ environment: name, place }),
          "aria-label": `${broken[place] ? "Mend" : "Break"} ${name}: ${long}`,
        },
        `${broken[place] ? "Mend" : "Break"} ${short}`,
      ),
    ),
  );
}

async function act(action, asked, said) {
  said.dataset.outcome = "running";
  said.textContent = "…";
  try {
    const answer = await fetch(`/actions/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Page-Token": token },
      body: JSON.stringify(asked),
    });
    said.textContent = (await answer.json()).message;
    said.dataset.outcome = answer.ok ? "success" : "failure";
    return answer.ok;
  } catch {
    said.textContent = "The sandbox does not answer: `make sandbox` starts it.";
    said.dataset.outcome = "failure";
    return false;
  }
}

function outputBeside(element) {
  return element.closest("form, .form")?.querySelector("output") ?? document.querySelector("aside output");
}

/** Make the buttons do what they say. */
export function listen() {
  show(
    document.getElementById("commands"),
    COMMANDS.map(([words, text]) => h("button", { type: "button", class: "chip", "data-text": text, "aria-label": `Write ${text}` }, words)),
  );
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.text) {
      const text = document.querySelector("form[data-action=comment] textarea");
      text.value = button.dataset.text;
      text.focus();
    } else if (button?.dataset.act) {
      act(button.dataset.act, JSON.parse(button.dataset.asked ?? "{}"), outputBeside(button));
    }
  });
  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const sent = await act(form.dataset.action, Object.fromEntries(new FormData(form)), outputBeside(form));
    if (sent && form.dataset.action === "comment") form.elements.body.value = "";
  });
}
