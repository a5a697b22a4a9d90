// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { uuid } from "./token.js";

const openLimit = 5000;
const callLimit = 20_000;
const reconnections = 8;
/** The service closes with this code when the plan's limit is used up; coming back is no use. */
const usageLimitExceeded = 4291;

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** A call that the RTC API refused. */
export class RPCFailure extends Error {
  constructor(method, { code, message, data }) {
    super(`${method}: ${code} ${message}`);
    Object.assign(this, { method, code, detail: data?.code });
  }
}

/** The RTC API can't be reached, or not any more; `reason` is a key of the page's words. */
export class ConnectionFailure extends Error {
  constructor(reason, address) {
    super(`${reason} ${address}`);
    Object.assign(this, { reason, address });
  }
}

/**
 * SkyWay's RTC API: JSON-RPC 2.0 on a WebSocket that comes back by itself.
 *
 * Events: "notification" (detail: a channel event), "reopened" (after calls that were under way have been sent again),
 * "state" (detail: open · reconnecting · closed), "fatal" (detail: a ConnectionFailure), "call" (detail: what to log).
 */
export class RTCAPI extends EventTarget {
  #address;
  #token;
  #appId;
  #socket = null;
  #calls = new Map();
  #closed = false;
  /** Milliseconds that the server's clock is ahead of this one. */
  clockOffset = 0;

  constructor({ domain, secure, token, appId }) {
    super();
    this.#address = `${secure ? "wss" : "ws"}://${domain}/ws?contextId=${uuid()}`;
    this.#token = token;
    this.#appId = appId;
  }

  get token() { return this.#token; }
  get appId() { return this.#appId; }

  /** The server's time in milliseconds, as far as it is known. */
  now() { return Date.now() + this.clockOffset; }

  /** Opens the socket for the first time; what fails here is not tried again. */
  async open() {
    await this.#connect();
    await this.synchronizeClock();
  }

  async synchronizeClock() {
    const { unixtime } = await this.call("getServerUnixtime");
    this.clockOffset = unixtime - Date.now();
  }

  /** Calls a method; calls under way when the socket drops are sent again by their ids. */
  call(method, parameters = {}) {
    if (this.#closed) return Promise.reject(new ConnectionFailure("connectionClosed", this.#address));
    const id = uuid();
    const credentials = method === "updateAuthToken" ? {} : { appId: this.#appId, authToken: this.#token };
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...parameters, ...credentials } });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(new ConnectionFailure("noAnswer", method));
      }, callLimit);
      this.#calls.set(id, { method, text, resolve, reject, timer, begun: performance.now() });
      this.#transmit(text);
      this.#tell("call", { method, parameters, direction: "→" });
    });
  }

  /** Hands over a new token: later calls and connections carry it. */
  async updateToken(token) {
    await this.call("updateAuthToken", { authToken: token });
    this.#token = token;
  }

  close() {
    this.#closed = true;
    this.#socket?.close(1000);
    this.#end(new ConnectionFailure("connectionClosed", this.#address));
    this.#tell("state", "closed");
  }

  // MARK: The socket

  #connect() {
    return new Promise((resolve, reject) => {
      let opened = false;
      let socket;
      try {
        socket = new WebSocket(this.#address, this.#token);
      } catch {
        return reject(new ConnectionFailure("badAddress", this.#address));
      }
      const timer = setTimeout(() => socket.close(), openLimit);
      socket.addEventListener("open", () => {
        clearTimeout(timer);
        opened = true;
        this.#socket = socket;
        this.#tell("state", "open");
        resolve();
      });
      socket.addEventListener("message", ({ data }) => this.#receive(data));
      socket.addEventListener("close", ({ code }) => {
        clearTimeout(timer);
        if (!opened) return reject(new ConnectionFailure("cannotConnect", this.#address));
        this.#socket = null;
        if (!this.#closed) this.#dropped(code);
      });
    });
  }

  async #dropped(code) {
    this.#tell("call", { method: "socket", parameters: { code }, direction: "✕" });
    if (code === usageLimitExceeded) return this.#fail(new ConnectionFailure("usageLimit", this.#address));
    this.#tell("state", "reconnecting");
    for (let attempt = 1; attempt <= reconnections && !this.#closed; attempt++) {
      await pause(attempt ** 2 * (100 + Math.random() * 100));
      if (this.#closed) return;
      try {
        await this.#connect();
      } catch {
        continue;
      }
      for (const { text } of this.#calls.values()) this.#transmit(text);
      return void this.dispatchEvent(new Event("reopened"));
    }
    if (!this.#closed) this.#fail(new ConnectionFailure("cannotReconnect", this.#address));
  }

  #fail(error) {
    this.#closed = true;
    this.#end(error);
    this.#tell("state", "closed");
    this.#tell("fatal", error);
  }

  #end(error) {
    for (const { reject, timer } of this.#calls.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#calls.clear();
  }

  #transmit(text) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #receive(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message?.id === undefined || message.id === null) {
      if (message?.method === "channelEventNotification") this.#tell("notification", message.params);
      return;
    }
    const call = this.#calls.get(message.id);
    if (!call) return;
    this.#calls.delete(message.id);
    clearTimeout(call.timer);
    const took = Math.round(performance.now() - call.begun);
    const { error, result } = message;
    this.#tell("call", { method: call.method, parameters: error ?? result, direction: error ? "✕" : "←", took });
    if (error) call.reject(new RPCFailure(call.method, error));
    else call.resolve(result ?? {});
  }

  #tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}
