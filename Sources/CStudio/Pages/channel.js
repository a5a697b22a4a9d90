// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { ConnectionFailure } from "./rtcapi.js";

const gapLimit = 1000;
const replayLimit = 5000;
const eventLimit = 30_000;

/**
 * A channel as the RTC API shows it: a snapshot, and events applied in the order of their versions.
 *
 * Events: "change" (detail: the channel event, or null after a new snapshot), "ended" (the channel is gone).
 */
export class Channel extends EventTarget {
  #api;
  #held = new Map();
  #gap = null;
  #watching = new AbortController();
  members = new Map();
  publications = new Map();
  subscriptions = new Map();
  ended = false;

  constructor(api, snapshot) {
    super();
    this.#api = api;
    this.#take(snapshot);
    const { signal } = this.#watching;
    api.addEventListener("notification", ({ detail }) => this.#receive(detail), { signal });
    api.addEventListener("reopened", () => this.#replay(this.version), { signal });
  }

  /** Asks for events from the snapshot on. */
  async watch() {
    await this.#api.call("subscribeChannelEvents", { channelId: this.id, offset: this.version });
  }

  /** Stops listening; the channel itself goes on. */
  close() {
    this.#watching.abort();
    clearTimeout(this.#gap);
  }

  /** Resolves with what `find` finds, at once or after one of the next events. */
  until(find, limit = eventLimit) {
    return new Promise((resolve, reject) => {
      const stop = new AbortController();
      const end = (settle, value) => {
        stop.abort();
        clearTimeout(timer);
        settle(value);
      };
      const look = () => {
        const found = find();
        if (found) end(resolve, found);
        else if (this.ended) end(reject, new ConnectionFailure("channelEnded", this.id));
      };
      const timer = setTimeout(() => end(reject, new ConnectionFailure("noEvent", this.id)), limit);
      this.addEventListener("change", look, { signal: stop.signal });
      this.addEventListener("ended", look, { signal: stop.signal });
      look();
    });
  }

  // MARK: Events in order

  #receive(event) {
    const version = event?.data?.channel?.version;
    if (event?.data?.channel?.id !== this.id || !Number.isInteger(version) || version <= this.version) return;
    this.#held.set(version, event);
    const before = this.version;
    for (let next; (next = this.#held.get(this.version + 1)); ) {
      this.#held.delete(this.version + 1);
      this.version += 1;
      this.#apply(next);
      this.#tell("change", next);
      if (this.ended) return this.#end();
    }
    if (this.version !== before) this.#clearGap();
    if (this.#held.size) this.#gap ??= setTimeout(() => this.#fillGap(), gapLimit);
  }

  #clearGap() {
    clearTimeout(this.#gap);
    this.#gap = null;
  }

  /** An event is missing: asked for again, and where that doesn't bring it either, the channel is read anew. */
  #fillGap() {
    const missing = this.version + 1;
    this.#replay(missing);
    this.#gap = setTimeout(() => {
      this.#gap = null;
      if (this.version < missing) this.#reload();
    }, replayLimit);
  }

  async #replay(offset) {
    try {
      await this.#api.call("subscribeChannelEvents", { channelId: this.id, offset });
    } catch (error) {
      if (error.code === 404) this.#end();
    }
  }

  async #reload() {
    try {
      const { channel } = await this.#api.call("getChannel", { id: this.id });
      this.#take(channel);
      for (const version of this.#held.keys()) if (version <= this.version) this.#held.delete(version);
      this.#tell("change", null);
    } catch (error) {
      if (error.code === 404) this.#end();
    }
  }

  #end() {
    this.ended = true;
    this.close();
    this.#tell("ended");
  }

  // MARK: What the channel holds

  #take({ id, name, metadata, version, members, publications, subscriptions }) {
    Object.assign(this, { id, name, metadata, version });
    const byId = (list) => new Map((list ?? []).map((entry) => [entry.id, entry]));
    this.members = byId(members);
    this.publications = byId(publications);
    this.subscriptions = byId(subscriptions);
  }

  #apply({ type, data: { channel, member, publication, subscription } }) {
    const merge = (list, entry) => list.set(entry.id, { ...list.get(entry.id), ...entry });
    switch (type) {
      case "ChannelDeleted": this.ended = true; break;
      case "ChannelMetadataUpdated": this.metadata = channel.metadata; break;
      case "MemberAdded":
      case "MemberMetadataUpdated": merge(this.members, member); break;
      case "MemberRemoved": this.members.delete(member.id); break;
      case "StreamPublished":
      case "PublicationMetadataUpdated":
      case "PublicationEnabled":
      case "PublicationDisabled": merge(this.publications, publication); break;
      case "StreamUnpublished": this.publications.delete(publication.id); break;
      case "StreamSubscribed": merge(this.subscriptions, subscription); break;
      case "StreamUnsubscribed": this.subscriptions.delete(subscription.id); break;
    }
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
