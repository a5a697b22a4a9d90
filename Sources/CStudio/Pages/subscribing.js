// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Trouble } from "./engine.js";
import { localSections, receivingCapabilities } from "./ortc.js";
import { ReceiveTransport } from "./transport.js";

/** What this member watches: a consumer at the SFU for each subscription. */
export class Subscribing {
  #engine;
  #api;
  #sfu;
  #channel;
  #me;
  #iceServers;
  #queue = Promise.resolve();
  #capabilities = new Map();
  /** By subscription: {relay, transport, consumer, receiver, track, encoding}. */
  consumers = new Map();
  transports = new Map();

  constructor(engine, { api, sfu, channel, me, iceServers }) {
    this.#engine = engine;
    this.#api = api;
    this.#sfu = sfu;
    this.#channel = channel;
    this.#me = me;
    this.#iceServers = iceServers;
  }

  /** Subscribes to a relay and receives it, in an encoding of its origin where one is named. */
  async subscribe(relayId, encoding) {
    const relay = this.#channel.publications.get(relayId);
    if (!relay?.origin) throw new Trouble("notForwarded");
    const { id } = await this.#api.call("subscribeStream", {
      channelId: this.#channel.id, subscriberId: this.#me, publicationId: relayId,
    });
    await this.#channel.until(() => this.#channel.subscriptions.get(id));
    try {
      const turn = this.#queue.then(() => this.#consume(id, relay, encoding));
      this.#queue = turn.catch(() => {});
      await turn;
    } catch (error) {
      await this.unsubscribe(id).catch(() => {});
      throw error;
    }
    this.follow();
    this.#engine.tell("changed");
    return id;
  }

  async unsubscribe(id) {
    await this.#api.call("unsubscribeStream", { channelId: this.#channel.id, subscriptionId: id });
    await this.#channel.until(() => !this.#channel.subscriptions.has(id));
  }

  /** Asks the SFU for another encoding of the same publication. */
  async preferEncoding(id, encoding) {
    const { transport, consumer, relay } = this.#consumer(id);
    const spatialLayer = this.#layer(relay, encoding);
    if (spatialLayer === undefined) throw new Trouble("noSuchEncoding", encoding);
    await this.#sfu.selectLayer(consumer, { transportId: transport.id, spatialLayer, publicationId: relay.id });
    this.#consumer(id).encoding = encoding;
    this.#engine.tell("changed");
  }

  #consumer(id) {
    const consumer = this.consumers.get(id);
    if (!consumer) throw new Trouble("notReceiving");
    return consumer;
  }

  /** The SFU's number of an encoding: its place among those of the origin. */
  #layer(relay, encoding) {
    const encodings = this.#channel.publications.get(relay.origin)?.encodings ?? [];
    const index = encodings.findIndex(({ id }) => id === encoding);
    return index < 0 ? undefined : index;
  }

  async #consume(subscriptionId, relay, encoding) {
    const { id: forwarding, origin, publisherId: bot } = relay;
    const spatialLayer = this.#layer(relay, encoding);
    const answer = await this.#sfu.consume(bot, forwarding, {
      rtpCapabilities: await this.#receivable(bot, forwarding, origin),
      subscriptionId,
      subscriberId: this.#me,
      ...(spatialLayer !== undefined && { spatialLayer }),
      originPublicationId: origin,
      forceTCP: false,
    });
    const { transportId, transportOptions, consumerOptions } = answer;
    if (transportOptions) {
      const opened = new ReceiveTransport(transportOptions, this.#sfu, this.#iceServers);
      this.transports.set(transportId, this.#engine.watch(opened));
    }
    const transport = this.transports.get(transportId);
    if (!transport) throw new Trouble("transportUnknown");
    const receiver = await transport.consume(consumerOptions);
    this.consumers.set(subscriptionId, {
      relay, transport, consumer: consumerOptions.id, receiver, track: receiver.track, encoding,
    });
  }

  async #receivable(bot, forwarding, origin) {
    if (!this.#capabilities.has(bot)) {
      const { rtpCapabilities } = await this.#sfu.routerCapabilities(bot, forwarding, origin);
      this.#capabilities.set(bot, receivingCapabilities(await localSections(), rtpCapabilities));
    }
    return this.#capabilities.get(bot);
  }

  /** Brings what is received in line with the channel. */
  follow() {
    for (const [id, { transport, consumer, relay, track }] of this.consumers) {
      if (this.#channel.subscriptions.has(id)) {
        track.enabled = this.#channel.publications.get(relay.id)?.isEnabled ?? true;
      } else {
        this.consumers.delete(id);
        transport.stop(consumer).catch(() => {});
      }
    }
  }

  /** Ends everything at once. */
  close() {
    for (const transport of this.transports.values()) transport.close();
    this.transports.clear();
    this.consumers.clear();
  }
}
