// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// One client in a frame: the official SDK, what leads it to SkyWayLocal, and what it publishes and sees.
const settings = await (await fetch("settings.json")).json();
const library = new URLSearchParams(location.search).get("library");

/** Loads the SDK's files as they are. */
async function load() {
  for (const file of settings.libraries[library]) {
    await new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = `sdk/${file}`;
      script.onload = done;
      script.onerror = () => fail(new Error(`${file} can't be loaded`));
      document.head.append(script);
    });
  }
  return library === "room" ? window.skyway_room : { ...window.skyway_core, ...window.skyway_sfu_bot };
}

const sdk = await load();

/** What may be done with a token that allows everything. */
const everything = {
  rooms: [{
    name: "*",
    methods: ["create", "close", "updateMetadata"],
    member: { name: "*", methods: ["publish", "subscribe", "updateMetadata"] },
    sfu: { enabled: true, maxSubscribersLimit: 99 },
  }],
};

/** A token made by the SDK itself, as an app's own server would make it. */
async function token({ lifetime = 3600, scope = everything, secret = settings.secret } = {}) {
  const iat = sdk.nowInSec();
  return new sdk.SkyWayAuthToken({
    jti: sdk.uuidV4(),
    iat,
    exp: iat + lifetime,
    version: 3,
    scope: { appId: settings.applicationId, ...scope },
  }).encode(secret);
}

/** A context of SkyWayLocal. */
async function context(given = {}, options = {}) {
  const service = { domain: settings.domain, secure: false };
  return sdk.SkyWayContext.Create(given.token ?? await token(given), {
    rtcApi: service,
    iceParamServer: { ...service, version: 1 },
    signalingService: service,
    analyticsService: service,
    rtcConfig: { turnPolicy: "disable", stunPolicy: "disable" },
    log: { level: "warn", format: "object" },
    ...options,
  });
}

/** What a room needs to find SkyWayLocal's SFU. */
const sfuOptions = { domain: settings.domain, secure: false, version: 4 };

/** A track of the test picture in any size, each frame with its number. */
function pictures(width, height, rate = 15) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { alpha: false });
  const track = canvas.captureStream(0).getVideoTracks()[0];
  let number = 0;
  const timer = setInterval(() => {
    if (track.readyState === "ended") {
      clearInterval(timer);
      return;
    }
    window.testPicture.draw(context, width, height, number);
    number += 1;
    track.requestFrame();
  }, 1000 / rate);
  window.testPicture.draw(context, width, height, 0);
  return track;
}

/** Watches a stream that was subscribed to, as a page would: in an element. */
function watch(stream) {
  const element = document.createElement(stream.contentType);
  Object.assign(element, { autoplay: true, playsInline: true, muted: stream.contentType === "video", width: 160 });
  document.body.append(element);
  stream.attach(element);
  return stream.contentType === "video" ? watchPictures(stream) : listen(stream);
}

function watchPictures(stream) {
  const seen = { frames: 0, unreadable: 0, numbers: [], sizes: [], lastAt: 0 };
  window.testPicture.readFrames(stream.track.clone(), (number, _, width, height) => {
    seen.frames += 1;
    seen.lastAt = performance.now() / 1000;
    if (number === null) seen.unreadable += 1;
    else seen.numbers.push(number);
    if (seen.sizes.at(-1)?.height !== height) seen.sizes.push({ width, height, at: seen.lastAt });
  });
  seen.now = () => ({ ...seen, numbers: [...seen.numbers], sizes: [...seen.sizes], now: null });
  return seen;
}

/** The tones of the test sound as they are heard: [the second of the test sound, or null, when]. */
function listen(stream) {
  const audio = new AudioContext();
  const analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
  audio.createMediaStreamSource(new MediaStream([stream.track.clone()])).connect(analyser);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const seen = { windows: 0, clear: 0, steps: [] };
  seen.now = () => ({ ...seen, steps: [...seen.steps], now: null });
  const timer = setInterval(() => {
    if (stream.track.readyState === "ended") {
      clearInterval(timer);
      audio.close();
      return;
    }
    analyser.getFloatFrequencyData(spectrum);
    const peak = spectrum.reduce((best, value, bin) => (value > spectrum[best] ? bin : best), 0);
    const step = ((peak * audio.sampleRate) / analyser.fftSize - 400) / 50;
    seen.windows += 1;
    if (spectrum[peak] < -50 || Math.abs(step - Math.round(step)) > 0.24 || step < -0.5 || step > 19.5) return;
    seen.clear += 1;
    if (seen.steps.at(-1) !== Math.round(step)) seen.steps.push(Math.round(step));
  }, 100);
  return seen;
}

/** What the browser counted of a subscription. */
async function received(subscription) {
  const report = (await subscription.getStats()).find((entry) => entry.type === "inbound-rtp") ?? {};
  const names = ["packetsReceived", "packetsLost", "framesReceived", "framesDecoded", "frameHeight", "bytesReceived",
    "keyFramesDecoded", "pliCount", "nackCount"];
  return Object.fromEntries(names.map((name) => [name, report[name] ?? 0]));
}

/** How often this client has asked for a path. */
const requests = (path) =>
  performance.getEntriesByType("resource").filter(({ name }) => new URL(name).pathname === path).length;

const port = Number(settings.domain.split(":")[1]);
window.client = { sdk, port, requests, token, context, everything, sfuOptions, pictures, watch, received };
parent.postMessage("ready", location.origin);
