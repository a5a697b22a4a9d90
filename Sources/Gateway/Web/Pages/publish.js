// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { loadConfiguration } from "./api.js";
import { Session, meter } from "./session.js";
import { applyConfiguration, formatBitrate, onLanguageChange, text } from "./text.js";

/**
 * The publisher (WHIP). #publisher says what goes on:
 *   data-state    idle · asking · connecting · live · reconnecting · ended · failed · denied · noDevice · insecure
 *   data-frames   frames encoded in this session, data-width, data-height
 *   data-bitrate  bits a second
 * The form can be filled from the address: ?source=screen&channel=…&codec=H264&processing=off
 */
const element = (id) => document.getElementById(id);
const publisher = element("publisher");
const preview = element("preview");
let configuration = { whip: "/whip" };
let stream = null;
let session = null;
let detail = "";
let startedAt = 0;

function setState(state, more = "") {
  publisher.dataset.state = state;
  detail = more;
  show();
}

function show() {
  const { state } = publisher.dataset;
  const busy = ["asking", "connecting", "live", "reconnecting"].includes(state);
  element("status").textContent = [text(state), detail].filter(Boolean).join(" ");
  element("fact-state").textContent = text(state);
  element("cover").hidden = state === "live" || state === "insecure";
  element("facts").hidden = !session && state !== "reconnecting";
  element("start").hidden = busy;
  element("stop").hidden = !busy;
  element("watch").hidden = state !== "live" || !channelName();
  for (const control of element("form").querySelectorAll("input, select")) control.disabled = busy;
  for (const label of document.querySelectorAll(".camera")) label.hidden = element("source").value !== "camera";
  element("token").placeholder = text(configuration.auth ? "tokenRequired" : "tokenHint");
}

const channelName = () => element("channel").value.trim();

// MARK: Choosing

async function listDevices() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  fill(element("camera"), devices.filter((device) => device.kind === "videoinput"));
  fill(element("microphone"), devices.filter((device) => device.kind === "audioinput"));
}

/** Lists devices after "default" and before "none"; names are there only once the browser has given permission. */
function fill(select, devices) {
  const chosen = select.value;
  const named = devices.filter((device) => device.deviceId && device.deviceId !== "default");
  const listed = named.map((device) => [device.deviceId, device.label]);
  const options = [["", text("defaultDevice")], ...listed, ["none", text("none")]];
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  select.value = options.some(([value]) => value === chosen) ? chosen : "";
}

function listCodecs() {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const names = new Set(codecs.map((codec) => codec.mimeType.slice("video/".length)));
  const known = ["VP8", "H264", "VP9", "AV1"].filter((name) => names.has(name));
  element("codec").append(...known.map((name) => new Option(name, name)));
}

function capture() {
  if (element("source").value === "screen") {
    return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: true });
  }
  const on = element("processing").checked;
  const processing = { echoCancellation: on, noiseSuppression: on, autoGainControl: on };
  const device = (select) => (select.value ? { deviceId: { exact: select.value } } : {});
  const [camera, microphone] = [element("camera"), element("microphone")];
  return navigator.mediaDevices.getUserMedia({
    video: camera.value !== "none" && { width: { ideal: 1280 }, height: { ideal: 720 }, ...device(camera) },
    audio: microphone.value !== "none" && { ...processing, ...device(microphone) },
  });
}

// MARK: Publishing

function connect() {
  const peer = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const transceiver = peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    if (track.kind === "video") preferCodec(transceiver);
  }
  const channel = channelName();
  const endpoint = channel ? `${configuration.whip}/${encodeURIComponent(channel)}` : configuration.whip;
  return new Session(peer, endpoint, element("token").value.trim());
}

function preferCodec(transceiver) {
  const wanted = element("codec").value;
  if (!wanted) return;
  const all = RTCRtpSender.getCapabilities("video").codecs;
  const first = all.filter((codec) => codec.mimeType === `video/${wanted}`);
  transceiver.setCodecPreferences([...first, ...all.filter((codec) => codec.mimeType === "video/rtx")]);
}

async function start() {
  setState("asking");
  try {
    stream = await capture();
  } catch (error) {
    const missing = ["NotFoundError", "OverconstrainedError", "TypeError"].includes(error.name);
    setState(missing ? "noDevice" : "denied");
    return;
  }
  listDevices();
  preview.srcObject = stream;
  for (const track of stream.getTracks()) {
    if (element("source").value === "screen") track.contentHint = track.kind === "video" ? "detail" : "music";
    track.addEventListener("ended", () => stop("ended"));
  }
  startedAt = Date.now();
  let attempts = 0;
  while (stream) {
    setState(attempts ? "reconnecting" : "connecting");
    const error = await publishOnce();
    if (!stream) return;
    // The first attempt must succeed; later ones go on as long as trying again can help.
    if (error && (attempts === 0 || (error.status >= 400 && error.status < 500))) {
      stop("failed", error.status ? error.message : text("unreachable"));
      return;
    }
    attempts += 1;
    setState("reconnecting");
    await new Promise((done) => setTimeout(done, 2000));
  }
}

/** One session until it is lost; returns the error where it never began. */
async function publishOnce() {
  session = connect();
  const current = session;
  const ended = new Promise((done) => current.addEventListener("lost", done, { once: true }));
  try {
    await current.open();
    await Promise.race([ended, showProgress(current.peer)]);
    return null;
  } catch (error) {
    return error;
  } finally {
    current.close();
    if (session === current) session = null;
  }
}

async function showProgress(peer) {
  const read = meter(peer, "outbound");
  while (peer.connectionState !== "closed") {
    const { width, height, frames, rate, bitrate, codecs } = await read();
    if (peer.connectionState === "connected" && publisher.dataset.state !== "live") {
      element("watch-link").href = `/watch/${encodeURIComponent(channelName())}`;
      setState("live");
    }
    Object.assign(publisher.dataset, { width, height, frames, bitrate: Math.round(bitrate) });
    element("fact-size").textContent = width ? `${width}×${height}` : "–";
    element("fact-rate").textContent = rate.toFixed(0);
    element("fact-bitrate").textContent = formatBitrate(bitrate);
    element("fact-codecs").textContent = codecs.join(" + ") || "–";
    const seconds = Math.floor((Date.now() - startedAt) / 1000);
    element("fact-duration").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    await new Promise((done) => setTimeout(done, 500));
  }
}

function stop(state, more = "") {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  preview.srcObject = null;
  session?.close();
  session = null;
  setState(state, more);
}

// MARK: The page

function explainInsecureOrigin() {
  const port = location.port || "80";
  element("insecure").hidden = false;
  element("form").parentElement.hidden = true;
  element("insecure-local").textContent = `http://localhost:${port}/publish`;
  element("insecure-tunnel").textContent = `ssh -L ${port}:localhost:${port} ${location.hostname}`;
  setState("insecure");
}

function fillFromAddress() {
  const wanted = new URLSearchParams(location.search);
  for (const id of ["source", "channel", "codec"]) if (wanted.has(id)) element(id).value = wanted.get(id);
  if (wanted.get("processing") === "off") element("processing").checked = false;
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
element("stop").addEventListener("click", () => stop("ended"));
element("source").addEventListener("change", show);
addEventListener("pagehide", () => session?.close());
onLanguageChange(() => {
  listDevices().then(show);
});

listCodecs();
fillFromAddress();
show();
if (isSecureContext) await listDevices();
else explainInsecureOrigin();
configuration = await loadConfiguration();
applyConfiguration(configuration);
show();
