// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** SkyWay Auth Tokens: a JWT of version 1, 2 or 3, read here, and signed here where the browser can. */

/** Why a text is no token; `reason` is a key of the page's words. */
export class TokenError extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** Reads a token without judging its signature, as the SDK does. */
export function decode(text) {
  const parts = text.trim().split(".");
  if (parts.length !== 3) throw new TokenError("tokenNotJWT");
  let header, claims;
  try {
    [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(fromBase64(part)));
  } catch {
    throw new TokenError("tokenNotJWT");
  }
  const version = claims?.version ?? 1;
  const appId = claims?.scope?.appId ?? claims?.scope?.app?.id;
  if (typeof appId !== "string") throw new TokenError("tokenNoApp");
  if (!Number.isFinite(claims.exp) || !Number.isFinite(claims.iat)) throw new TokenError("tokenNoTime");
  return { text: text.trim(), header, claims, version, appId, issuedAt: claims.iat, expiresAt: claims.exp };
}

/** Whether this page can sign: browsers give WebCrypto only to https and localhost. */
export const canSign = () => Boolean(globalThis.crypto?.subtle);

/** A token that allows everything in every channel, signed with the application's secret. */
export async function mint({ appId, secret, version = 3, lifetime = 3600, now = Date.now() }) {
  if (!canSign()) throw new TokenError("tokenCannotSign");
  const issued = Math.floor(now / 1000);
  const claims = {
    jti: uuid(), iat: issued, exp: issued + lifetime, version,
    scope: version === 3 ? scopeOfVersion3(appId) : scopeOfVersion2(appId),
  };
  const body = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => toBase64(JSON.stringify(part))).join(".");
  const bytes = (value) => new TextEncoder().encode(value);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(body)));
  return `${body}.${toBase64(signature)}`;
}

const scopeOfVersion3 = (appId) => ({
  appId,
  analytics: { enabled: false },
  turn: { enabled: true },
  rooms: [{
    name: "*",
    methods: ["create", "close", "updateMetadata"],
    sfu: { enabled: true, maxSubscribersLimit: 99 },
    member: { name: "*", methods: ["publish", "subscribe", "updateMetadata"] },
  }],
});

/** Also that of version 1: the two differ in how names are matched. */
const scopeOfVersion2 = (appId) => ({
  app: {
    id: appId,
    turn: true,
    actions: ["read"],
    channels: [{
      id: "*",
      name: "*",
      actions: ["write"],
      members: [{
        id: "*", name: "*", actions: ["write"],
        publication: { actions: ["write"] }, subscription: { actions: ["write"] },
      }],
      sfuBots: [{ actions: ["write"], forwardings: [{ actions: ["write"] }] }],
    }],
  },
});

/** A random UUID; `crypto.randomUUID` is not there on insecure origins. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function fromBase64(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

function toBase64(value) {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const text = btoa(String.fromCharCode(...bytes));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
