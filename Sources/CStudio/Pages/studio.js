// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { app, fail, press, report } from "./app.js";
import { showStatistics } from "./charts.js";
import { chosenHosts, chosenToken, prepare, showToken } from "./connection.js";
import { ask, element, say, write } from "./dom.js";
import { BuiltInEngine } from "./engine-builtin.js";
import { Trouble } from "./engine.js";
import { showLists } from "./items.js";
import { encodingsFor, open } from "./sources.js";
import { Statistics } from "./statistics.js";
import { onLanguageChange, text } from "./words.js";

/**
 * The studio. What a newcomer fills in can come by the address: ?channel=…&member=…&engine=builtin|sdk&lang=ja|en
 * The body says in data-state what the connection is: loading · closed · opening · open · reconnecting.
 */
const statistics = new Statistics();
let shown = null;

// MARK: What is shown

function setState(state) {
  document.body.dataset.state = state;
  say(element("state"), `state${state[0].toUpperCase()}${state.slice(1)}`);
  element("state").className = `badge ${{ open: "good", closed: "" }[state] ?? "warn"}`;
  show();
}

/** Shows everything once, however much has changed since. */
function show() {
  shown ??= requestAnimationFrame(() => {
    shown = null;
    const view = app.engine?.view() ?? null;
    showControls(view);
    showChannel(view);
    showLists(view);
  });
}

function showControls(view) {
  const isOpen = Boolean(app.engine);
  const set = (ids, isDisabled) => { for (const id of ids) element(id).disabled = isDisabled; };
  set(["connect", "service", "engine"], isOpen || element("connect").ariaBusy === "true");
  set(["disconnect", "update-token", "find", "create", "find-or-create"], !isOpen);
  set(["join", "member-name", "member-metadata"], !view || Boolean(view.me));
  set(["leave", "publish"], !view?.me);
  set(["create-bot"], !view?.me || !app.engine.makesBots);
  const makesBots = app.engine ? app.engine.makesBots : element("engine").value === "builtin";
  element("forward-label").hidden = element("create-bot").hidden = !makesBots;
  element("sdk-hint").hidden = makesBots;
  const simple = element("codec").value === "VP9";
  element("vp9-hint").hidden = !simple;
  for (const option of [...element("encodings").options].slice(1)) option.disabled = simple;
  if (simple) element("encodings").value = "1";
  const byId = element("channel-by").value === "id";
  say(element("channel-key-label"), byId ? "id" : "name");
  element("channel-metadata-label").hidden = byId;
  set(["create", "find-or-create"], !isOpen || byId);
}

function showChannel(view) {
  element("no-channel").hidden = Boolean(view);
  element("channel").hidden = !view;
  if (!view) return;
  const { id, name, metadata } = view.channel;
  write(element("channel-id"), id);
  write(element("channel-name"), name ?? text("unnamed"));
  write(element("channel-metadata"), metadata || "–");
  const address = new URLSearchParams({ channel: id, engine: element("engine").value });
  element("another").href = `/studio?${address}`;
}

// MARK: Connection

async function makeEngine() {
  if (element("engine").value !== "sdk") return new BuiltInEngine();
  const { SDKEngine, loadSDK } = await import("./engine-sdk.js");
  return new SDKEngine(await loadSDK());
}

async function connect() {
  const token = await chosenToken();
  const engine = await makeEngine();
  engine.addEventListener("changed", show);
  engine.addEventListener("log", ({ detail }) => report(detail));
  engine.addEventListener("failed", ({ detail }) => fail(detail));
  engine.addEventListener("removed", () => fail(new Trouble("removed")));
  engine.addEventListener("ended", () => fail(new Trouble("channelEnded")));
  engine.addEventListener("state", ({ detail }) => {
    if (detail === "closed" && app.engine === engine) {
      app.engine = null;
      showToken(null);
    }
    if (app.engine === engine || detail === "closed") setState(detail);
  });
  setState("opening");
  try {
    await engine.open({ hosts: chosenHosts(), token });
  } catch (error) {
    engine.close();
    setState("closed");
    throw error;
  }
  app.engine = engine;
  showToken(token);
  setState("open");
}

async function disconnect() {
  const { engine } = app;
  await engine.close();
  app.engine = null;
  showToken(null);
  setState("closed");
}

// MARK: Channel

/** What the form names: {name} or {id}, with metadata for a new one. */
function named() {
  const key = element("channel-key").value.trim();
  if (element("channel-by").value === "id") return { id: key };
  return { name: key, metadata: element("new-metadata").value };
}

async function look(work) {
  const wanted = named();
  if (!wanted.id && !wanted.name && work !== "create") throw new Trouble("needsName");
  await app.engine[work](wanted);
}

async function publish() {
  const video = element("with-video").checked;
  const audio = element("with-audio").checked;
  const tracks = await open(element("source").value, { video, audio });
  const layers = encodingsFor(Number(element("encodings").value));
  for (const [index, { track, release }] of tracks.entries()) {
    try {
      await app.engine.publish({
        track,
        release,
        encodings: track.kind === "video" ? layers : [{}],
        mimeType: track.kind === "video" ? `video/${element("codec").value}` : "audio/opus",
        maxSubscribers: Number(element("max-subscribers").value),
        forwards: element("forward").checked,
      });
    } catch (error) {
      const published = app.engine?.view()?.publications.some((entry) => entry.track === track);
      for (const rest of tracks.slice(published ? index + 1 : index)) rest.release();
      throw error;
    }
  }
}

const onPress = {
  disconnect,
  find: () => look("find"),
  create: () => look("create"),
  "close-channel": async () => {
    if (app.engine.view().me) await app.engine.leave();
    app.engine.closeChannel();
  },
  "edit-channel": async () => {
    const { name, id, metadata } = app.engine.view().channel;
    const typed = await ask({ title: text("editMetadata", name ?? id), value: metadata ?? "", yes: "save" });
    if (typed !== null) await app.engine.setChannelMetadata(typed);
  },
  "terminate-channel": async () => {
    const { name, id } = app.engine.view().channel;
    const title = text("terminateChannelAsk", name ?? id);
    if ((await ask({ title, yes: "end", isDanger: true })) !== null) await app.engine.deleteChannel();
  },
  leave: () => app.engine.leave(),
  "create-bot": () => app.engine.createBot(),
};

const onSubmit = {
  connect,
  "find-or-create": () => look("findOrCreate"),
  join: () => app.engine.join({
    name: element("member-name").value.trim(), metadata: element("member-metadata").value,
  }),
  publish,
};

function listen() {
  for (const [id, work] of Object.entries(onPress)) {
    element(id).addEventListener("click", ({ currentTarget }) => press(currentTarget, work));
  }
  for (const [id, work] of Object.entries(onSubmit)) {
    element(id).form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!element(id).disabled) press(element(id), work);
    });
  }
  for (const id of ["engine", "codec", "channel-by"]) element(id).addEventListener("change", show);
  addEventListener("pagehide", () => app.engine?.close());
}

async function measure() {
  await statistics.sample(app.engine?.streams() ?? []);
  showStatistics(statistics.streams, app.engine?.view()?.transports ?? []);
}

function fromAddress() {
  const wanted = new URLSearchParams(location.search);
  const channel = wanted.get("channel");
  if (channel) {
    element("channel-key").value = channel;
    element("channel-by").value = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(channel) ? "id" : "name";
  }
  if (wanted.get("member")) element("member-name").value = wanted.get("member");
  if (wanted.get("engine") === "sdk" && app.configuration.sdk) element("engine").value = "sdk";
}

async function start() {
  try {
    app.configuration = await (await fetch("/studio/config.json", { cache: "no-store" })).json();
  } catch (error) {
    fail(error);
  }
  if (!app.configuration.sdk) {
    element("engine").options[1].disabled = true;
    say(element("engine").options[1], "engineSDKMissing");
  }
  prepare();
  fromAddress();
  listen();
  onLanguageChange(show);
  setState("closed");
  setInterval(measure, 1000);
}

start();
