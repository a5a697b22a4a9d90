// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Trouble } from "./engine.js";

const rate = 15;
const width = 960;
const height = 540;
const bars = ["#b9bdc9", "#c9a227", "#2a9d8f", "#3a7d44", "#a23b72", "#b23a48", "#2f4b9a"];

/** Opens what is to be published; returns tracks, each with what ends it. */
export async function open(kind, { video, audio }) {
  if (!video && !audio) throw new Trouble("nothingChosen");
  if (kind === "test") return new TestPicture({ video, audio }).tracks;
  if (!navigator.mediaDevices) throw new Trouble("noCapture");
  const stream = kind === "screen"
    ? await navigator.mediaDevices.getDisplayMedia({ video: true, audio })
    : await navigator.mediaDevices.getUserMedia({ video: video && { width: 1280, height: 720 }, audio });
  const isWanted = (track) => (track.kind === "video" ? video : audio);
  for (const track of stream.getTracks()) if (!isWanted(track)) track.stop();
  return stream.getTracks().filter(isWanted).map((track) => ({ track, release: () => track.stop() }));
}

/**
 * A picture that counts its frames and a tone that rises with the seconds: needs no permission.
 *
 * It goes on in a hidden page, since people watch in another tab what this one publishes.
 */
class TestPicture {
  #frame = 0;
  #held = 0;
  #ticker = new Worker("/studio/ticker.js");
  #begun = performance.now();
  #context;
  #writer;
  #audio;
  #oscillator;

  constructor({ video, audio }) {
    this.tracks = [];
    if (video) this.#hold(this.#draw());
    if (audio) this.#hold(this.#play());
    this.#ticker.addEventListener("message", () => this.#next());
    this.#ticker.postMessage(1000 / rate);
  }

  #hold(track) {
    this.#held += 1;
    const release = () => {
      track.stop();
      this.#held -= 1;
      if (this.#held > 0) return;
      this.#ticker.terminate();
      this.#audio?.close();
    };
    this.tracks.push({ track, release });
  }

  #draw() {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#paint();
    // A canvas is captured when the page is rendered, which a hidden one is not: where frames can be written, they are.
    if (!globalThis.MediaStreamTrackGenerator) return canvas.captureStream(rate).getVideoTracks()[0];
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    this.#writer = track.writable.getWriter();
    return track;
  }

  #write() {
    const timestamp = Math.round((performance.now() - this.#begun) * 1000);
    const frame = new VideoFrame(this.#context.canvas, { timestamp });
    // Refused once the track has ended.
    this.#writer.write(frame).catch(() => frame.close());
  }

  #play() {
    this.#audio = new AudioContext();
    const gain = this.#audio.createGain();
    gain.gain.value = 0.15;
    this.#oscillator = this.#audio.createOscillator();
    const end = this.#audio.createMediaStreamDestination();
    this.#oscillator.connect(gain).connect(end);
    this.#oscillator.start();
    return end.stream.getAudioTracks()[0];
  }

  #next() {
    this.#frame += 1;
    if (this.#context) this.#paint();
    if (this.#writer) this.#write();
    const second = Math.floor(this.#frame / rate);
    this.#oscillator?.frequency.setValueAtTime(220 * 2 ** ((second % 13) / 12), this.#audio.currentTime);
  }

  #paint() {
    const context = this.#context;
    const bar = width / bars.length;
    bars.forEach((color, index) => {
      context.fillStyle = color;
      context.fillRect(index * bar, 0, bar + 1, height);
    });
    context.fillStyle = "#11141d";
    context.fillRect(width * 0.15, height * 0.25, width * 0.7, height * 0.5);
    context.fillStyle = "#fff";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `600 ${height * 0.3}px ui-monospace, monospace`;
    context.fillText(String(this.#frame).padStart(6, "0"), width / 2, height * 0.46);
    context.font = `${height * 0.08}px ui-monospace, monospace`;
    context.fillText(new Date().toISOString().slice(11, 23), width / 2, height * 0.67);
    context.fillStyle = "#ffd166";
    context.fillRect(((this.#frame * 16) % (width + 80)) - 80, height * 0.86, 80, height * 0.08);
  }
}

/** The encodings for one to three layers, the lowest first. */
export function encodingsFor(count) {
  const all = [
    { rid: "low", scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: "L1T3" },
    { rid: "mid", scaleResolutionDownBy: 2, maxBitrate: 400_000, scalabilityMode: "L1T3" },
    { rid: "high", scaleResolutionDownBy: 1, maxBitrate: 1_200_000, scalabilityMode: "L1T3" },
  ];
  if (count >= 3) return all;
  return count === 2 ? [all[0], all[2]] : [{ rid: "high", maxBitrate: 1_500_000 }];
}
