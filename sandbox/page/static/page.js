// The page is what the newest view says. Views come as server-sent events; the browser asks again by itself when the
// connection is lost.
import { checkToken, listen, showControls } from "./controls.js";
import { tick } from "./elements.js";
import { showEnvironments } from "./environments.js";
import { showTimeline } from "./timeline.js";

const connection = document.getElementById("connection");

function say(state, words) {
  if (connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = words;
}

listen();
const events = new EventSource("/events");
events.addEventListener("hello", ({ data }) => checkToken(JSON.parse(data)));
events.addEventListener("message", ({ data }) => {
  const view = JSON.parse(data);
  showEnvironments(view);
  showTimeline(view);
  showControls(view);
  say("live", "live");
});
events.addEventListener("error", () => say("lost", "not connected, trying again…"));
setInterval(tick, 1000);
