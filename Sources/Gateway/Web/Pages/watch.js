// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { loadConfiguration, observeLive } from "./api.js";
import { Session, meter } from "./session.js";
import { applyConfiguration, formatBitrate, onLanguageChange, text } from "./text.js";

/**
 * The player (WHEP). #player says what goes on, for people, tests and embedders alike:
 *   data-state    loading · waiting · connecting · playing · stalled · refused · elsewhere
 *   data-frames   frames decoded in this session, data-width, data-height, data-muted
 *   data-sessions WHEP sessions opened so far
 */
const player = document.getElementById("player");
const video = document.getElementById("video");
const sound = document.getElementById("sound");
const channel = decodeURIComponent(location.pathname.replace(/^.*\/watch\//, "").replace(/\/$/, ""));
const stalledAfter = 3000;
const abandonedAfter = 10_000;

let session = null;
let detail = "";
let wake = () => {};
/** Whether the publisher is away and may come back: the session is kept for it then. */
let isAway = false;

function setState(state, more = "") {
  player.dataset.state = state;
  detail = more;
  show();
}

function show() {
  const { state } = player.dataset;
  document.getElementById("status").textContent = [text(state), detail].filter(Boolean).join(" ");
  document.getElementById("fact-state").textContent = text(state);
  document.getElementById("cover").hidden = state === "playing";
  document.getElementById("facts").hidden = !["connecting", "playing", "stalled"].includes(state);
  document.querySelector(".stage").hidden = state === "elsewhere";
  document.getElementById("elsewhere").hidden = state !== "elsewhere";
  document.getElementById("controls").hidden = state !== "playing";
  sound.textContent = text(video.muted ? "unmute" : "mute");
}

function showNumbers({ width, height, frames, rate, bitrate, codecs, lost }) {
  Object.assign(player.dataset, { width, height, frames });
  document.getElementById("fact-size").textContent = width ? `${width}×${height}` : "–";
  document.getElementById("fact-rate").textContent = rate.toFixed(0);
  document.getElementById("fact-bitrate").textContent = formatBitrate(bitrate);
  document.getElementById("fact-codecs").textContent = codecs.join(" + ") || "–";
  document.getElementById("fact-lost").textContent = lost;
}

/** Waits, but no longer than until this channel comes on the air. */
function pause(milliseconds) {
  return new Promise((done) => {
    wake = done;
    setTimeout(done, milliseconds);
  });
}

/** One session from its offer to its end. */
async function play(endpoint) {
  const peer = new RTCPeerConnection();
  const stream = new MediaStream();
  peer.addTransceiver("audio", { direction: "recvonly" });
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addEventListener("track", ({ track }) => stream.addTrack(track));
  session = new Session(peer, endpoint);
  const lost = new Promise((done) => session.addEventListener("lost", done, { once: true }));
  try {
    await session.open();
    player.dataset.sessions = Number(player.dataset.sessions ?? 0) + 1;
    setState("connecting");
    video.srcObject = stream;
    await Promise.race([lost, watchProgress(peer)]);
  } finally {
    session.close();
    session = null;
  }
}

/** Shows the numbers twice a second; returns when nothing has come for long: then a new session is tried. */
async function watchProgress(peer) {
  const read = meter(peer, "inbound");
  let frames = 0;
  let arrivedAt = performance.now();
  while (peer.connectionState !== "closed") {
    const numbers = await read();
    showNumbers(numbers);
    const now = performance.now();
    const soundOnly = numbers.width === 0 && numbers.bitrate > 0;
    if (numbers.frames > frames || soundOnly) {
      frames = numbers.frames;
      arrivedAt = now;
      if (player.dataset.state !== "playing") setState("playing");
    } else if (isAway) {
      arrivedAt = now;
      if (player.dataset.state !== "waiting") setState("waiting");
    } else if (now - arrivedAt > abandonedAfter) {
      return;
    } else if (now - arrivedAt > stalledAfter && player.dataset.state === "playing") {
      setState("stalled");
    }
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** Plays for as long as the page is open. */
async function run(endpoint) {
  setState("waiting");
  for (;;) {
    let retryAfter = 1;
    try {
      await play(endpoint);
      setState("waiting");
      retryAfter = 0.5;
    } catch (error) {
      if (error.status === 404) setState("waiting");
      else setState("refused", error.status ? error.message : text("unreachable"));
      retryAfter = error.retryAfter ?? (error.status === 404 ? 1 : 3);
    }
    await pause(retryAfter * 1000);
  }
}

sound.addEventListener("click", toggleSound);
video.addEventListener("click", toggleSound);
document.getElementById("fullscreen").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.querySelector(".stage").requestFullscreen().catch(() => {});
});
function toggleSound() {
  video.muted = !video.muted;
  player.dataset.muted = video.muted;
  video.play().catch(() => {});
  show();
}

document.getElementById("channel").textContent = channel;
document.getElementById("elsewhere-channel").textContent = channel;
document.title = `${channel} – skyway-whip-gateway`;
onLanguageChange(show);
addEventListener("pagehide", () => session?.close());
show();

const configuration = await loadConfiguration();
applyConfiguration(configuration);
if (configuration.whep) {
  observeLive((broadcasts) => {
    const ours = broadcasts?.find((broadcast) => broadcast.channel === channel || broadcast.name === channel);
    isAway = ours?.state === "waiting";
    if (ours?.state === "live") wake();
  });
  run(`${configuration.whep}/${encodeURIComponent(channel)}`);
} else {
  setState("elsewhere");
}
