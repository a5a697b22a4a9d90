// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// What arrives: layers of simulcast, many viewers, more viewers than allowed, and what the gateway publishes.
import { client, eventually, failure, now, sleep, tell } from "./sdk_page.js";

/** Large enough for three layers in Chromium, and with heights that H264 takes in each. */
const WIDTH = 960, HEIGHT = 544;

export const ENCODINGS = [
  { id: "low", scaleResolutionDownBy: 4, maxBitrate: 80_000 },
  { id: "mid", scaleResolutionDownBy: 2, maxBitrate: 250_000 },
  { id: "high", scaleResolutionDownBy: 1, maxBitrate: 700_000 },
];

/** A member of a room of its own client. */
export async function member(name, { room = "stage", type = "sfu", token = {}, options = {}, it } = {}) {
  const at = it ?? await client();
  const context = await at.context(token, options);
  const found = await at.sdk.SkyWayRoom.FindOrCreate(context, { type, name: room, sfuOptions: at.sfuOptions });
  return { it: at, context, room: found, me: await found.join({ name }) };
}

/** Publishes the numbered picture in three layers. */
export async function publishLayers(publisher, options = {}) {
  const track = publisher.it.pictures(WIDTH, HEIGHT);
  const stream = new publisher.it.sdk.LocalVideoStream(track);
  return publisher.me.publish(stream, { type: "sfu", encodings: ENCODINGS, ...options });
}

/** The publication of a kind, once the room shows it. */
export async function publicationOf(viewer, kind) {
  const find = () => viewer.room.publications.find(({ contentType }) => contentType === kind);
  return (await eventually(15, `a publication of ${kind}`, find)).answer;
}

/** Subscribes, and watches. */
export async function subscribe(viewer, publication, options = {}) {
  const { subscription, stream } = await viewer.me.subscribe(publication, options);
  return { subscription, seen: viewer.it.watch(stream), counted: () => viewer.it.received(subscription) };
}

/** Three layers: each is had on request, and the wish may change while it plays. */
export async function simulcast({ type, codec }) {
  const publisher = await member("alice", { type }), viewer = await member("bob", { type });
  const codecCapabilities = codec ? [{ mimeType: codec }] : undefined;
  const published = await publishLayers(publisher, codecCapabilities ? { codecCapabilities } : {});
  const there = await publicationOf(viewer, "video");
  const watching = await subscribe(viewer, there, { preferredEncodingId: "low" });
  await eventually(15, "the low layer", () => shows(watching, 136));
  const seen = {
    encodings: there.encodings.map(({ id }) => id),
    changes: await prefer(watching, [["high", 544], ["low", 136], ["mid", 272], ["high", 544]]),
  };
  await sleep(2);
  seen.preferred = watching.subscription.preferredEncoding;
  seen.watching = { ...watching.seen.now(), counted: await watching.counted() };
  // Who says nothing gets the best layer.
  const other = await member("carol", { type });
  const best = await subscribe(other, await publicationOf(other, "video"));
  await eventually(10, "the best layer", () => best.seen.sizes.at(-1)?.height === 544);
  seen.sent = await layersSent(published, publisher);
  return seen;
}

/** Whether the last picture had so many lines; an encoder may round them. */
const shows = ({ seen }, lines) => Math.abs((seen.sizes.at(-1)?.height ?? 0) - lines) <= 1;

/** Prefers one encoding after the other, each once the one before is seen, and says how long it took. */
async function prefer(watching, order) {
  const changes = [];
  for (const [id, lines] of order) {
    await sleep(1);
    const from = watching.seen.numbers.at(-1);
    watching.subscription.changePreferredEncoding(id);
    const { seconds } = await eventually(10, `${lines} lines`, () => shows(watching, lines));
    changes.push({ id, seconds, from, to: watching.seen.numbers.at(-1) });
  }
  return changes;
}

/** What the publisher's browser says of the layers that it sends. */
async function layersSent(publication, publisher) {
  const bot = publisher.room._channel.bots[0];
  const report = await publication.getStats(bot.id);
  return report.filter(({ type }) => type === "outbound-rtp").map(({ rid, framesSent, frameHeight, packetsSent }) =>
    ({ rid, framesSent, frameHeight, packetsSent }));
}

/** Twenty viewers of one publication in two pages; three of them decode it to look at it. */
export async function twenty({ count, seconds, looking }) {
  const publisher = await member("publisher");
  const { audio, video } = await publisher.it.sdk.SkyWayStreamFactory.createMicrophoneAudioAndCameraStream();
  await publisher.me.publish(audio, { maxSubscribers: 99 });
  await publisher.me.publish(video, { maxSubscribers: 99 });
  const pages = [await client(), await client()];
  const viewers = [];
  for (let index = 0; index < count; index += 1) {
    const viewer = await member(`viewer-${index}`, { it: pages[index % pages.length] });
    const kinds = {};
    for (const kind of ["audio", "video"]) {
      const began = now();
      const { subscription, stream } = await viewer.me.subscribe(await publicationOf(viewer, kind));
      const watched = index < looking || kind === "audio" ? viewer.it.watch(stream) : undefined;
            kinds[kind] = { subscription, seen: watched, seconds: now() - began };
    }
    viewers.push({ ...viewer, kinds });
  }
  const before = await Promise.all(viewers.map(countOf));
  await sleep(seconds);
  const after = await Promise.all(viewers.map(countOf));
  return {
    viewers: viewers.map(({ kinds }, index) => {
      const count = (kind) => ({ ...since(before[index][kind], after[index][kind]), seconds: kinds[kind].seconds });
      return { audio: count("audio"), video: count("video") };
    }),
    looking: viewers.slice(0, looking).map(({ kinds }) => kinds.video.seen.now()),
    members: publisher.room.members.length,
    subscriptions: publisher.room.subscriptions.length,
  };
}

/** What was counted between two times. */
const since = (before, after) =>
  Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));

async function countOf({ it, kinds }) {
  return { audio: await it.received(kinds.audio.subscription), video: await it.received(kinds.video.subscription) };
}

/** One viewer more than allowed, and again once another one has gone. */
export async function tooMany() {
  const publisher = await member("alice");
  const publication = await publisher.me.publish(
    new publisher.it.sdk.LocalVideoStream(publisher.it.pictures(320, 180)), { maxSubscribers: 2 });
  const viewers = [];
  for (const name of ["bob", "carol", "dave"]) viewers.push(await member(name));
  const there = await Promise.all(viewers.map((viewer) => publicationOf(viewer, "video")));
  const first = await subscribe(viewers[0], there[0]);
  await subscribe(viewers[1], there[1]);
  const refused = await failure(() => viewers[2].me.subscribe(there[2]));
  // The SDK takes back what it could not get from 2.5 on; with an older one it is for the app to do.
  const left = viewers[2].room.subscriptions.filter(({ subscriber }) => subscriber.id === viewers[2].me.id);
  for (const subscription of left) await viewers[2].me.unsubscribe(subscription);
  await eventually(5, "two subscriptions", () => publication.subscriptions.length === 2);
  await viewers[0].me.unsubscribe(first.subscription);
  const third = await subscribe(viewers[2], there[2]);
  await eventually(10, "pictures of the third", () => third.seen.numbers.length >= 15);
  return { refused, left: left.length, subscriptions: publication.subscriptions.length };
}

/** What the gateway publishes, found in the room by nothing but the room's name. */
export async function gateway({ type, room, seconds }) {
  const viewer = await member("viewer", { type, room });
  const seen = { publisher: [], kinds: {} }, watching = {};
  await tell("waiting");
  for (const kind of ["audio", "video"]) {
    const publication = await publicationOf(viewer, kind);
    seen.publisher.push([publication.publisher.name, publication.type, publication.metadata ?? null]);
    watching[kind] = await subscribe(viewer, publication);
  }
  await eventually(20, "a picture", () => watching.video.seen.numbers.length > 0);
  await sleep(seconds);
  for (const [kind, { seen: watched, counted }] of Object.entries(watching)) {
    seen.kinds[kind] = { ...watched.now(), counted: await counted() };
  }
  return seen;
}

/** Of a publisher with three layers the viewer gets the best one unasked, and then each that it prefers. */
export async function gatewayLayers({ room, lines, order }) {
  const viewer = await member("viewer", { room });
  const publication = await publicationOf(viewer, "video");
  const encodings = publication.encodings.map(({ id }) => id);
  const watching = await subscribe(viewer, publication);
  await eventually(20, "the best layer", () => shows(watching, Math.max(...lines)));
  // What the SFU gives while it finds out what the path carries does not count.
  await sleep(2);
  watching.seen.sizes.splice(0, watching.seen.sizes.length - 1);
  const changes = await prefer(watching, order.map((id) => [id, lines[encodings.indexOf(id)]]));
  await sleep(2);
  const seen = { ...watching.seen.now(), counted: await watching.counted() };
  return { encodings, changes, preferred: watching.subscription.preferredEncoding, video: seen };
}
