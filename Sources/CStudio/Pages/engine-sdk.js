// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Engine, Trouble } from "./engine.js";
import { decode } from "./token.js";

/** Loads the SDK that the server was given; the file makes one global object. */
export async function loadSDK() {
  if (!globalThis.skyway_room) {
    await new Promise((done) => {
      const script = document.createElement("script");
      document.head.append(Object.assign(script, { src: "/studio/sdk.js", onload: done, onerror: done }));
    });
  }
  if (!globalThis.skyway_room) throw new Trouble("sdkMissing");
  return globalThis.skyway_room;
}

/** Speaks to SkyWay through the official SDK, in a room of type sfu. */
export class SDKEngine extends Engine {
  #sdk;
  #context = null;
  #sfuOptions;
  #room = null;
  #me = null;
  #releases = new Map();
  /** Chosen encodings by subscription. */
  #encodings = new Map();

  constructor(sdk) {
    super();
    this.#sdk = sdk;
  }

  // MARK: Connection

  async open({ hosts, token }) {
    decode(token);
    const { rtcApi, sfu, iceParams, secure } = hosts;
    const own = { domain: rtcApi, secure };
    const isSkyWay = rtcApi.endsWith(".skyway.ntt.com");
    // Elsewhere all services are on one host, and nothing but it is needed to reach its SFU.
    const elsewhere = {
      signalingService: own, analyticsService: own, rtcConfig: { turnPolicy: "disable", stunPolicy: "disable" },
    };
    this.#sfuOptions = { domain: sfu, secure };
    this.#context = await this.#sdk.SkyWayContext.Create(token, {
      rtcApi: own, iceParamServer: { domain: iceParams, version: 1, secure }, ...(!isSkyWay && elsewhere),
    });
    const context = this.#context;
    context.onReconnectStart?.add(() => this.tell("state", "reconnecting"));
    context.onReconnectSuccess?.add(() => this.tell("state", "open"));
    context.onFatalError.add((error) => {
      this.tell("failed", error);
      this.tell("state", "closed");
    });
    context.onTokenUpdateReminder.add(() => this.log("sdk", "onTokenUpdateReminder"));
    context.onTokenExpired.add(() => this.log("sdk", "onTokenExpired", undefined, true));
  }

  async updateToken(token) { await this.#context.updateAuthToken(token); }

  async close() {
    if (this.#me) await this.leave().catch(() => {});
    this.closeChannel();
    this.#context?.dispose();
  }

  // MARK: Channel

  async create({ name, metadata }) {
    this.#show(await this.#sdk.SkyWayRoom.Create(this.#context, this.#wanted(name, metadata)));
  }

  async find({ id, name }) {
    const options = { type: "sfu", sfuOptions: this.#sfuOptions };
    this.#show(await this.#sdk.SkyWayRoom.Find(this.#context, id ? { id } : { name }, options));
  }

  async findOrCreate({ name, metadata }) {
    this.#show(await this.#sdk.SkyWayRoom.FindOrCreate(this.#context, this.#wanted(name, metadata)));
  }

  #wanted(name, metadata) {
    const given = { name: name || undefined, metadata: metadata || undefined };
    return { type: "sfu", sfuOptions: this.#sfuOptions, ...given };
  }

  #show(room) {
    this.closeChannel();
    this.#room = room;
    const names = [
      "onClosed", "onMetadataUpdated", "onMemberJoined", "onMemberLeft", "onMemberMetadataUpdated", "onStreamPublished",
      "onStreamUnpublished", "onPublicationMetadataUpdated", "onPublicationEnabled", "onPublicationDisabled",
      "onPublicationSubscribed", "onPublicationUnsubscribed",
    ];
    for (const name of names) room[name].add((event) => this.#follow(room, name, event));
    this.tell("changed");
  }

  #follow(room, name, event) {
    if (this.#room !== room) return;
    const subject = event?.publication ?? event?.subscription ?? event?.member;
    this.log("sdk", name, subject && { id: subject.id, name: subject.name, contentType: subject.contentType });
    const live = new Set(room.publications.map(({ id }) => id));
    for (const [id, release] of this.#releases) {
      if (live.has(id)) continue;
      release();
      this.#releases.delete(id);
    }
    if (name === "onMemberLeft" && event.member.id === this.#me?.id) {
      this.#end();
      this.tell("removed");
    }
    if (name === "onClosed") {
      this.#end();
      this.#room = null;
      this.tell("ended");
    }
    this.tell("changed");
  }

  closeChannel() {
    this.#end();
    const room = this.#room;
    this.#room = null;
    room?.dispose();
    this.tell("changed");
  }

  deleteChannel() { return this.#room.close(); }
  setChannelMetadata(text) { return this.#room.updateMetadata(text); }

  // MARK: Membership

  async join({ name, metadata }) {
    this.#me = await this.#room.join({ name: name || undefined, metadata: metadata || undefined });
    this.#me.onFatalError.add((error) => this.tell("failed", error));
    this.tell("changed");
  }

  async leave() {
    const me = this.#me;
    this.#end();
    await me.leave();
    this.tell("changed");
  }

  async removeMember(id) {
    const member = this.#room.members.find((entry) => entry.id === id);
    if (member) await this.#room.leave(member);
  }

  setMemberMetadata(id, text) { return this.#room.members.find((entry) => entry.id === id).updateMetadata(text); }

  #end() {
    for (const release of this.#releases.values()) release();
    this.#releases.clear();
    this.#encodings.clear();
    this.#me = null;
  }

  // MARK: Media

  async publish({ track, metadata, encodings, mimeType, maxSubscribers, release }) {
    const { LocalVideoStream, LocalAudioStream } = this.#sdk;
    const isVideo = track.kind === "video";
    const layers = encodings.map(({ rid, scalabilityMode, ...rest }) => ({ id: rid, ...rest }));
    const publication = await this.#joined.publish(new (isVideo ? LocalVideoStream : LocalAudioStream)(track), {
      type: "sfu", metadata, maxSubscribers, codecCapabilities: [{ mimeType }],
      ...(isVideo && layers.length > 1 && { encodings: layers }),
    });
    this.#releases.set(publication.id, release);
    this.tell("changed");
    return publication.id;
  }

  get #joined() {
    if (!this.#me) throw new Trouble("notJoined");
    return this.#me;
  }

  unpublish(id) { return this.#joined.unpublish(id); }

  async subscribe(id, encoding) {
    const options = encoding ? { preferredEncodingId: encoding } : undefined;
    const { subscription } = await this.#joined.subscribe(id, options);
    this.#encodings.set(subscription.id, encoding);
    this.tell("changed");
    return subscription.id;
  }

  unsubscribe(id) { return this.#joined.unsubscribe(id); }

  async preferEncoding(id, encoding) {
    this.#room.subscriptions.find((entry) => entry.id === id).changePreferredEncoding(encoding);
    this.#encodings.set(id, encoding);
    this.tell("changed");
  }

  #publication(id) { return this.#room.publications.find((entry) => entry.id === id); }

  async setEnabled(id, isEnabled) {
    const publication = this.#publication(id);
    await (isEnabled ? publication.enable() : publication.disable());
  }

  setPublicationMetadata(id, text) { return this.#publication(id).updateMetadata(text); }

  // MARK: What there is to see

  view() {
    const room = this.#room;
    if (!room) return null;
    const me = this.#me?.id ?? null;
    const { id, name, metadata } = room;
    const members = room.members.map((member) => ({
      id: member.id, name: member.name, metadata: member.metadata, isMe: member.id === me, isBot: false,
    }));
    const publications = room.publications.map((publication) => ({
      id: publication.id,
      kind: publication.contentType,
      publisher: publication.publisher.id,
      isMine: publication.publisher.id === me,
      isEnabled: publication.state === "enabled",
      metadata: publication.metadata,
      encodings: (publication.encodings ?? []).map((entry) => entry.id),
      codec: "",
      isRelay: true,
      // What a room shows are relays; the SDK leads what is done to them to their origins.
      canControl: publication.publisher.id === me,
      track: publication.publisher.id === me ? publication.stream?.track : undefined,
    }));
    const subscriptions = room.subscriptions.map((subscription) => ({
      id: subscription.id,
      kind: subscription.contentType,
      publicationId: subscription.publication.id,
      subscriberId: subscription.subscriber.id,
      isMine: subscription.subscriber.id === me,
      encodings: (subscription.publication.encodings ?? []).map((entry) => entry.id),
      encoding: this.#encodings.get(subscription.id),
      track: subscription.subscriber.id === me ? subscription.stream?.track : undefined,
    }));
    return { channel: { id, name, metadata }, me, members, publications, subscriptions, transports: [] };
  }

  streams() {
    if (!this.#room || !this.#me) return [];
    const sent = this.#room.publications.filter(({ publisher }) => publisher.id === this.#me.id);
    const received = this.#room.subscriptions.filter(({ subscriber }) => subscriber.id === this.#me.id);
    const streams = [
      ...sent.map((entry) => this.#stream(entry, "send", (peer) => peer.getSenders())),
      ...received.map((entry) => this.#stream(entry, "receive", (peer) => peer.getReceivers())),
    ];
    return streams.filter(({ source }) => source);
  }

  /** The sender or receiver of what is published or subscribed to, wherever the SDK has it. */
  #stream(entry, direction, list) {
    const track = entry.stream?.track;
    let peer;
    try {
      peer = track && entry.getRTCPeerConnection("");
    } catch {
      // Not connected yet.
    }
    const source = peer && list(peer).find((other) => other.track?.id === track.id);
    return { id: entry.id, direction, kind: entry.contentType, source };
  }
}
