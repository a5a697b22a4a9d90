// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { pause } from "./rtcapi.js";

/** A call that the SFU API refused; status 0 where nobody answered. */
export class SFUFailure extends Error {
  constructor(call, status, message) {
    super(`${call}: ${status || "no answer"} ${message}`);
    Object.assign(this, { call, status });
  }
}

const never = [400, 403, 429];

/** SkyWay's SFU API, version 4. Events: "call" (detail: what to log). */
export class SFUAPI extends EventTarget {
  #base;
  #token;

  /** `token` gives the token of the moment. */
  constructor({ domain, secure, token }) {
    super();
    this.#base = `${secure ? "https" : "http"}://${domain}/v4`;
    this.#token = token;
  }

  createBot(appId, channelId) { return this.#call("POST", "/bots", { appId, channelId }); }

  startForwarding(bot, { publication, maxSubscribers }) {
    const body = {
      publicationId: publication.id, publisherId: publication.publisherId,
      contentType: publication.contentType, maxSubscribers, forceTCP: false,
    };
    return this.#call("POST", `/bots/${bot}/forwardings`, body, { retries: 8, unless: never });
  }

  stopForwarding(bot, forwarding) { return this.#call("DELETE", `/bots/${bot}/forwardings/${forwarding}`); }

  produce(bot, forwarding, transportId, producerOptions) {
    const path = `/bots/${bot}/forwardings/${forwarding}/transports/producers`;
    return this.#call("PUT", path, { transportId, producerOptions }, { retries: 8 });
  }

  routerCapabilities(bot, forwarding, origin) {
    const path = `/bots/${bot}/forwardings/${forwarding}/transports/rtp-capabilities?originPublicationId=${origin}`;
    return this.#call("GET", path, undefined, { retries: 8 });
  }

  consume(bot, forwarding, body) {
    const path = `/bots/${bot}/forwardings/${forwarding}/transports/consumers`;
    return this.#call("POST", path, body, { retries: 5, unless: never });
  }

  connect(transportId, dtlsParameters) {
    return this.#call("PUT", "/transports/connections", { transportId, dtlsParameters }, { retries: 8 });
  }

  restartICE(transportId) { return this.#call("PUT", "/transports/connections/ice", { transportId }); }

  selectLayer(consumer, body) { return this.#call("PUT", `/transports/consumers/${consumer}/layers`, body); }

  confirmSubscription(body) { return this.#call("POST", "/confirm-subscription", body); }

  async #call(method, path, body, { retries = 0, unless = [] } = {}) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(method, path, body);
      } catch (error) {
        if (attempt >= retries || unless.includes(error.status)) throw error;
        await pause(attempt ** 2 * 100);
      }
    }
  }

  async #once(method, path, body) {
    const call = `${method} ${path}`;
    const begun = performance.now();
    this.#tell({ method: call, parameters: body, direction: "→" });
    const headers = { Authorization: `Bearer ${this.#token()}` };
    if (body) headers["Content-Type"] = "application/json";
    let response, answer;
    try {
      response = await fetch(this.#base + path, { method, headers, body: body && JSON.stringify(body) });
      answer = await response.json().catch(() => ({}));
    } catch (error) {
      this.#tell({ method: call, parameters: error.message, direction: "✕" });
      throw new SFUFailure(call, 0, error.message);
    }
    const took = Math.round(performance.now() - begun);
    this.#tell({ method: call, parameters: answer, direction: response.ok ? "←" : "✕", took });
    if (!response.ok) throw new SFUFailure(call, response.status, answer.message ?? "");
    return answer;
  }

  #tell(detail) { this.dispatchEvent(new CustomEvent("call", { detail })); }
}

/** The TURN servers that a token allows, for networks that let nothing else through; none where that is not known. */
export async function turnServers({ domain, secure }, token, memberId, channelId) {
  try {
    const response = await fetch(`${secure ? "https" : "http"}://${domain}/v1/ice-params`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ memberId, channelId, ttl: 86_400 }),
    });
    const { turn } = response.ok ? await response.json() : {};
    if (!turn) return [];
    const { username, credential } = turn;
    const place = `${turn.domain}:${turn.port}`;
    const urls = [`turn:${place}?transport=udp`, `turn:${place}?transport=tcp`, `turns:${place}?transport=tcp`];
    return [{ urls, username, credential }];
  } catch {
    return [];
  }
}
