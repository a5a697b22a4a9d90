// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { element, make } from "./dom.js";

const longest = 500;

/** The event log: bounded, filtered by words, newest last. */
export class Log {
  #list = element("log");
  #filter = element("log-filter");

  constructor() {
    this.#filter.addEventListener("input", () => this.#apply());
    element("log-clear").addEventListener("click", () => this.#list.replaceChildren());
  }

  add({ source, text, data, bad = false }) {
    const list = this.#list;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const time = make("time", { textContent: new Date().toISOString().slice(11, 23) });
    const head = [time, make("span", { className: "source", textContent: source }), text];
    const json = data === undefined ? "" : JSON.stringify(hide(data), null, 1);
    const line = make("li", { className: bad ? "bad" : "", data: { source } });
    if (json && json !== "{}") line.append(details(head, json));
    else line.append(make("span", { className: "line" }, ...head));
    line.hidden = !this.#matches(line);
    list.append(line);
    while (list.children.length > longest) list.firstChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  #apply() { for (const line of this.#list.children) line.hidden = !this.#matches(line); }

  #matches(line) {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const said = line.textContent.toLowerCase();
    return words.every((word) => said.includes(word));
  }
}

function details(head, json) {
  return make("details", {}, make("summary", {}, ...head), make("pre", { textContent: json }));
}

/** A copy without tokens. */
function hide(data) {
  if (Array.isArray(data)) return data.map(hide);
  if (!data || typeof data !== "object") return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) =>
    [key, key === "authToken" ? "…" : hide(value)]));
}
