// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** The server's refusal of an offer: a problem document (RFC 9457) or a bare status. */
export class Refusal extends Error {
  static async from(response) {
    const problem = await response.json().catch(() => ({}));
    const refusal = new Refusal(problem.detail ?? problem.title ?? `HTTP ${response.status}`);
    refusal.status = response.status;
    refusal.retryAfter = Number(response.headers.get("Retry-After")) || null;
    return refusal;
  }
}

/** One WHIP or WHEP session (RFC 9725): an offer posted, its answer applied, its resource deleted at the end. */
export class Session extends EventTarget {
  #headers;
  #address = null;
  #closed = false;
  #disconnected = null;

  /** `peer` already has its transceivers. A "lost" event says that the connection is gone for good. */
  constructor(peer, endpoint, token = "") {
    super();
    this.peer = peer;
    this.endpoint = endpoint;
    this.#headers = token ? { Authorization: `Bearer ${token}` } : {};
  }

  /** Posts the offer without waiting for candidates: the other side learns ours from the checks (RFC 8445 §7.3.1.3). */
  async open() {
    const offer = await this.peer.createOffer();
    await this.peer.setLocalDescription({ type: "offer", sdp: withStereo(offer.sdp) });
    const response = await fetch(this.endpoint, {
      method: "POST",
      headers: { ...this.#headers, "Content-Type": "application/sdp" },
      body: this.peer.localDescription.sdp,
    });
    if (response.status !== 201) throw await Refusal.from(response);
    const location = response.headers.get("Location");
    this.#address = location && new URL(location, response.url).href;
    const answer = await response.text();
    if (this.#closed) return this.#delete();
    this.#watchConnection();
    await this.peer.setRemoteDescription({ type: "answer", sdp: answer });
    for (const { transport } of [...this.peer.getSenders(), ...this.peer.getReceivers()]) {
      transport?.addEventListener("statechange", () => {
        if (transport.state === "closed" || transport.state === "failed") this.#lost();
      });
    }
  }

  /** Ends the session here and, as far as it is reachable, there. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#disconnected);
    this.peer.close();
    this.#delete();
  }

  #watchConnection() {
    this.peer.addEventListener("connectionstatechange", () => {
      clearTimeout(this.#disconnected);
      const state = this.peer.connectionState;
      if (state === "failed" || state === "closed") this.#lost();
      if (state === "disconnected") this.#disconnected = setTimeout(() => this.#lost(), 5000);
    });
  }

  #lost() {
    if (!this.#closed) this.dispatchEvent(new Event("lost"));
  }

  #delete() {
    const address = this.#address;
    this.#address = null;
    // keepalive lets the request outlive the page.
    if (address) fetch(address, { method: "DELETE", headers: this.#headers, keepalive: true }).catch(() => {});
  }
}

/** Asks for both channels of Opus; browsers play and send one unless the description says otherwise (RFC 7587 §6.1). */
function withStereo(sdp) {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (!opus) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${opus} (?!.*stereo=1)[^\\r\\n]*)`, "m"), "$1;stereo=1;sprop-stereo=1");
}

/**
 * Reads what a connection carries in one direction, as numbers since the last call.
 * Returns width, height, frames (since the start), rate (a second), bitrate (bits a second), codecs, lost.
 */
export function meter(peer, direction) {
  let before = null;
  return async () => {
    const report = [...(await peer.getStats()).values()];
    const streams = report.filter((entry) => entry.type === `${direction}-rtp`);
    const pictures = streams.filter((entry) => entry.kind === "video");
    const video = pictures.sort((a, b) => (b.frameWidth ?? 0) - (a.frameWidth ?? 0))[0];
    const codecs = streams.map((entry) => report.find((other) => other.id === entry.codecId)?.mimeType.split("/")[1]);
    const now = {
      at: performance.now(),
      bytes: streams.reduce((sum, entry) => sum + (entry.bytesReceived ?? entry.bytesSent ?? 0), 0),
      frames: video?.framesDecoded ?? video?.framesEncoded ?? 0,
    };
    const seconds = before ? (now.at - before.at) / 1000 : 0;
    const result = {
      width: video?.frameWidth ?? 0,
      height: video?.frameHeight ?? 0,
      frames: now.frames,
      rate: seconds ? (now.frames - before.frames) / seconds : 0,
      bitrate: seconds ? ((now.bytes - before.bytes) * 8) / seconds : 0,
      codecs: [...new Set(codecs.filter(Boolean))],
      lost: streams.reduce((sum, entry) => sum + (entry.packetsLost ?? 0), 0),
    };
    before = now;
    return result;
  };
}
