// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Trouble } from "./engine.js";
import { pause } from "./rtcapi.js";
import { SendTransport } from "./transport.js";

/** How long a confirmation is tried, in milliseconds between two tries: about 15 s in all. */
const confirmationPauses = [200, 500, 1000, 1000, 2000, 2000, 2000, 2000, 2000, 2000];

/** What this member publishes: its tracks, its forwardings through bots, and the viewers it has confirmed. */
export class Publishing {
  #engine;
  #api;
  #sfu;
  #channel;
  #me;
  #iceServers;
  #queue = Promise.resolve();
  /** By publication: {track, release, mimeType, encodings, maxSubscribers}. */
  tracks = new Map();
  /** By relay: {origin, bot, key, transport, transceiver, confirmed}. */
  forwardings = new Map();
  transports = new Map();

  constructor(engine, { api, sfu, channel, me, iceServers }) {
    this.#engine = engine;
    this.#api = api;
    this.#sfu = sfu;
    this.#channel = channel;
    this.#me = me;
    this.#iceServers = iceServers;
  }

  /** Publishes a track; nobody gets it before it is forwarded. */
  async publish({ track, metadata, encodings, mimeType, maxSubscribers, release }) {
    const { id } = await this.#api.call("publishStream", {
      channelId: this.#channel.id,
      publisherId: this.#me,
      contentType: track.kind === "video" ? "Video" : "Audio",
      ...(metadata && { metadata }),
      codecCapabilities: [{ mimeType: mimeType.toLowerCase() }],
      ...(encodings.length > 1 && { encodings: encodings.map(({ rid }) => ({ id: rid })) }),
      isEnabled: true,
      type: "sfu",
    });
    this.tracks.set(id, { track, release, mimeType, encodings, maxSubscribers });
    await this.#channel.until(() => this.#channel.publications.get(id));
    return id;
  }

  /** Puts a bot into the channel. */
  async createBot() {
    const { id } = await this.#sfu.createBot(this.#api.appId, this.#channel.id);
    await this.#channel.until(() => this.#channel.members.get(id));
    return id;
  }

  /** The bot that is there, or a new one. */
  async #bot() {
    const bot = [...this.#channel.members.values()].find(({ subtype }) => subtype?.toLowerCase() === "sfu");
    return bot?.id ?? (await this.createBot());
  }

  /** Has a bot forward a publication of ours. One after another: two at once could get two transports. */
  startForwarding(publicationId) {
    const turn = this.#queue.then(() => this.#forward(publicationId));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #forward(publicationId) {
    const publication = this.#channel.publications.get(publicationId);
    const local = this.tracks.get(publicationId);
    if (!publication || !local) throw new Trouble("notOurs");
    const bot = await this.#bot();
    const started = await this.#sfu.startForwarding(bot, { publication, maxSubscribers: local.maxSubscribers });
    const transport = this.#transport(started);
    const id = started.forwardingId;
    const forwarding = {
      origin: publicationId, bot, key: started.identifierKey, transport, transceiver: null, confirmed: new Set(),
    };
    this.forwardings.set(id, forwarding);
    try {
      const { rtpCapabilities: router } =
        started.rtpCapabilities ? started : await this.#sfu.routerCapabilities(bot, id, publicationId);
      const { track, mimeType, encodings } = local;
      forwarding.transceiver = await transport.produce({ track, router, mimeType, encodings }, (rtpParameters) =>
        this.#sfu.produce(bot, id, transport.id, { kind: track.kind, rtpParameters, appData: {} }));
      await this.#channel.until(() => this.#channel.publications.get(id));
    } catch (error) {
      this.forwardings.delete(id);
      if (forwarding.transceiver) transport.stop(forwarding.transceiver).catch(() => {});
      this.#sfu.stopForwarding(bot, id).catch(() => {});
      throw error;
    }
    this.follow();
    this.#engine.tell("changed");
    return id;
  }

  #transport({ broadcasterTransportId: id, broadcasterTransportOptions: options }) {
    if (options) this.transports.set(id, this.#engine.watch(new SendTransport(options, this.#sfu, this.#iceServers)));
    const transport = this.transports.get(id);
    if (!transport) throw new Trouble("transportUnknown");
    return transport;
  }

  /** Has a bot stop forwarding. */
  async stopForwarding(id) {
    const { publisherId: bot } = this.#channel.publications.get(id) ?? {};
    await this.#sfu.stopForwarding(bot, id);
    await this.#channel.until(() => !this.#channel.publications.has(id));
  }

  // MARK: Following the channel

  /** Brings what is sent in line with the channel: what is gone ends, what is disabled pauses, viewers are served. */
  follow() {
    for (const [id, forwarding] of this.forwardings) {
      const relayIsGone = !this.#channel.publications.has(id) && forwarding.transceiver;
      if (relayIsGone) {
        this.forwardings.delete(id);
        forwarding.transport.stop(forwarding.transceiver).catch(() => {});
      }
    }
    for (const [id, local] of this.tracks) {
      const publication = this.#channel.publications.get(id);
      if (publication) {
        local.seen = true;
        this.#pauseOrResume(id, publication.isEnabled);
      } else if (local.seen) {
        this.tracks.delete(id);
        local.release?.();
      }
    }
    for (const { id, publicationId } of this.#channel.subscriptions.values()) {
      const forwarding = this.forwardings.get(publicationId);
      if (forwarding && !forwarding.confirmed.has(id)) this.#confirm(publicationId, forwarding, id);
    }
  }

  #pauseOrResume(id, isEnabled) {
    const { track } = this.tracks.get(id);
    for (const { origin, transceiver } of this.forwardings.values()) {
      if (origin !== id || !transceiver) continue;
      const wanted = isEnabled ? track : null;
      if (transceiver.sender.track !== wanted) transceiver.sender.replaceTrack(wanted).catch(() => {});
    }
  }

  async #confirm(forwardingId, forwarding, subscriptionId) {
    forwarding.confirmed.add(subscriptionId);
    const isWanted = () => this.forwardings.has(forwardingId) && this.#channel.subscriptions.has(subscriptionId);
    for (const next of [...confirmationPauses, null]) {
      try {
        await this.#sfu.confirmSubscription({ forwardingId, subscriptionId, identifierKey: forwarding.key });
        forwarding.accepted = (forwarding.accepted ?? new Set()).add(subscriptionId);
        return this.#engine.tell("changed");
      } catch (error) {
        const mayPass = error.status !== 401 && error.status !== 403;
        if (next === null || !mayPass) return void this.#engine.tell("failed", error);
        await pause(next);
        if (!isWanted()) return;
      }
    }
  }

  /** Ends everything at once. */
  close() {
    for (const transport of this.transports.values()) transport.close();
    for (const { release } of this.tracks.values()) release?.();
    this.transports.clear();
    this.forwardings.clear();
    this.tracks.clear();
  }
}
