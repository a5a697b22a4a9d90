// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Runs the studio's modules where a server can't be made to do what they have to bear: the body of an async function,
// which returns [name, what was seen] for each case. Each name says what has to be true.
const [{ Channel }, { RTCAPI }, { matches, receivingCapabilities, localSections }, token, sdp] = await Promise.all(
  ["channel", "rtcapi", "ortc", "token", "sdp"].map((name) => import(`/studio/${name}.js`)),
);
const seen = [];
const note = (name, holds) => seen.push([name, Boolean(holds)]);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// A channel at version 10 with a pretended RTC API.
class PretendedAPI extends EventTarget {
  calls = [];
  snapshot = { id: "c", version: 13, members: [{ id: "late" }], publications: [], subscriptions: [] };
  async call(method, parameters) {
    this.calls.push([method, parameters.offset ?? parameters.id]);
    return { channel: this.snapshot };
  }
  event(version, type = "MemberAdded", more = { member: { id: `m${version}` } }) {
    const detail = { type, data: { channel: { id: "c", version }, ...more } };
    this.dispatchEvent(new CustomEvent("notification", { detail }));
  }
}
const empty = { id: "c", version: 10, members: [], publications: [], subscriptions: [] };
{
  const api = new PretendedAPI();
  const channel = new Channel(api, empty);
  api.event(12);
  api.event(11);
  api.event(11, "MemberRemoved", { member: { id: "m11" } });
  api.event(13);
  note("events are applied in the order of their versions, each once",
    [...channel.members.keys()].join() === "m11,m12,m13" && channel.version === 13 && api.calls.length === 0);
  api.event(15);
  await sleep(700);
  note("a gap is waited for", api.calls.length === 0);
  await sleep(500);
  note("after a second the missing event is asked for",
    JSON.stringify(api.calls) === '[["subscribeChannelEvents",14]]');
  api.event(14);
  note("what was held follows", channel.version === 15 && channel.members.has("m15"));
  api.dispatchEvent(new Event("reopened"));
  note("after a reconnection events are asked for from the last one",
    api.calls.at(-1).join() === "subscribeChannelEvents,15");
  api.event(16, "ChannelDeleted", {});
  note("a deleted channel has ended", channel.ended);
}
{
  const api = new PretendedAPI();
  const channel = new Channel(api, empty);
  api.event(13);
  const found = channel.until(() => channel.members.get("late"), 9000);
  await found;
  note("what no replay brings is read anew",
    api.calls.map(([method]) => method).join() === "subscribeChannelEvents,getChannel");
  channel.close();
}

// An RTC API on a pretended socket.
const RealSocket = globalThis.WebSocket;
class PretendedSocket extends EventTarget {
  static OPEN = 1;
  static made = [];
  readyState = 0;
  sent = [];
  constructor(address, subprotocol) {
    super();
    Object.assign(this, { address, subprotocol });
    PretendedSocket.made.push(this);
    setTimeout(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
    });
  }
  send(text) {
    this.sent.push(text);
    const { id, method } = JSON.parse(text);
    if (method === "getServerUnixtime") this.answer({ id, result: { unixtime: Date.now() + 90_000 } });
  }
  answer(message) {
    const event = Object.assign(new Event("message"), { data: JSON.stringify(message) });
    setTimeout(() => this.dispatchEvent(event));
  }
  close(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}
globalThis.WebSocket = PretendedSocket;
try {
  const api = new RTCAPI({ domain: "x", secure: true, token: "t.t.t", appId: "a" });
  const states = [];
  api.addEventListener("state", ({ detail }) => states.push(detail));
  await api.open();
  const [first] = PretendedSocket.made;
  note("the token is the only sub-protocol",
    first.subprotocol === "t.t.t" && first.address.startsWith("wss://x/ws?contextId="));
  note("the server's clock counts", Math.abs(api.now() - Date.now() - 90_000) < 1000);
  const answer = api.call("addMember", { channelId: "c" });
  const before = first.sent.at(-1);
  let reopened = 0;
  api.addEventListener("reopened", () => (reopened += 1));
  first.close();
  await sleep(600);
  const second = PretendedSocket.made.at(-1);
  note("a call under way is sent again as it was", second !== first && second.sent[0] === before && reopened === 1);
  second.answer({ id: JSON.parse(before).id, result: { memberId: "m" } });
  note("and gets its answer", (await answer).memberId === "m");
  const refused = api.call("publishStream").catch((error) => error);
  second.answer({ id: JSON.parse(second.sent.at(-1)).id, error: { code: 403, message: "no", data: { code: 403004 } } });
  note("an error has both of its codes", (({ code, detail }) => code === 403 && detail === 403004)(await refused));
  const pending = api.call("getChannel").catch((error) => error.reason);
  second.close(4291);
  note("4291 is the end", (await pending) === "usageLimit" && states.at(-1) === "closed");
} finally {
  globalThis.WebSocket = RealSocket;
}

// Negotiation.
const h264 = (level, mode = 1) => ({
  mimeType: "video/H264", clockRate: 90_000, parameters: { "profile-level-id": level, "packetization-mode": mode },
});
note("H.264 matches by profile and mode, not by level", matches(h264("42e01f"), h264("42e034"))
  && matches(h264("42c01f"), h264("4d801f")) && !matches(h264("42001f"), h264("42e01f"))
  && !matches(h264("42e01f", 0), h264("42e01f")) && !matches(h264("640c1f"), h264("64001f")));
const router = {
  codecs: [
    { kind: "video", mimeType: "video/VP8", clockRate: 90_000, preferredPayloadType: 101, parameters: {},
      rtcpFeedback: [{ type: "nack", parameter: "" }, { type: "made-up", parameter: "" }] },
    { kind: "video", mimeType: "video/rtx", clockRate: 90_000, preferredPayloadType: 102,
      parameters: { apt: 101 }, rtcpFeedback: [] },
    { kind: "video", mimeType: "video/made-up", clockRate: 90_000, preferredPayloadType: 103,
      parameters: {}, rtcpFeedback: [] },
  ],
  headerExtensions: [
    { kind: "video", uri: "urn:ietf:params:rtp-hdrext:sdes:mid", preferredId: 1, direction: "sendrecv" },
    { kind: "video", uri: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", preferredId: 2, direction: "recvonly" },
    { kind: "video", uri: "urn:made-up", preferredId: 9, direction: "sendrecv" },
  ],
};
const common = receivingCapabilities(await localSections(), router);
note("only what both have is asked for, under the router's numbers",
  common.codecs.map(({ preferredPayloadType }) => preferredPayloadType).join() === "101,102"
  && common.codecs[0].rtcpFeedback.map(({ type }) => type).join() === "nack"
  && common.headerExtensions.map(({ preferredId }) => preferredId).join() === "1");
const remote = {
  iceParameters: { usernameFragment: "u".repeat(32), password: "p".repeat(32), iceLite: true },
  iceCandidates: [{
    foundation: "t", priority: 1, address: "192.0.2.1", protocol: "tcp", port: 9, type: "host", tcpType: "passive",
  }],
  dtlsParameters: { fingerprints: [{ algorithm: "sha-1", value: "00" }, { algorithm: "sha-256", value: "AB:CD" }] },
};
const sections = [{ kind: "video", mid: "0", direction: "recvonly", codecs: [], headerExtensions: [] }];
const written = sdp.write({ remote, setup: "passive", version: 1, sections });
note("a TCP candidate and the strongest fingerprint are written",
  written.includes("a=candidate:t 1 tcp 1 192.0.2.1 9 typ host tcptype passive")
  && written.includes("a=fingerprint:sha-256 AB:CD") && written.includes("a=ice-lite"));

// Tokens.
for (const version of [1, 2, 3]) {
  const text = await token.mint({ appId: "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001", secret: "x".repeat(32), version });
  const read = token.decode(` ${text}\n`);
  note(`a token of version ${version} is read as it was made`,
    read.version === version && read.appId.startsWith("10ca1000")
    && read.expiresAt - read.issuedAt === 3600 && !/[=+/]/.test(text));
}
const unsigned = (claims) => `${btoa("{}")}.${btoa(claims)}.x`;
for (const wrong of ["", "a.b", "a.b.c", unsigned("[]"), unsigned("null"), unsigned('{"scope":{"appId":"x"}}')]) {
  let reason;
  try { token.decode(wrong); } catch (error) { ({ reason } = error); }
  note(`“${wrong}” is no token`, Boolean(reason));
}
return seen;
