// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { number, text, time } from "./state-text.js";

/** Turns the state into elements. Whatever comes from the server becomes text, never markup. */
function element(name, content = "", classes = "") {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (content instanceof Node) made.append(content);
  else made.textContent = content;
  return made;
}

function short(id) {
  const code = element("code", id.slice(0, 8));
  code.title = id;
  return code;
}

/** A cell that says yes in green and no in red. */
function answer(value) {
  return value === undefined ? "–" : element("span", text(value ? "yes" : "no"), value ? "good" : "bad");
}

/** A table, or a word that there is nothing to show. */
function table(columns, rows) {
  if (rows.length === 0) return element("p", text("none"), "hint");
  const made = element("table");
  const head = made.createTHead().insertRow();
  for (const column of columns) head.append(element("th", text(column)));
  const body = made.createTBody();
  for (const row of rows) body.append(...[element("tr")].map((line) => (line.append(...row.map(cell)), line)));
  return made;
}

function cell(content) {
  if (content instanceof HTMLTableCellElement) return content;
  return element("td", content);
}

function who(members, id) {
  const member = members.get(id);
  if (!member) return short(id);
  return member.name ?? (member.type === "Bot" ? "bot" : short(id));
}

function bitrate(bits) {
  if (bits === undefined) return "–";
  if (bits < 1e6) return `${number(Math.round(bits / 1000))} kbit/s`;
  return `${number(bits / 1e6, { maximumFractionDigits: 1 })} Mbit/s`;
}

/** All members of all channels by their ids. */
export function membersOf(state) {
  return new Map(state.channels.flatMap(({ members }) => members.map((member) => [member.id, member])));
}

export function facts(state) {
  const count = (key) => state.channels.reduce((sum, channel) => sum + channel[key].length, 0);
  const skew = state.skew ? ` (${state.skew > 0 ? "+" : ""}${number(state.skew / 1000)} s)` : "";
  const shown = [
    ["time", time(state.time) + skew], ["channels", state.channels.length], ["members", count("members")],
    ["publications", count("publications")], ["subscriptions", count("subscriptions")],
    ["transports", state.transports.length], ["faults", state.faults.length],
  ];
  return shown.map(([key, value]) => {
    const fact = element("div");
    fact.append(element("dt", text(key)), element("dd", String(value)));
    fact.dataset.fact = key;
    return fact;
  });
}

export function channel(state) {
  const members = new Map(state.members.map((member) => [member.id, member]));
  const panel = element("section", "", "panel");
  panel.dataset.channel = state.id;
  const title = element("h2", state.name ?? state.id);
  const id = element("code", ` ${state.id} · ${text("version")} ${state.version}`);
  title.append(id);
  panel.append(title);
  panel.append(element("h3", text("members")), table(["name", "kind", "ttl", "id"], state.members.map((member) => [
    member.name ?? "–", member.type === "Bot" ? `Bot (${member.subtype})` : member.subtype,
    member.ttl === undefined ? text("forever") : `${number(member.ttl)} s`, short(member.id),
  ])));
  panel.append(element("h3", text("publications")), table(
    ["stream", "publisher", "origin", "enabled", "id"],
    state.publications.map((publication) => [
      [publication.contentType, publication.type, publication.encodings.join("/")].filter(Boolean).join(" "),
      who(members, publication.publisherId), publication.origin ? short(publication.origin) : "–",
      answer(publication.isEnabled), short(publication.id),
    ]),
  ));
  panel.append(element("h3", text("subscriptions")), table(
    ["stream", "subscriber", "confirmed", "id"],
    state.subscriptions.map((subscription) => [
      short(subscription.publicationId), who(members, subscription.subscriberId),
      answer(subscription.isConfirmed), short(subscription.id),
    ]),
  ));
  if (state.forwardings.length) {
    panel.append(element("h3", text("forwardings")), table(
      ["id", "publisher", "transports", "confirmed", "maximum"],
      state.forwardings.map((forwarding) => [
        short(forwarding.id), who(members, forwarding.publisherId), short(forwarding.transportId),
        number(forwarding.confirmed), number(forwarding.maxSubscribers),
      ]),
    ));
  }
  return panel;
}

/** What a transport's streams have lost, and the layers that come and go. */
function streams(transport) {
  const lost = [
    ...transport.producers.flatMap(({ layers }) => layers.map((layer) => layer.lost)),
    ...transport.consumers.map((consumer) => consumer.lost),
  ].reduce((sum, value) => sum + value, 0);
  const codec = (stream) => stream.codec?.split("/")[1] ?? stream.kind;
  const layers = [
    ...transport.producers.map((one) => `${codec(one)} [${one.layers.map((layer) => layer.encoding).join(" ")}]`),
    ...transport.consumers.map((one) => {
      const target = one.targetLayer !== one.currentLayer && one.targetLayer !== undefined ? `→${one.targetLayer}` : "";
      return `${codec(one)} ${one.currentLayer ?? "–"}${target}`;
    }),
  ];
  return { lost, layers: layers.join(", ") };
}

/** @param rates gives a transport's bit rates: `{ received, sent }`. */
export function transports(state, rates) {
  const members = membersOf(state);
  return table(
    ["member", "direction", "connected", "address", "received", "sent", "packets", "lost", "roundTrip", "layers", "id"],
    state.transports.map((transport) => {
      const { lost, layers } = streams(transport);
      const rate = rates(transport);
      const address = element("td", transport.remoteAddress ?? "–");
      address.title = transport.candidates.join("\n");
      return [
        who(members, transport.memberId), text(transport.direction), answer(transport.isConnected), address,
        bitrate(rate.received), bitrate(rate.sent),
        `${number(transport.packetsReceived)} / ${number(transport.packetsSent)}`, number(lost),
        transport.roundTripTime === undefined
          ? "–" : `${number(transport.roundTripTime, { maximumFractionDigits: 1 })} ms`,
        layers || "–", short(transport.id),
      ];
    }),
  );
}

export function connections(state) {
  const names = new Map(state.channels.map((channel) => [channel.id, channel.name]));
  return table(["id", "channels"], state.connections.map((connection) => [
    String(connection.id), connection.channels.map((id) => names.get(id) ?? id.slice(0, 8)).join(", ") || "–",
  ]));
}

/** @param clear ends a fault by its id. */
export function faults(state, clear) {
  return table(["fault", "remaining", "hits", "id", ""], state.faults.map((fault) => {
    const { fault: name, id, hits, remaining, until, ...fields } = fault;
    const words = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
    const button = element("button", text("clear"), "quiet");
    button.type = "button";
    button.dataset.clear = id;
    button.addEventListener("click", () => clear(id));
    const left = until === undefined ? remaining ?? "–" : `${number(Math.max(0, until - state.time + state.skew) / 1000)} s`;
    return [element("td", [name, ...words].join(" "), "wide"), String(left), number(hits), String(id), button];
  }));
}

/** One line of the log. */
export function event({ id, kind, data }) {
  const line = element("li");
  const { params } = data;
  const name = params?.type ?? [kind, data.state ?? data.fault].filter(Boolean).join(" ");
  const rest = params ? summary(params.data) : Object.entries(data).map(([key, value]) => `${key}=${value}`).join(" ");
  line.append(element("b", `${id} ${name}`), element("span", rest));
  return line;
}

function summary({ channel, member, publication, subscription }) {
  return [
    `v${channel.version}`, member && (member.name ?? `${member.type} ${member.id.slice(0, 8)}`),
    publication && `${publication.contentType} ${publication.id.slice(0, 8)}`,
    subscription && `→ ${subscription.subscriberId.slice(0, 8)}`,
  ].filter(Boolean).join(" · ");
}
