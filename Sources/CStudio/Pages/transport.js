// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { producerParameters, sending } from "./ortc.js";
import { pause } from "./rtcapi.js";
import { parse, write } from "./sdp.js";

const patience = 5000;
const restarts = 8;

/**
 * The browser's side of one transport of the SFU: a peer connection whose other side is written here.
 *
 * Events: "state" (detail: the connection's state, or "restarting"), "lost" (after the last restart).
 */
class Transport extends EventTarget {
  #queue = Promise.resolve();
  #connected = false;
  #restarting = false;
  #version = 1;

  /** `options` are the SFU's transport options, `api` its SFUAPI. */
  constructor(options, api, iceServers) {
    super();
    this.id = options.id;
    this.remote = options;
    this.api = api;
    this.peer = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.peer.addEventListener("connectionstatechange", () => this.#changed());
  }

  get state() { return this.peer.connectionState; }

  close() {
    this.peer.close();
    this.tell("state", "closed");
  }

  /** Runs what changes the descriptions one after another. */
  inTurn(work) {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /** Tells the SFU our certificate, once, before the first check can reach it. */
  async connect(description) {
    if (this.#connected) return;
    const { fingerprint } = parse(description.sdp);
    await this.api.connect(this.id, { role: "client", fingerprints: [fingerprint] });
    this.#connected = true;
  }

  describe(type, setup, sections, more = {}) {
    const sdp = write({ remote: this.remote, setup, version: this.#version++, sections, ...more });
    return { type, sdp };
  }

  tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  // MARK: Coming back

  #changed() {
    this.tell("state", this.state);
    if (this.state === "disconnected" || this.state === "failed") this.#recover();
  }

  /** Gives the network time to come back by itself, then restarts ICE; DTLS goes on as it is. */
  async #recover() {
    if (this.#restarting) return;
    this.#restarting = true;
    const isBack = () => this.state === "connected" || this.state === "closed";
    await this.#settle(isBack);
    for (let round = 0; round < restarts && !isBack(); round++) {
      await pause(round ** 2 * (100 + Math.random() * 100));
      if (isBack()) break;
      this.tell("state", "restarting");
      try {
        await this.restart();
        await this.#settle(isBack);
      } catch (error) {
        if (error.status === 404) break;
      }
    }
    this.#restarting = false;
    if (!isBack()) this.tell("lost");
  }

  #settle(done) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.peer.removeEventListener("connectionstatechange", look);
        resolve();
      };
      const look = () => { if (done()) end(); };
      const timer = setTimeout(end, patience);
      this.peer.addEventListener("connectionstatechange", look);
      look();
    });
  }

  /** Restarts ICE with new credentials of both sides. */
  restart() {
    return this.inTurn(async () => {
      const { iceParameters } = await this.api.restartICE(this.id);
      this.remote = { ...this.remote, iceParameters };
      await this.negotiate({ iceRestart: true });
    });
  }
}

/** Sends what is produced. */
export class SendTransport extends Transport {
  #sections = new Map();

  /**
   * Sends a track. `encodings` are those of RTCRtpSender, the lowest first; `announce(rtpParameters)` makes the
   * producer at the SFU, once the browser's parameters are known.
   */
  produce({ track, router, mimeType, encodings }, announce) {
    return this.inTurn(async () => {
      const transceiver = this.peer.addTransceiver(track, {
        direction: "sendonly",
        streams: [new MediaStream([track])],
        sendEncodings: encodings.length > 1 ? encodings : encodings.map(({ rid, ...rest }) => rest),
      });
      try {
        const parameters = await this.negotiate({ transceiver, router, mimeType, encodings });
        await announce(parameters);
      } catch (error) {
        this.#retire(transceiver);
        throw error;
      }
      return transceiver;
    });
  }

  /** Stops sending; the section stays, idle. */
  stop(transceiver) {
    return this.inTurn(async () => {
      this.#retire(transceiver);
      await this.negotiate({});
    });
  }

  #retire(transceiver) {
    transceiver.sender.replaceTrack(null).catch(() => {});
    if (this.peer.signalingState === "closed") return;
    // One that never was part of a description is left out of the next.
    if (transceiver.mid === null) transceiver.stop();
    else transceiver.direction = "inactive";
  }

  /** One round of offer and answer, for a new transceiver, an ICE restart or a direction that has changed. */
  async negotiate({ transceiver, router, mimeType, encodings, iceRestart = false }) {
    if (this.peer.signalingState === "closed") return;
    const offer = await this.peer.createOffer({ iceRestart });
    await this.connect(offer);
    await this.peer.setLocalDescription(offer);
    const { sections, allowsMixedExtensions } = parse(offer.sdp);
    const added = transceiver && sections.find(({ mid }) => mid === transceiver.mid);
    try {
      if (added) this.#sections.set(added.mid, { ...sending(added, router, mimeType), rids: added.rids });
      const answer = sections.filter(({ mid }) => this.#sections.has(mid)).map(({ kind, mid }) => ({
        kind, mid, direction: this.#directionOf(mid), ...this.#sections.get(mid),
      }));
      await this.peer.setRemoteDescription(this.describe("answer", "passive", answer, { allowsMixedExtensions }));
    } catch (error) {
      if (added) this.#sections.delete(added.mid);
      await this.peer.setLocalDescription({ type: "rollback" }).catch(() => {});
      throw error;
    }
    return added && producerParameters(added, this.#sections.get(added.mid), encodings);
  }

  #directionOf(mid) {
    const { direction } = this.peer.getTransceivers().find((entry) => entry.mid === mid) ?? {};
    return direction === "sendonly" ? "recvonly" : "inactive";
  }
}

/** Receives what is consumed: one section of one peer connection for each consumer. */
export class ReceiveTransport extends Transport {
  #sections = new Map();

  /** Receives a consumer; returns its RTCRtpReceiver. */
  consume({ id, kind, rtpParameters }) {
    return this.inTurn(async () => {
      const { mid, codecs, headerExtensions, encodings: [encoding], rtcp } = rtpParameters;
      this.#sections.set(mid, {
        id, kind, mid, direction: "sendonly", codecs, headerExtensions, encoding, cname: rtcp?.cname || id, track: id,
      });
      try {
        await this.negotiate();
      } catch (error) {
        this.#sections.delete(mid);
        throw error;
      }
      return this.peer.getTransceivers().find((entry) => entry.mid === mid).receiver;
    });
  }

  /** Stops receiving a consumer; its section stays, idle. */
  stop(consumerId) {
    return this.inTurn(async () => {
      const section = [...this.#sections.values()].find(({ id }) => id === consumerId);
      if (!section || this.peer.signalingState === "closed") return;
      this.#sections.set(section.mid, { ...section, direction: "inactive", encoding: null });
      await this.negotiate();
    });
  }

  async negotiate() {
    if (this.peer.signalingState === "closed") return;
    await this.peer.setRemoteDescription(this.describe("offer", "actpass", [...this.#sections.values()]));
    const answer = await this.peer.createAnswer();
    await this.connect(answer);
    await this.peer.setLocalDescription(answer);
  }
}
