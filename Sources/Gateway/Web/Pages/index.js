// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { loadConfiguration, observeLive } from "./api.js";
import { applyConfiguration, format, onLanguageChange, text } from "./text.js";

/** The first page: what is on the air. `data-state` and `data-count` on #live say what it shows. */
const page = document.getElementById("live");
const list = document.getElementById("broadcasts");
let broadcasts = [];

function card({ channel, name, state, since }) {
  const item = document.createElement("li");
  item.dataset.channel = channel;
  item.dataset.state = state;
  const link = document.createElement("a");
  link.href = `/watch/${encodeURIComponent(channel)}`;
  const title = document.createElement("strong");
  title.textContent = name ?? channel;
  const badge = document.createElement("span");
  badge.className = `badge ${state}`;
  badge.textContent = text(`state${state[0].toUpperCase()}${state.slice(1)}`);
  const begun = document.createElement("small");
  const time = new Date(since);
  if (!Number.isNaN(time.getTime())) begun.textContent = `${text("since")} ${format(time, { timeStyle: "short" })}`;
  const watch = document.createElement("span");
  watch.className = "action";
  watch.textContent = text("watch");
  link.append(title, badge, begun, watch);
  item.append(link);
  return item;
}

function show() {
  list.replaceChildren(...(broadcasts ?? []).map(card));
  page.dataset.state = broadcasts ? "ready" : "unreachable";
  page.dataset.count = broadcasts?.length ?? 0;
  document.getElementById("empty").hidden = !broadcasts || broadcasts.length > 0;
  document.getElementById("unreachable").hidden = broadcasts !== null;
}

onLanguageChange(show);
observeLive((now) => {
  broadcasts = now;
  show();
});

const configuration = await loadConfiguration();
applyConfiguration(configuration);
document.getElementById("server").textContent = configuration.whip;
const encoders = "-c:v libx264 -profile:v baseline -bf 0 -g 30 -c:a libopus -ar 48000 -ac 2";
document.getElementById("ffmpeg").textContent = `ffmpeg -re -i movie.mp4 ${encoders} -f whip ${configuration.whip}`;
document.getElementById("needs-token").hidden = !configuration.auth;
