// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { onLanguageChange, text } from "./state-text.js";
import * as view from "./state-view.js";

/** The page of the server's state. `data-state` of #state says whether it is loading, ready or unreachable. */
const page = document.getElementById("state");
const log = document.getElementById("events");
const maximumLines = 200;
const interval = 1000;

let state = null;
let rates = new Map();

function byID(id) {
  return document.getElementById(id);
}

function show() {
  byID("unreachable").hidden = page.dataset.state !== "unreachable";
  if (!state) return;
  byID("facts").replaceChildren(...view.facts(state));
  byID("channels").replaceChildren(...state.channels.map(view.channel));
  byID("no-channels").hidden = state.channels.length > 0;
  byID("transports").replaceChildren(view.transports(state, ({ id }) => rates.get(id) ?? {}));
  byID("connections").replaceChildren(view.connections(state));
  byID("faults").replaceChildren(view.faults(state, clear));
}

/** Bits a second between two states, by transport. */
function ratesBetween(before, after, seconds) {
  const known = new Map((before?.transports ?? []).map((transport) => [transport.id, transport]));
  return new Map(after.transports.filter(({ id }) => known.has(id)).map((transport) => {
    const earlier = known.get(transport.id);
    return [transport.id, {
      received: (transport.bytesReceived - earlier.bytesReceived) * 8 / seconds,
      sent: (transport.bytesSent - earlier.bytesSent) * 8 / seconds,
    }];
  }));
}

let measured = { state: null, at: 0 };

async function load() {
  try {
    const response = await fetch("/local/state", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    state = await response.json();
    const now = performance.now();
    if (now - measured.at >= interval * 0.9) {
      rates = ratesBetween(measured.state, state, (now - measured.at) / 1000);
      measured = { state, at: now };
    }
    page.dataset.state = "ready";
  } catch {
    page.dataset.state = "unreachable";
  }
  show();
}

/** One load at a time; what is asked for meanwhile is done once, afterwards. */
let loading = null;
let isWanted = false;

function refresh() {
  isWanted = true;
  loading ??= (async () => {
    while (isWanted) {
      isWanted = false;
      await load();
    }
    loading = null;
  })();
}

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const problem = response.ok ? null : await response.json().catch(() => ({ detail: response.statusText }));
  byID("fault-error").hidden = !problem;
  byID("fault-error").textContent = problem?.detail ?? "";
  refresh();
  return response.ok;
}

function clear(id) {
  ask("DELETE", `/local/faults/${id}`);
}

/** `fail-calls method=addMember count=2` as the document that injects it, as the command line reads it. */
function faultOf(line) {
  const [name, ...fields] = line.trim().split(/\s+/);
  return Object.fromEntries([["fault", name], ...fields.map((field) => {
    const [key, ...value] = field.split("=");
    return [key, valueOf(value.join("="))];
  })]);
}

function valueOf(word) {
  if (word === "true" || word === "false") return word === "true";
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word;
}

byID("inject").addEventListener("submit", async (submission) => {
  submission.preventDefault();
  if (await ask("POST", "/local/faults", faultOf(byID("fault").value))) byID("fault").value = "";
});
byID("clear").addEventListener("click", () => ask("DELETE", "/local/faults"));

const events = new EventSource("/local/events");
for (const kind of ["channel", "transport", "connection", "fault-set", "fault-cleared", "fault-done"]) {
  events.addEventListener(kind, ({ data, lastEventId }) => {
    log.prepend(view.event({ id: lastEventId, kind, data: JSON.parse(data) }));
    while (log.children.length > maximumLines) log.lastElementChild.remove();
    refresh();
  });
}

onLanguageChange(() => {
  document.title = `SkyWayLocal – ${text("state")}`;
  show();
});
document.title = `SkyWayLocal – ${text("state")}`;
setInterval(refresh, interval);
refresh();
