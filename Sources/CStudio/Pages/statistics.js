// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

const shown = 120_000;

/** The last two minutes of every stream: one line for each encoding, one point a second. */
export class Statistics {
  #history = new Map();

  /** Measures the streams of an engine, and forgets those that are gone. */
  async sample(streams) {
    const measured = await Promise.all(streams.map(async (stream) => [stream, await report(stream.source)]));
    const now = performance.now();
    for (const [stream, entries] of measured) {
      const known = this.#history.get(stream.id) ?? { lines: new Map(), before: new Map() };
      this.#history.set(stream.id, Object.assign(known, stream));
      for (const entry of entries) this.#add(known, entry, now);
      for (const [key, points] of known.lines) {
        while (points.length && points[0].at < now - shown) points.shift();
        if (!points.length) known.lines.delete(key);
      }
    }
    const ids = new Set(streams.map(({ id }) => id));
    for (const id of this.#history.keys()) if (!ids.has(id)) this.#history.delete(id);
  }

  /** What is known: [{id, direction, kind, lines: Map of encoding → points}]. */
  get streams() { return [...this.#history.values()]; }

  #add({ lines, before }, entry, now) {
    const last = before.get(entry.key);
    before.set(entry.key, { ...entry, at: now });
    if (!last || now <= last.at) return;
    const seconds = (now - last.at) / 1000;
    const perSecond = (name) => Math.max(0, entry[name] - last[name]) / seconds;
    const lost = Math.max(0, entry.lost - last.lost);
    const arrived = Math.max(0, entry.packets - last.packets);
    const points = lines.get(entry.key) ?? [];
    points.push({
      at: now,
      bitRate: perSecond("bytes") * 8,
      frameRate: perSecond("frames"),
      loss: arrived + lost ? (100 * lost) / (arrived + lost) : 0,
      resolution: entry.height,
      width: entry.width,
    });
    lines.set(entry.key, points);
  }
}

/** What getStats says of a sender or receiver, an entry for each encoding. */
async function report(source) {
  let entries;
  try {
    entries = [...(await source.getStats()).values()];
  } catch {
    return [];
  }
  const remotes = entries.filter(({ type }) => type === "remote-inbound-rtp");
  return entries.filter(({ type }) => type === "inbound-rtp" || type === "outbound-rtp").map((entry) => {
    const isSent = entry.type === "outbound-rtp";
    const lost = isSent ? remotes.find(({ localId }) => localId === entry.id)?.packetsLost : entry.packetsLost;
    return {
      key: entry.rid ?? "",
      bytes: (isSent ? entry.bytesSent : entry.bytesReceived) ?? 0,
      packets: (isSent ? entry.packetsSent : entry.packetsReceived) ?? 0,
      frames: (isSent ? entry.framesSent : entry.framesDecoded) ?? 0,
      lost: lost ?? 0,
      width: entry.frameWidth ?? 0,
      height: entry.frameHeight ?? 0,
    };
  });
}

/** Draws lines over the last two minutes; each is {points: [{at, value}], color}. */
export function plot(canvas, lines, { minimum = 1, grid, now = performance.now() }) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  Object.assign(canvas, { width: width * scale, height: height * scale });
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const top = Math.max(minimum, ...lines.flatMap(({ points }) => points.map(({ value }) => value))) * 1.1;
  context.strokeStyle = grid;
  context.lineWidth = 1;
  for (const part of [0.25, 0.5, 0.75]) {
    context.beginPath();
    context.moveTo(0, Math.round(height * part) + 0.5);
    context.lineTo(width, Math.round(height * part) + 0.5);
    context.stroke();
  }
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  for (const { points, color } of lines) {
    context.strokeStyle = color;
    context.beginPath();
    points.forEach(({ at, value }, index) => {
      const x = width * (1 - (now - at) / shown);
      const y = height - 1.5 - (height - 3) * (value / top);
      if (index) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    context.stroke();
  }
}
