// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Channel } from "./channel.js";
import { Engine, Trouble } from "./engine.js";
import { Publishing } from "./publishing.js";
import { RTCAPI, pause } from "./rtcapi.js";
import { SFUAPI, turnServers } from "./sfuapi.js";
import { Subscribing } from "./subscribing.js";
import { decode } from "./token.js";

/** How often the server hears that we are there, and how long it waits for that, in seconds. */
const keepaliveInterval = 30;
const timeToLive = 120;
/** As the SDK has it, for a server that refuses more. */
const shortTimeToLive = 60;

/** Speaks SkyWay's protocols itself. */
export class BuiltInEngine extends Engine {
  #api;
  #sfu;
  #hosts;
  #channel = null;
  #me = null;
  #publishing = null;
  #subscribing = null;
  #keepalive = null;

  get makesBots() { return true; }
  now() { return this.#api?.now() ?? Date.now(); }

  // MARK: Connection

  async open({ hosts, token }) {
    const { rtcApi, sfu, secure } = hosts;
    this.#hosts = hosts;
    const api = new RTCAPI({ domain: rtcApi, secure, token, appId: decode(token).appId });
    this.#api = api;
    this.#sfu = new SFUAPI({ domain: sfu, secure, token: () => api.token });
    api.addEventListener("state", ({ detail }) => this.tell("state", detail));
    api.addEventListener("fatal", ({ detail }) => {
      this.#end();
      this.tell("failed", detail);
    });
    api.addEventListener("reopened", () => this.#keepAlive());
    for (const [source, target] of [["rpc", api], ["sfu", this.#sfu]]) {
      target.addEventListener("call", ({ detail: { method, parameters, direction, took } }) => {
        const time = took === undefined ? "" : ` (${took} ms)`;
        this.log(source, `${direction} ${method}${time}`, parameters, direction === "✕");
      });
    }
    await api.open();
  }

  async updateToken(token) {
    if (decode(token).appId !== this.#api.appId) throw new Trouble("otherApp");
    await this.#api.updateToken(token);
    await this.#api.synchronizeClock();
  }

  async close() {
    if (this.#me) await Promise.race([this.leave().catch(() => {}), pause(2000)]);
    this.closeChannel();
    this.#api?.close();
  }

  // MARK: Channel

  async create({ name, metadata }) {
    const { channel } = await this.#api.call("createChannel", { ...(name && { name }), ...(metadata && { metadata }) });
    await this.find({ id: channel.id });
  }

  async find({ id, name }) {
    const { channel } = id
      ? await this.#api.call("getChannel", { id })
      : await this.#api.call("getChannelByName", { name });
    await this.#show(channel);
  }

  async findOrCreate({ name, metadata }) {
    const parameters = { ...(name && { name }), ...(metadata && { metadata }) };
    const { channel } = await this.#api.call("findOrCreateChannel", parameters);
    await this.#show(channel);
  }

  async #show(snapshot) {
    this.closeChannel();
    const channel = new Channel(this.#api, snapshot);
    this.#channel = channel;
    channel.addEventListener("change", ({ detail }) => this.#follow(channel, detail));
    channel.addEventListener("ended", () => {
      if (this.#channel !== channel) return;
      this.#end();
      this.#channel = null;
      this.tell("ended");
      this.tell("changed");
    });
    await channel.watch();
    this.tell("changed");
  }

  closeChannel() {
    this.#end();
    this.#channel?.close();
    this.#channel = null;
    this.tell("changed");
  }

  deleteChannel() { return this.#api.call("deleteChannel", { id: this.#channel.id }); }

  setChannelMetadata(metadata) {
    return this.#api.call("updateChannelMetadata", { id: this.#channel.id, metadata });
  }

  #follow(channel, event) {
    if (this.#channel !== channel) return;
    if (event) this.log("event", event.type, event.data);
    if (this.#me && this.#publishing && !channel.members.has(this.#me)) {
      this.#end();
      this.tell("removed");
    }
    this.#publishing?.follow();
    this.#subscribing?.follow();
    this.tell("changed");
  }

  // MARK: Membership

  async join({ name, metadata }) {
    const channel = this.#channel;
    const { memberId } = await this.#api.call("addMember", {
      channelId: channel.id, ...(name && { name }), ...(metadata && { metadata }),
      ttlSec: this.#inSeconds(keepaliveInterval), type: "Person", subtype: "Person",
    });
    this.#me = memberId;
    await channel.until(() => channel.members.get(memberId));
    const iceServers = await turnServers(
      { domain: this.#hosts.iceParams, secure: this.#hosts.secure }, this.#api.token, memberId, channel.id,
    );
    const parts = { api: this.#api, sfu: this.#sfu, channel, me: memberId, iceServers };
    this.#publishing = new Publishing(this, parts);
    this.#subscribing = new Subscribing(this, parts);
    this.#keepalive = setInterval(() => this.#keepAlive(), keepaliveInterval * 1000);
    await this.#keepAlive();
    this.tell("changed");
  }

  /** Leaves; what was published and watched ends with it. */
  async leave() {
    const id = this.#me;
    this.#end();
    this.tell("changed");
    await this.removeMember(id);
  }

  async removeMember(id) {
    await this.#api.call("removeMember", { channelId: this.#channel.id, id });
    await this.#channel.until(() => !this.#channel.members.has(id));
  }

  setMemberMetadata(memberId, metadata) {
    return this.#api.call("updateMemberMetadata", { channelId: this.#channel.id, memberId, metadata });
  }

  #inSeconds(seconds) { return Math.floor(this.now() / 1000) + seconds; }

  /** Tells the server that we are still there, for as long as we can say it. */
  async #keepAlive() {
    const memberId = this.#me;
    for (let attempt = 0; attempt <= 8 && memberId && memberId === this.#me; attempt++) {
      await pause(attempt ** 2 * 100);
      const seconds = attempt ? shortTimeToLive : timeToLive;
      try {
        const ttlSec = this.#inSeconds(seconds);
        return void (await this.#api.call("updateMemberTtl", { channelId: this.#channel.id, memberId, ttlSec }));
      } catch (error) {
        if (error.code !== 404 || memberId !== this.#me) continue;
        this.#end();
        this.tell("removed");
        return void this.tell("changed");
      }
    }
  }

  #end() {
    clearInterval(this.#keepalive);
    this.#publishing?.close();
    this.#subscribing?.close();
    this.#me = this.#publishing = this.#subscribing = null;
  }

  // MARK: Media

  /** Reports about a transport, from now on. */
  watch(transport) {
    transport.addEventListener("state", ({ detail }) => {
      this.log("media", `${transport.constructor.name} ${detail}`, { transportId: transport.id }, detail === "failed");
      this.tell("changed");
    });
    transport.addEventListener("lost", () => this.tell("failed", new Trouble("transportLost")));
    return transport;
  }

  get #publisher() {
    if (!this.#publishing) throw new Trouble("notJoined");
    return this.#publishing;
  }

  get #subscriber() {
    if (!this.#subscribing) throw new Trouble("notJoined");
    return this.#subscribing;
  }

  async publish({ forwards, ...wanted }) {
    const id = await this.#publisher.publish(wanted);
    if (forwards) await this.startForwarding(id);
    return id;
  }

  unpublish(publicationId) {
    return this.#api.call("unpublishStream", { channelId: this.#channel.id, publicationId });
  }

  createBot() { return this.#publisher.createBot(); }
  startForwarding(id) { return this.#publisher.startForwarding(id); }
  stopForwarding(id) { return this.#publisher.stopForwarding(id); }
  subscribe(id, encoding) { return this.#subscriber.subscribe(id, encoding); }
  unsubscribe(id) { return this.#subscriber.unsubscribe(id); }
  preferEncoding(id, encoding) { return this.#subscriber.preferEncoding(id, encoding); }

  setEnabled(publicationId, isEnabled) {
    const method = isEnabled ? "enablePublication" : "disablePublication";
    return this.#api.call(method, { channelId: this.#channel.id, publicationId });
  }

  setPublicationMetadata(publicationId, metadata) {
    const parameters = { channelId: this.#channel.id, publicationId, metadata };
    return this.#api.call("updatePublicationMetadata", parameters);
  }

  // MARK: What there is to see

  view() {
    const channel = this.#channel;
    if (!channel) return null;
    const members = [...channel.members.values()].map((member) => ({
      ...member, isMe: member.id === this.#me, isBot: member.type?.toLowerCase() === "bot",
    }));
    return {
      channel, me: this.#me, members,
      publications: [...channel.publications.values()].map((publication) => this.#publication(publication)),
      subscriptions: [...channel.subscriptions.values()].map((subscription) => this.#subscription(subscription)),
      transports: [this.#publishing, this.#subscribing].flatMap((side) =>
        [...(side?.transports.values() ?? [])].map(({ id, state }) => ({
          id, state, direction: side === this.#publishing ? "send" : "receive",
        }))),
    };
  }

  #publication(publication) {
    const all = [...this.#channel.publications.values()];
    const origin = this.#channel.publications.get(publication.origin) ?? publication;
    const forwarding = this.#publishing?.forwardings.get(publication.id);
    return {
      ...publication,
      kind: publication.contentType.toLowerCase(),
      publisher: origin.publisherId,
      isMine: origin.publisherId === this.#me,
      isRelay: Boolean(publication.origin),
      track: this.#publishing?.tracks.get(publication.id)?.track,
      canControl: !publication.origin,
      isForwarded: all.some((other) => other.origin === publication.id),
      encodings: (origin.encodings ?? []).map(({ id }) => id),
      codec: origin.codecCapabilities?.[0]?.mimeType?.split("/")[1]?.toUpperCase() ?? "",
      confirmed: forwarding && (forwarding.accepted?.size ?? 0),
    };
  }

  #subscription(subscription) {
    const consumer = this.#subscribing?.consumers.get(subscription.id);
    const relay = this.#channel.publications.get(subscription.publicationId);
    const forwarding = this.#publishing?.forwardings.get(subscription.publicationId);
    return {
      ...subscription,
      kind: (subscription.contentType ?? relay?.contentType ?? "").toLowerCase(),
      isMine: subscription.subscriberId === this.#me,
      encodings: relay ? this.#publication(relay).encodings : [],
      encoding: consumer?.encoding,
      track: consumer?.track,
      isConfirmed: forwarding?.accepted?.has(subscription.id),
    };
  }

  streams() {
    const sent = [...(this.#publishing?.forwardings ?? [])].filter(([, { transceiver }]) => transceiver)
      .map(([id, { transceiver }]) => ({
        id, direction: "send", kind: transceiver.receiver.track.kind, source: transceiver.sender,
      }));
    const received = [...(this.#subscribing?.consumers ?? [])].map(([id, { receiver }]) => ({
      id, direction: "receive", kind: receiver.track.kind, source: receiver,
    }));
    return [...sent, ...received];
  }
}
