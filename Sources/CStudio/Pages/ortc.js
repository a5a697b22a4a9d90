// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { parse } from "./sdp.js";

/** What browser and router have in common, and what is sent and received by it; capabilities are those of mediasoup. */

const transportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const sendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

const isRTX = ({ mimeType }) => /\/rtx$/i.test(mimeType);

/** What this browser can receive: one section each of audio and video, with its payload types. */
export async function localSections() {
  const peer = new RTCPeerConnection();
  try {
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.addTransceiver("video", { direction: "recvonly" });
    return parse((await peer.createOffer()).sdp).sections;
  } finally {
    peer.close();
  }
}

/**
 * H.264 profiles by profile-level-id (RFC 6184 §8.1): what must be equal on both sides; the level may differ.
 * Baseline with constraint_set1 and Main with constraint_set0 are both Constrained Baseline.
 */
function profile(level = "42e01f") {
  const idc = level.slice(0, 2).toLowerCase();
  const flags = Number.parseInt(level.slice(2, 4), 16);
  if ((idc === "42" && flags & 0x40) || (idc === "4d" && flags & 0x80)) return "constrained-baseline";
  return { 42: "baseline", "4d": "main", 64: flags === 0x0c ? "constrained-high" : "high" }[idc] ?? level;
}

/** Whether two codecs are the same to both sides. */
export function matches(one, other) {
  const name = one.mimeType.toLowerCase();
  if (name !== other.mimeType.toLowerCase() || one.clockRate !== other.clockRate) return false;
  if ((one.channels ?? 1) !== (other.channels ?? 1)) return false;
  const [a, b] = [one.parameters ?? {}, other.parameters ?? {}];
  if (name === "video/h264") {
    if (Number(a["packetization-mode"] ?? 0) !== Number(b["packetization-mode"] ?? 0)) return false;
    return profile(a["profile-level-id"]) === profile(b["profile-level-id"]);
  }
  if (name === "video/vp9") return Number(a["profile-id"] ?? 0) === Number(b["profile-id"] ?? 0);
  return true;
}

const retransmissionOf = (codecs, payloadType, key) =>
  codecs.find((codec) => isRTX(codec) && Number(codec.parameters?.apt) === payloadType)?.[key];

/** The codecs of one kind that both have, in the router's order, with both sides' payload types. */
function commonCodecs(kind, local, router) {
  const common = [];
  for (const remote of router.codecs) {
    if (remote.kind !== kind || isRTX(remote)) continue;
    const own = local.codecs.find((codec) => !isRTX(codec) && matches(codec, remote));
    if (!own) continue;
    common.push({
      own,
      remote,
      rtcpFeedback: own.rtcpFeedback.filter((entry) =>
        remote.rtcpFeedback.some((other) => other.type === entry.type && (other.parameter ?? "") === entry.parameter)),
      ownRTX: retransmissionOf(local.codecs, own.payloadType, "payloadType"),
      remoteRTX: retransmissionOf(router.codecs, remote.preferredPayloadType, "preferredPayloadType"),
    });
  }
  return common;
}

/** What this browser can receive from a router, under the router's numbers: what a consumer is asked for with. */
export function receivingCapabilities(sections, router) {
  const codecs = [];
  for (const local of sections) {
    for (const { own, remote, rtcpFeedback, ownRTX, remoteRTX } of commonCodecs(local.kind, local, router)) {
      const { kind, mimeType, clockRate, channels } = remote;
      codecs.push({
        kind, mimeType, clockRate, ...(channels && { channels }),
        preferredPayloadType: remote.preferredPayloadType, parameters: own.parameters, rtcpFeedback,
      });
      if (ownRTX === undefined || remoteRTX === undefined) continue;
      codecs.push({
        kind, mimeType: "video/rtx", clockRate, preferredPayloadType: remoteRTX,
        parameters: { apt: remote.preferredPayloadType }, rtcpFeedback: [],
      });
    }
  }
  const headerExtensions = router.headerExtensions.filter(({ kind, uri, direction }) =>
    direction !== "recvonly" &&
    sections.some((local) => local.kind === kind && local.headerExtensions.some((entry) => entry.uri === uri)));
  return { codecs, headerExtensions };
}

/**
 * What is sent in one section of the browser's offer: one codec with its retransmissions, the header extensions that
 * the router reads, and one way of bandwidth feedback.
 */
export function sending(section, router, mimeType) {
  const common = commonCodecs(section.kind, section, router);
  const wanted = mimeType && common.find(({ own }) => own.mimeType.toLowerCase() === mimeType.toLowerCase());
  const chosen = wanted ?? (mimeType ? null : common[0]);
  if (!chosen) throw new UnsupportedCodec(mimeType ?? section.kind);
  const { own, ownRTX, remoteRTX } = chosen;
  const headerExtensions = section.headerExtensions.filter(({ uri }) =>
    router.headerExtensions.some((entry) =>
      entry.kind === section.kind && entry.uri === uri && entry.direction !== "sendonly"));
  const uris = headerExtensions.map(({ uri }) => uri);
  const dropped = uris.includes(transportCC) ? ["goog-remb"]
    : uris.includes(sendTime) ? ["transport-cc"] : ["goog-remb", "transport-cc"];
  const rtcpFeedback = chosen.rtcpFeedback.filter(({ type }) => !dropped.includes(type));
  const codecs = [{ ...own, rtcpFeedback }];
  if (ownRTX !== undefined && remoteRTX !== undefined) {
    codecs.push({
      kind: section.kind, mimeType: `${section.kind}/rtx`, payloadType: ownRTX, clockRate: own.clockRate,
      parameters: { apt: own.payloadType }, rtcpFeedback: [],
    });
  }
  return { codecs, headerExtensions };
}

/** Browser and router have no such codec in common. */
export class UnsupportedCodec extends Error {
  constructor(name) {
    super(name);
    this.codec = name;
  }
}

/** The parameters of a producer (`producerOptions.rtpParameters`) for one section of the browser's offer. */
export function producerParameters(section, { codecs, headerExtensions }, encodings) {
  return {
    mid: section.mid,
    codecs: codecs.map(({ kind, ...codec }) => codec),
    headerExtensions: headerExtensions.map(({ uri, id }) => ({ uri, id, encrypt: false, parameters: {} })),
    encodings: section.rids.length > 1 ? layers(section, encodings) : [single(section, codecs.length > 1)],
    rtcp: { cname: section.cname ?? "", reducedSize: true },
  };
}

const layers = ({ rids }, encodings) =>
  rids.map((rid, index) => ({ rid, scalabilityMode: "L1T3", maxBitrate: encodings[index]?.maxBitrate }));

function single({ ssrcs: [ssrc], retransmissions }, repeats) {
  const rtx = repeats && retransmissions.get(ssrc);
  return { ssrc, ...(rtx && { rtx: { ssrc: rtx } }) };
}
