// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// What the SDK mends by itself, or tells the app about: tokens, lost sockets, lost paths, closed pages.
import { client, eventually, failure, harness, now, sleep, tell } from "./sdk_page.js";
import { member, publicationOf, subscribe } from "./sdk_media.js";

/** The port of SkyWayLocal's SFU. */
const MEDIA_PORT = 41_000;

/** A publisher of the numbered picture and a viewer that sees it. */
async function watched({ type = "sfu", publisher: given = {} } = {}) {
  const publisher = await member("alice", { type, ...given });
  const stream = new publisher.it.sdk.LocalVideoStream(publisher.it.pictures(320, 180));
  const publication = await publisher.me.publish(stream, { type: "sfu" });
  const viewer = await member("bob", { type });
  const watching = await subscribe(viewer, await publicationOf(viewer, "video"));
  await eventually(15, "pictures", () => watching.seen.numbers.length >= 15);
  return { publisher, viewer, publication, watching };
}

/** Ten new pictures from now on, and the seconds until they were there. */
async function goesOn(watching, seconds = 10) {
  const before = watching.seen.numbers.length;
  return (await eventually(seconds, "further pictures", () => watching.seen.numbers.length >= before + 10)).seconds;
}

/** Waits until a member's new metadata has come to another one. */
const hears = ({ room }, text) =>
  eventually(5, `“${text}”`, () => room.members.some(({ metadata }) => metadata === text));

/** What a context says about its token, with the seconds since the context was made. */
function tokenEvents(context) {
  const began = now(), events = [];
  const names = { reminder: "onTokenUpdateReminder", updated: "onTokenUpdated", expired: "onTokenExpired" };
  for (const [name, event] of Object.entries(names)) {
    context[event].add(() => events.push({ name, at: now() - began }));
  }
  events.has = (name) => events.some((event) => event.name === name);
  return events;
}

/** The reminder comes, a new token is given, and it is that one which counts from then on. */
export async function newToken() {
  const options = { token: { updateRemindSec: 6 } };
  const { publisher, viewer, watching } = await watched({ publisher: { token: { lifetime: 10 }, options } });
  const { context, it, me } = publisher, events = tokenEvents(context), seen = { events };
  const anotherApp = { ...it.everything, appId: it.sdk.uuidV4() };
  seen.foreign = await failure(async () => context.updateAuthToken(await it.token({ scope: anotherApp })));
  await eventually(10, "the reminder", () => events.has("reminder"));
  await context.updateAuthToken(await it.token({ lifetime: 3600 }));
  // Past the end of the first one.
  await sleep(9);
  await me.updateMetadata("with the new token");
  await hears(viewer, "with the new token");
  const stream = await it.sdk.SkyWayStreamFactory.createMicrophoneAudioStream();
  await me.publish(stream);
  await subscribe(viewer, await publicationOf(viewer, "audio"));
  seen.goesOn = await goesOn(watching);
  return seen;
}

/** Without a new token nothing may be done any more, but what runs goes on; a new one mends it. */
export async function expiry() {
  const options = { token: { updateRemindSec: 3 } };
  const { publisher, viewer, watching } = await watched({ publisher: { token: { lifetime: 7 }, options } });
  const { context, it, me } = publisher, events = tokenEvents(context), seen = { events };
  await eventually(15, "the end of the token", () => events.has("expired"));
  // The clocks of both sides are read in whole seconds.
  await sleep(1.5);
  seen.refused = await failure(() => me.updateMetadata("without a token"));
  seen.goesOnExpired = await goesOn(watching);
  const began = now();
  await context.updateAuthToken(await it.token());
  seen.updateSeconds = now() - began;
  await me.updateMetadata("with a token again");
  await hears(viewer, "with a token again");
  seen.goesOn = await goesOn(watching);
  seen.disposed = context.disposed;
  return seen;
}

/** Tokens that no context is made of, and rights that one does not give. */
export async function wrongTokens() {
  const it = await client(), seen = {};
  const make = (given, options) => failure(async () => (await it.context(given, options)).dispose());
  seen.expired = await make({ lifetime: -5 });
  seen.soonExpired = await make({ lifetime: 20 });
  seen.otherSecret = await make({ secret: "another secret, which is not this application's own" });
  seen.noToken = await make({ token: "no.token.atall" });
  const [room] = it.everything.rooms;
  const scope = { rooms: [{ ...room, methods: [], member: { name: "*", methods: ["subscribe"] } }] };
  const context = await it.context({ scope });
  const init = { type: "sfu", name: "stage", sfuOptions: it.sfuOptions };
  seen.create = await failure(() => it.sdk.SkyWayRoom.Create(context, init));
  await member("alice");
  const found = await it.sdk.SkyWayRoom.Find(context, { name: "stage" }, init);
  const me = await found.join({ name: "watcher" });
  const stream = new it.sdk.LocalVideoStream(it.pictures(320, 180));
  seen.publish = await failure(() => me.publish(stream));
  seen.close = await failure(() => found.close());
  return seen;
}

/** Every connection is reset while a call is made; the SDK comes back and misses nothing. */
export async function lostSocket({ type }) {
  const { publisher, viewer, watching } = await watched({ type });
  const seen = { publications: [] }, began = now();
  viewer.room.onStreamPublished.add(({ publication }) => seen.publications.push(publication.contentType));
  await harness("block", { port: publisher.it.port, protocol: "tcp", action: "reject with tcp reset" });
  seen.cut = (await harness("cut")).connections;
  const changed = publisher.me.updateMetadata("said while nobody heard");
  await tell("cut");
  // The test lets somebody else publish meanwhile.
  await harness("signalled");
  seen.duringCut = viewer.room.publications.length;
  await harness("unblock");
  const unblocked = now();
  await changed;
  seen.callSeconds = now() - unblocked;
  await eventually(15, "what was published meanwhile", () => viewer.room.publications.length >= 3);
  seen.caughtUpSeconds = now() - unblocked;
  seen.cutSeconds = unblocked - began;
  await hears(viewer, "said while nobody heard");
  seen.goesOn = await goesOn(watching);
  // A call of each that needs the new connection.
  await viewer.me.updateMetadata("back again");
  await hears(publisher, "back again");
  return seen;
}

/** The path to the SFU is lost: both transports ask for new ICE parameters, and media goes on over the same DTLS. */
export async function iceRestart() {
  const { publisher, viewer, publication, watching } = await watched();
  const seen = { publisher: [], viewer: [] };
  publication.onConnectionStateChanged.add(({ state }) => seen.publisher.push(state));
  watching.subscription.onConnectionStateChanged.add((state) => seen.viewer.push(state));
  await harness("block", { port: MEDIA_PORT });
  const blocked = now();
  const isReconnecting = () => [seen.publisher, seen.viewer].every((states) => states.includes("reconnecting"));
  await eventually(30, "that both reconnect", isReconnecting);
  seen.noticedSeconds = now() - blocked;
  seen.before = watching.seen.numbers.at(-1);
  await harness("unblock");
  seen.resumedSeconds = await goesOn(watching, 30);
  await eventually(15, "that both are connected", () =>
    [seen.publisher, seen.viewer].every((states) => states.at(-1) === "connected"));
  seen.restarts = [publisher, viewer].map(({ it }) => it.requests("/v4/transports/connections/ice"));
  seen.connects = [publisher, viewer].map(({ it }) => it.requests("/v4/transports/connections"));
  seen.after = watching.seen.numbers.at(-1);
  return seen;
}

/** A page that is closed leaves by itself, if it still comes to it; else it is gone once its time has run out. */
export async function closedPage() {
  const looking = await member("alice"), seen = {};
  const config = { keepaliveIntervalSec: 3, keepaliveIntervalGapSec: 3 };
  const leaving = await member("bob", { options: { member: config } });
  const silent = await member("carol", { options: { member: { ...config, preventAutoLeaveOnBeforeUnload: true } } });
  await eventually(5, "three members", () => looking.room.members.length === 3);
  const gone = (name) => () => !looking.room.members.some((one) => one.name === name);
  leaving.it.frame.src = "about:blank";
  seen.leftSeconds = (await eventually(15, "that bob left", gone("bob"))).seconds;
  silent.it.frame.src = "about:blank";
  seen.removedSeconds = (await eventually(15, "that carol was removed", gone("carol"))).seconds;
  return seen;
}

/** Who asked to leave with its connection does so, and is told; older SDKs do not know the wish. */
export async function leaveWhenDisconnected() {
  const looking = await member("alice");
  const leaving = await member("bob", { options: { member: { leaveWhenDisconnected: true } } });
  await eventually(5, "two members", () => looking.room.members.length === 2);
  const seen = { isKnown: "leaveWhenDisconnected" in looking.context.config.member, fatal: "" };
  leaving.context.onFatalError.add((error) => (seen.fatal = error.info.name));
  await harness("cut");
  if (!seen.isKnown) return seen;
  const gone = () => !looking.room.members.some(({ name }) => name === "bob");
  seen.leftSeconds = (await eventually(10, "that bob left", gone)).seconds;
  await eventually(5, "that bob is told", () => seen.fatal && leaving.context.disposed);
  return seen;
}
