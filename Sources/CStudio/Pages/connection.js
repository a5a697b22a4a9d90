// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { app, press, report } from "./app.js";
import { element, write } from "./dom.js";
import { Trouble } from "./engine.js";
import { canSign, decode, mint } from "./token.js";
import { format, onLanguageChange, text } from "./words.js";

/** The panel of the connection: where to, with which token, and how long that lasts. */

const remindBefore = 30_000;
const skyWay = {
  rtcApi: "rtc-api.skyway.ntt.com", sfu: "sfu.skyway.ntt.com", iceParams: "ice-params.skyway.ntt.com", secure: true,
};
let token = null;

/** The hosts that are chosen. */
export function chosenHosts() {
  const { value } = element("service");
  if (value === "skyway") return skyWay;
  if (value === "local") return { ...app.configuration.hosts, secure: location.protocol === "https:" };
  const [rtcApi, sfu, iceParams] = ["rtc", "sfu", "ice"].map((name) => element(`host-${name}`).value.trim());
  return { rtcApi, sfu: sfu || rtcApi, iceParams: iceParams || rtcApi, secure: element("host-secure").checked };
}

/** A token as the form says: signed now, or as it was pasted. */
export async function chosenToken() {
  if (element("token-from").value === "paste") return decode(element("token-text").value).text;
  const [appId, secret] = [element("app-id").value.trim(), element("secret").value];
  if (!appId || !secret) throw new Trouble("needsCredentials");
  const version = Number(element("token-version").value);
  return mint({ appId, secret, version, lifetime: Number(element("lifetime").value), now: app.engine?.now() });
}

/** Shows a token that is in use; null for none. */
export function showToken(words) {
  token = words && decode(words);
  element("token").hidden = !token;
  if (!token) return;
  write(element("token-shown-version"), String(token.version));
  write(element("token-claims"), JSON.stringify({ ...token.header, ...token.claims }, null, 2));
  show();
}

function show() {
  if (!token) return;
  const at = { dateStyle: "short", timeStyle: "medium" };
  write(element("token-issued"), format(new Date(token.issuedAt * 1000), at));
  write(element("token-expires"), format(new Date(token.expiresAt * 1000), at));
  tick();
}

function tick() {
  if (!token) return;
  const left = token.expiresAt * 1000 - (app.engine?.now() ?? Date.now());
  const seconds = Math.ceil(left / 1000);
  const two = (value) => String(value).padStart(2, "0");
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  write(element("token-remaining"), seconds > 0 ? clock : text("tokenExpired"));
  element("token-soon").hidden = left > remindBefore;
}

function arrange() {
  const service = element("service").value;
  const pastes = element("token-from").value === "paste";
  element("hosts").hidden = service !== "other";
  element("sign").hidden = pastes;
  element("paste").hidden = !pastes;
}

/** Fills in what the server told, and what the browser can't do. */
export function prepare() {
  const { appId, secret, hosts } = app.configuration;
  element("app-id").value = appId;
  element("secret").value = secret;
  element("host-rtc").value = hosts.rtcApi ?? "";
  element("service").addEventListener("change", () => {
    const isLocal = element("service").value === "local";
    element("app-id").value = isLocal ? appId : "";
    element("secret").value = isLocal ? secret : "";
    arrange();
  });
  element("token-from").addEventListener("change", arrange);
  if (!canSign()) {
    element("insecure").hidden = false;
    element("token-from").value = "paste";
    element("token-from").options[0].disabled = true;
  }
  element("update-token").addEventListener("click", ({ currentTarget }) => press(currentTarget, async () => {
    const next = await chosenToken();
    await app.engine.updateToken(next);
    showToken(next);
    report({ source: "page", text: `${text("updateToken")} ✓` });
  }));
  arrange();
  onLanguageChange(show);
  setInterval(tick, 500);
}
