// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** Something that a person has to set right; `reason` is a key of the page's words, `values` what fills them. */
export class Trouble extends Error {
  constructor(reason, ...values) {
    super([reason, ...values].join(" "));
    Object.assign(this, { reason, values });
  }
}

/**
 * What the page asks of whatever speaks to SkyWay for it.
 *
 * Events: "changed" (something in `view()` may be different), "log" (detail: {source, text, data, bad}), "state"
 * (detail: open · reconnecting · closed), "failed" (detail: an error that ended something by itself), "removed" (we are
 * in the channel no more, and it was not us), "ended" (the channel is gone).
 */
export class Engine extends EventTarget {
  /** Whether bots and forwardings are made by hand; the SDK makes its own. */
  get makesBots() { return false; }

  /** The server's time in milliseconds. */
  now() { return Date.now(); }

  /**
   * open({hosts, token}) · updateToken(token) · close()
   * create({name, metadata}) · find({id, name}) · findOrCreate({name, metadata}) · closeChannel(): its objects only
   * join({name, metadata}) · leave() · removeMember(id) · deleteChannel()
   * publish({track, metadata, encodings, mimeType, maxSubscribers, forwards, release}) · unpublish(id)
   * createBot() · startForwarding(id) · stopForwarding(id)
   * subscribe(id, encoding) · unsubscribe(id) · preferEncoding(id, encoding)
   * setEnabled(id, isEnabled)
   * setChannelMetadata(text) · setMemberMetadata(id, text) · setPublicationMetadata(id, text)
   * view() → {channel, me, members, publications, subscriptions, transports}
   * streams() → [{id, direction: "send" | "receive", kind, source: an RTCRtpSender or RTCRtpReceiver}]
   */
  tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  log(source, text, data, bad = false) { this.tell("log", { source, text, data, bad }); }
}
