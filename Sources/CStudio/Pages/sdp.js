// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/** Session descriptions (RFC 8866) as far as an SFU's client needs them: the browser's are read, the SFU's written. */

/** The media sections of a description, each in the words of ORTC. */
export function parse(sdp) {
  const [session, ...sections] = sdp.split(/\r?\n(?=m=)/);
  const fingerprint = attributes(sdp).find(([name]) => name === "fingerprint")?.[1].split(" ");
  return {
    fingerprint: fingerprint && { algorithm: fingerprint[0].toLowerCase(), value: fingerprint[1] },
    allowsMixedExtensions: /^a=extmap-allow-mixed/m.test(session),
    sections: sections.map(section),
  };
}

const attributes = (text) =>
  [...text.matchAll(/^a=([^:\r\n]+)(?::([^\r\n]*))?/gm)].map(([, name, value = ""]) => [name, value]);

function section(text) {
  const [, kind, , payloadTypes] = text.match(/^m=(\w+) (\S+) \S+ ?([^\r\n]*)/);
  const lines = attributes(text);
  const all = (name) => lines.filter(([key]) => key === name).map(([, value]) => value);
  return {
    kind,
    mid: all("mid")[0],
    codecs: payloadTypes.split(" ").map((type) => codec(kind, Number(type), all)).filter(Boolean),
    headerExtensions: all("extmap").map((value) => {
      const [number, uri] = value.split(" ");
      const [id, direction = "sendrecv"] = number.split("/");
      return { kind, uri, id: Number(id), direction };
    }),
    ssrcs: [...new Set(all("ssrc").map((value) => Number(value.split(" ")[0])))],
    retransmissions: new Map(
      all("ssrc-group").filter((value) => value.startsWith("FID "))
        .map((value) => value.split(" ").slice(1).map(Number)),
    ),
    cname: all("ssrc").map((value) => value.match(/ cname:(.*)/)?.[1]).find(Boolean),
    rids: all("rid").filter((value) => / send/.test(value)).map((value) => value.split(" ")[0]),
  };
}

function codec(kind, payloadType, all) {
  const after = (name) =>
    all(name).filter((value) => value.split(" ")[0] === String(payloadType)).map((value) => value.replace(/^\S+ /, ""));
  const [map] = after("rtpmap");
  if (!map) return null;
  const [name, clockRate, channels] = map.split("/");
  const parameters = {};
  for (const pair of after("fmtp").flatMap((value) => value.split(";"))) {
    const [, key, value] = pair.trim().match(/^([^=]+)=(.*)$/) ?? [];
    if (key) parameters[key] = /^\d{1,9}$/.test(value) && key !== "profile-level-id" ? Number(value) : value;
  }
  const rtcpFeedback = after("rtcp-fb").map((value) => {
    const [type, ...rest] = value.split(" ");
    return { type, parameter: rest.join(" ") };
  });
  return {
    kind, mimeType: `${kind}/${name}`, payloadType, clockRate: Number(clockRate),
    ...(kind === "audio" && { channels: Number(channels ?? 1) }),
    parameters, rtcpFeedback,
  };
}

/**
 * The SFU's side of a transport as a description.
 *
 * `remote` has iceParameters, iceCandidates and dtlsParameters; each section kind, mid, direction, codecs,
 * headerExtensions, and where they are known rids (to receive) or encoding, cname and track (to send).
 */
export function write({ remote, setup, version, allowsMixedExtensions = true, sections }) {
  const { fingerprints } = remote.dtlsParameters;
  const { algorithm, value } = fingerprints.find((entry) => entry.algorithm === "sha-256") ?? fingerprints.at(-1);
  return [
    "v=0",
    `o=- 4611686018427387904 ${version} IN IP4 0.0.0.0`,
    "s=-",
    "t=0 0",
    ...(remote.iceParameters.iceLite ? ["a=ice-lite"] : []),
    `a=fingerprint:${algorithm} ${value}`,
    ...(allowsMixedExtensions ? ["a=extmap-allow-mixed"] : []),
    "a=msid-semantic: WMS *",
    `a=group:BUNDLE ${sections.map(({ mid }) => mid).join(" ")}`,
    ...sections.flatMap((entry) => writeSection(entry, remote, setup)),
    "",
  ].join("\r\n");
}

function writeSection(entry, { iceParameters, iceCandidates }, setup) {
  const lines = [
    `m=${entry.kind} 7 UDP/TLS/RTP/SAVPF ${entry.codecs.map(({ payloadType }) => payloadType).join(" ")}`,
    "c=IN IP4 127.0.0.1",
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    ...iceCandidates.map(candidate),
    "a=end-of-candidates",
    `a=setup:${setup}`,
    `a=mid:${entry.mid}`,
    `a=${entry.direction}`,
    "a=rtcp-mux",
    "a=rtcp-rsize",
    ...entry.codecs.flatMap(codecLines),
    ...entry.headerExtensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
  ];
  if (entry.rids?.length) {
    lines.push(...entry.rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${entry.rids.join(";")}`);
  }
  if (entry.encoding) {
    const { ssrc, rtx } = entry.encoding;
    lines.push(`a=msid:${entry.cname} ${entry.track}`, `a=ssrc:${ssrc} cname:${entry.cname}`);
    if (rtx) lines.push(`a=ssrc:${rtx.ssrc} cname:${entry.cname}`, `a=ssrc-group:FID ${ssrc} ${rtx.ssrc}`);
  }
  return lines;
}

function candidate({ foundation, priority, ip, address, protocol, port, type, tcpType }) {
  const tcp = tcpType ? ` tcptype ${tcpType}` : "";
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address ?? ip} ${port} typ ${type}${tcp}`;
}

function codecLines({ payloadType, mimeType, clockRate, channels, parameters, rtcpFeedback }) {
  const place = channels > 1 ? `/${channels}` : "";
  const pairs = Object.entries(parameters ?? {}).map(([key, value]) => `${key}=${value}`);
  const feedback = (rtcpFeedback ?? []).map(({ type, parameter }) => `${type} ${parameter ?? ""}`.trim());
  return [
    `a=rtpmap:${payloadType} ${mimeType.split("/")[1]}/${clockRate}${place}`,
    ...(pairs.length ? [`a=fmtp:${payloadType} ${pairs.join(";")}`] : []),
    ...feedback.map((entry) => `a=rtcp-fb:${payloadType} ${entry}`),
  ];
}
