// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { Trouble } from "./engine.js";
import { UnsupportedCodec } from "./ortc.js";
import { ConnectionFailure, RPCFailure } from "./rtcapi.js";
import { SFUFailure } from "./sfuapi.js";
import { TokenError } from "./token.js";
import { text } from "./words.js";

/** An error as a sentence that says what to do. */
export function explain(error) {
  const [reason, ...values] = reasonOf(error);
  return text(reason, ...values);
}

function reasonOf(error) {
  if (error instanceof Trouble) return [error.reason, ...error.values];
  if (error instanceof TokenError) return [error.reason];
  if (error instanceof ConnectionFailure) return [error.reason, error.address.replace(/\?.*/, "")];
  if (error instanceof UnsupportedCodec) return ["unsupportedCodec", error.codec];
  if (error instanceof RPCFailure) return rpc(error);
  if (error instanceof SFUFailure) return sfu(error);
  if (error instanceof DOMException) return browser(error);
  if (error?.info?.name) return sdk(error.info);
  return ["unexpected", error?.message ?? String(error)];
}

const said = ({ message }) => message.replace(/^\w+: -?\d+ /, "");

function rpc(error) {
  const { code, detail, method } = error;
  if (code === 401) return ["tokenRefused", said(error)];
  if (code === 403 || code === 4030) {
    return detail === undefined || detail === 403000 ? ["notPermitted", method] : ["limitReached", said(error)];
  }
  if (code === 404) return /^getChannel/.test(method) ? ["channelNotFound"] : ["gone", said(error)];
  if (code === 409) {
    return [{ addMember: "memberNameTaken", subscribeStream: "subscribedAlready" }[method] ?? "nameTaken"];
  }
  if (code === 429) return [detail === 429001 ? "usageLimit" : "tooOften"];
  return [code === -32602 ? "badParameters" : "callFailed", said(error)];
}

function sfu(error) {
  const { call, status, message } = error;
  const consumes = call.startsWith("POST") && call.endsWith("/consumers");
  const general = {
    0: ["sfuUnreachable"], 401: ["tokenRefused", message], 403: ["notPermitted", call], 404: ["gone", message],
    429: ["limitReached", message],
  };
  const consuming = { 403: ["notConfirmed"], 404: ["nothingProduced"], 429: ["tooManyViewers"] };
  return (consumes && consuming[status]) || general[status] || ["callFailed", message];
}

function browser(error) {
  return { NotAllowedError: ["denied"], NotFoundError: ["noDevice"], NotReadableError: ["noDevice"] }[error.name]
    ?? ["unexpected", error.message];
}

function sdk({ name, detail = "" }) {
  const known = {
    connectRtcApiFailed: ["cannotConnect", "RTC API"], rtcApiFatalError: ["cannotReconnect", "RTC API"],
    invalidAuthToken: ["tokenRefused", detail], insufficientPermissions: ["notPermitted", detail],
    alreadySameNameMemberExist: ["memberNameTaken"], memberNameDuplicated: ["memberNameTaken"],
    alreadySubscribedPublication: ["subscribedAlready"], subscriptionAlreadyExists: ["subscribedAlready"],
    channelNotFound: ["channelNotFound"], channelNameDuplicated: ["nameTaken"],
    maxSubscribersExceededError: ["tooManyViewers"], notAllowedConsumeError: ["notConfirmed"],
    localPersonNotJoinedChannel: ["notJoined"], rateLimitExceeded: ["tooOften"],
    projectUsageLimitExceeded: ["usageLimit"], invalidTokenAppId: ["otherApp"],
  };
  if (/LimitExceeded$/.test(name) && !known[name]) return ["limitReached", detail];
  return known[name] ?? ["sdkSays", [name, detail].filter(Boolean).join(": ")];
}
