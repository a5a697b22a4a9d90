// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { element, keep, make, say, write } from "./dom.js";
import { plot } from "./statistics.js";
import { format } from "./words.js";

/** The plots: for each stream its bit rate, loss, and of video frames and resolution, a line for each encoding. */

const charts = {
  bitRate: { minimum: 10_000, show: bitRate },
  frameRate: { minimum: 10, show: (value) => format(value, { maximumFractionDigits: 0 }), ofVideo: true },
  loss: { minimum: 5, show: (value) => `${format(value, { maximumFractionDigits: 1 })} %` },
  resolution: { minimum: 90, show: (value, { width }) => (value ? `${width}×${value}` : "–"), ofVideo: true },
};

const order = ["low", "mid", "high"];

function bitRate(bits) {
  if (bits < 1e6) return `${format(Math.round(bits / 1000))} kbit/s`;
  return `${format(bits / 1e6, { maximumFractionDigits: 1 })} Mbit/s`;
}

/** Draws all streams, and says how the connections that carry them are. */
export function showStatistics(streams, transports) {
  element("no-statistics").hidden = streams.length > 0;
  keep(element("transports"), transports, connection);
  keep(element("streams"), streams, card);
}

function connection({ direction }) {
  const state = make("span");
  const made = make("li", { className: "badge" },
    make("span", { word: direction === "send" ? "sending" : "receiving" }), " ", state);
  made.update = (transport) => {
    write(state, transport.state);
    made.className = `badge ${{ connected: "good", failed: "bad" }[transport.state] ?? "warn"}`;
  };
  return made;
}

function card({ kind, direction, id }) {
  const legend = make("span", { className: "legend" });
  const way = make("span", { className: "badge", word: direction === "send" ? "sent" : "received" });
  const title = make("div", { className: "title" }, make("strong", { word: kind }), " ", way,
    " ", make("code", { textContent: id.slice(0, 8) }), " ", legend);
  const wanted = Object.entries(charts).filter(([, { ofVideo }]) => !ofVideo || kind === "video");
  const figures = wanted.map(([name, chart]) => ({ name, ...chart, ...figure(name) }));
  const made = make("li", { data: { direction, kind } }, title,
    make("div", { className: "charts" }, ...figures.map((entry) => entry.figure)));
  made.update = ({ lines }) => {
    const style = getComputedStyle(document.documentElement);
    const place = (name) => order.indexOf(name);
    const encodings = [...lines.keys()].sort((one, other) => place(one) - place(other) || (one < other ? -1 : 1));
    const others = encodings.length > 1 ? order : ["high"];
    const shade = (name) => (order.includes(name) ? name : others[encodings.indexOf(name)]);
    showLegend(legend, encodings, shade);
    const last = newest(lines);
    for (const { name, minimum, show, canvas, output } of figures) {
      const drawn = encodings.map((key) => ({
        color: style.getPropertyValue(`--${shade(key)}`),
        points: lines.get(key).map((point) => ({ at: point.at, value: point[name] })),
      }));
      plot(canvas, drawn, { minimum, grid: style.getPropertyValue("--line") });
      write(output, last ? show(last[name], last) : "–");
      if (last) made.dataset[name] = Math.round(last[name]);
    }
  };
  return made;
}

/** The numbers of the moment: all encodings together, the size of the largest that is sent. */
function newest(lines) {
  const points = [...lines.values()].map((line) => line.at(-1)).filter(Boolean);
  if (!points.length) return null;
  const live = points.filter(({ frameRate }) => frameRate > 0);
  const larger = (one, other) => (other.resolution > one.resolution ? other : one);
  const largest = (live.length ? live : points).reduce(larger);
  return { ...largest, bitRate: points.reduce((sum, point) => sum + point.bitRate, 0) };
}

function showLegend(legend, encodings, shade) {
  if (legend.dataset.encodings === encodings.join()) return;
  legend.dataset.encodings = encodings.join();
  legend.replaceChildren(...(encodings.length < 2 ? [] : encodings).map((name) => {
    const entry = make("span", { textContent: name });
    entry.style.color = `var(--${shade(name)})`;
    return entry;
  }));
}

function figure(name) {
  const output = make("output", { textContent: "–" });
  const canvas = make("canvas", { role: "img" });
  const label = make("span", {});
  say(label, name);
  canvas.setAttribute("aria-label", label.textContent);
  return { canvas, output, figure: make("figure", {}, make("figcaption", {}, label, output), canvas) };
}
