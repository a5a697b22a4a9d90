// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// The life of a room of each type with two members and a third who looks on: from its creation to its end.
import { client, eventually, failure, now, sleep } from "./sdk_page.js";

const EVENTS = ["onClosed", "onMetadataUpdated", "onMemberJoined", "onMemberLeft", "onMemberMetadataUpdated",
  "onStreamPublished", "onStreamUnpublished", "onPublicationMetadataUpdated", "onPublicationEnabled",
  "onPublicationDisabled", "onPublicationSubscribed", "onPublicationUnsubscribed"];

/** The names of a room's events in the order in which they come. */
function record(room) {
  const names = [];
  for (const name of EVENTS) room[name].add(() => names.push(name));
  return names;
}

/** A client with its context. */
async function open() {
  const it = await client();
  return Object.assign(it, { opened: await it.context() });
}

export async function life({ type }) {
  const seen = {}, name = "life", publishes = type === "p2p" ? "p2p" : "sfu";
  const [alice, bob, carol] = [await open(), await open(), await open()];
  const rooms = await findTheRoom(seen, { type, name, alice, bob, carol });
  seen.events = { alice: record(rooms.alice), bob: record(rooms.bob) };
  const members = await join(seen, rooms);
  const published = await publish(seen, { alice, bob, rooms, members, publishes });
  await disableAndEnable(seen, published);
  await changeMetadata(seen, { rooms, members, published });
  await sendData(seen, { alice, rooms, members, type });
  await end(seen, { rooms, members, published, clients: [alice, bob, carol], name, type });
  return seen;
}

async function findTheRoom(seen, { type, name, alice, bob, carol }) {
  const init = (it, more = {}) => ({ type, sfuOptions: it.sfuOptions, ...more });
  seen.missing = await failure(() => bob.sdk.SkyWayRoom.Find(bob.opened, { name }, init(bob)));
  const made = await alice.sdk.SkyWayRoom.Create(alice.opened, init(alice, { name, metadata: "made by alice" }));
  seen.duplicate = await failure(() => bob.sdk.SkyWayRoom.Create(bob.opened, init(bob, { name })));
  const byName = await bob.sdk.SkyWayRoom.Find(bob.opened, { name }, init(bob));
  const byId = await carol.sdk.SkyWayRoom.Find(carol.opened, { id: made.id }, init(carol));
  const dave = await open();
  const either = await dave.sdk.SkyWayRoom.FindOrCreate(dave.opened, init(dave, { name }));
  const other = await dave.sdk.SkyWayRoom.FindOrCreate(dave.opened, init(dave, { name: `${name}-other` }));
  seen.sameRoom = new Set([made.id, byName.id, byId.id, either.id]).size === 1 && other.id !== made.id;
  seen.roomMetadata = [made, byName, byId, either].map((room) => room.metadata);
  dave.opened.dispose();
  return { alice: made, bob: byName, carol: byId };
}

async function join(seen, rooms) {
  const alice = await rooms.alice.join({ name: "alice", metadata: "publishes" });
  const bob = await rooms.bob.join({ name: "bob" });
  await eventually(5, "both members", () => rooms.alice.members.length === 2 && rooms.carol.members.length === 2);
  seen.sameName = await failure(() => rooms.carol.join({ name: "bob" }));
  seen.members = rooms.alice.members.map((member) => [member.name, member.metadata ?? null]);
  return { alice, bob };
}

async function publish(seen, { alice, bob, rooms, members, publishes }) {
  const camera = await alice.sdk.SkyWayStreamFactory.createMicrophoneAudioAndCameraStream();
  const options = { type: publishes };
  const began = now();
  const audio = await members.alice.publish(camera.audio, { ...options, metadata: "a tone" });
  const video = await members.alice.publish(camera.video, options);
  seen.publishSeconds = now() - began;
  await eventually(5, "both publications", () => rooms.bob.publications.length === 2);
  seen.publications = rooms.bob.publications.map((entry) =>
    [entry.contentType, entry.type, entry.publisher.name, entry.metadata ?? null, entry.state]);
  const subscribed = {};
  for (const entry of rooms.bob.publications) {
    const subscribing = now();
    const { subscription, stream } = await members.bob.subscribe(entry);
    subscribed[entry.contentType] = { subscription, seen: bob.watch(stream), seconds: now() - subscribing };
  }
  seen.subscribeSeconds = [subscribed.audio.seconds, subscribed.video.seconds];
  const pictures = subscribed.video.seen;
  await eventually(15, "60 numbers", () => pictures.numbers.length >= 60);
  seen.video = { ...pictures.now(), counted: await bob.received(subscribed.video.subscription) };
  seen.audio = { ...subscribed.audio.seen.now(), counted: await bob.received(subscribed.audio.subscription) };
  seen.connection = [video.state, subscribed.video.subscription.getConnectionState()];
  return { audio, video, subscribed, pictures };
}

/** What is disabled no longer brings new pictures, and does again once it is enabled. */
async function disableAndEnable(seen, { video, subscribed, pictures }) {
  await video.disable();
  const there = subscribed.video.subscription.publication;
  await eventually(5, "that it is disabled", () => there.state === "disabled");
  await sleep(0.7);
  const before = pictures.numbers.length;
  await sleep(1);
  seen.whileDisabled = pictures.numbers.length - before;
  await video.enable();
  await eventually(5, "that it is enabled", () => there.state === "enabled");
  const { seconds } = await eventually(5, "pictures again", () => pictures.numbers.length > before + 5);
  seen.enabledAfter = seconds;
}

async function changeMetadata(seen, { rooms, members, published }) {
  const remote = (room, name) => room.members.find((member) => member.name === name);
  await rooms.bob.updateMetadata("changed by bob");
  await members.bob.updateMetadata("watches");
  await members.alice.updateMetadata("still publishes");
  await published.video.updateMetadata("a picture");
  await eventually(5, "the metadata at the other end", () =>
    rooms.alice.metadata === "changed by bob" && remote(rooms.alice, "bob").metadata === "watches"
    && remote(rooms.bob, "alice").metadata === "still publishes"
    && published.subscribed.video.subscription.publication.metadata === "a picture");
  // A member changes what is the other's.
  await remote(rooms.bob, "alice").updateMetadata("renamed by bob");
  await eventually(5, "metadata that the other gave", () =>
    members.alice.metadata === "renamed by bob" && remote(rooms.carol, "alice").metadata === "renamed by bob");
  seen.metadata = [rooms.carol.metadata, remote(rooms.carol, "alice").metadata, remote(rooms.carol, "bob").metadata];
}

async function sendData(seen, { alice, rooms, members, type }) {
  const stream = await alice.sdk.SkyWayStreamFactory.createDataStream();
  if (type === "sfu") {
    seen.data = await failure(() => members.alice.publish(stream));
    return;
  }
  const publication = await members.alice.publish(stream, { type: "p2p" });
  await eventually(5, "the data publication", () => rooms.bob.publications.some(({ id }) => id === publication.id));
  const got = [];
  const { stream: remote } = await members.bob.subscribe(publication.id);
  remote.onData.add((value) => got.push(value));
  await eventually(10, "data", () => {
    try {
      stream.write(`hello ${got.length}`);
    } catch {
      // Not open yet.
    }
    return got.length >= 3;
  });
  seen.data = { name: "", message: got[0], seconds: 0 };
  await members.alice.unpublish(publication);
}

async function end(seen, { rooms, members, published, clients, name, type }) {
  await members.bob.unsubscribe(published.subscribed.audio.subscription);
  const left = () => [rooms.alice.subscriptions.length, members.bob.subscriptions.length];
  await eventually(5, "one subscription", () => left().every((count) => count === 1));
  await members.alice.unpublish(published.video);
  await eventually(5, "that it is unpublished", () => rooms.bob.publications.length === 1);
  const { subscription } = published.subscribed.video;
  await eventually(5, "the subscription's end", () => subscription.state === "canceled");
  await members.bob.leave();
  await eventually(5, "that bob left", () => rooms.alice.members.length === 1 && rooms.carol.members.length === 1);
  await members.alice.leave();
  await eventually(5, "that alice left", () => rooms.carol.members.length === 0);
  seen.left = [rooms.carol.publications.length, rooms.carol.subscriptions.length];
  const closing = Promise.all([rooms.bob, rooms.carol].map((room) =>
    room.state === "closed" || new Promise((done) => room.onClosed.once(done))));
  await rooms.alice.close();
  await closing;
  seen.states = [rooms.alice, rooms.bob, rooms.carol].map((room) => room.state);
  const [, bob] = clients;
  seen.gone = await failure(() => bob.sdk.SkyWayRoom.Find(bob.opened, { name }, { type, sfuOptions: bob.sfuOptions }));
  for (const { opened } of clients) opened.dispose();
  seen.disposed = clients.map(({ opened }) => opened.disposed);
}
