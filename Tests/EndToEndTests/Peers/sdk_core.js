// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// The Core library with the SFU bot's plugin, which apps use where Room does not do.
import { client, eventually, failure } from "./sdk_page.js";

/** A client whose context knows SkyWayLocal's SFU. */
async function open() {
  const it = await client("core");
  const opened = await it.context(), plugin = new it.sdk.SFUBotPlugin(it.sfuOptions);
  opened.registerPlugin(plugin);
  return Object.assign(it, { opened, plugin });
}

export async function life() {
  const seen = {}, name = "core";
  const [alice, bob] = [await open(), await open()];
  const made = await alice.sdk.SkyWayChannel.Create(alice.opened, { name, metadata: "made" });
  seen.duplicate = await failure(() => bob.sdk.SkyWayChannel.Create(bob.opened, { name }));
  const either = await bob.sdk.SkyWayChannel.FindOrCreate(bob.opened, { name });
  const found = await bob.sdk.SkyWayChannel.Find(bob.opened, { id: made.id });
  seen.sameChannel = made.id === either.id && found.id === made.id && found.metadata === "made";
  const members = { alice: await made.join({ name: "alice" }), bob: await found.join({ name: "bob" }) };
  const bot = await alice.plugin.createBot(made);
  await eventually(5, "the bot", () => found.bots.length === 1);
  seen.members = found.members.map((member) => [member.name ?? null, member.type, member.subtype]);
  const published = await forward(seen, { alice, made, members, bot });
  await watch(seen, { bob, found, members, published });
  await end(seen, { alice, bob, made, found, members, bot, published });
  return seen;
}

async function forward(seen, { alice, made, members, bot }) {
  const { audio, video } = await alice.sdk.SkyWayStreamFactory.createMicrophoneAudioAndCameraStream();
  const origins = [
    await members.alice.publish(audio, { type: "sfu" }),
    await members.alice.publish(video, { type: "sfu", metadata: "the camera" }),
  ];
  const forwardings = [];
  for (const origin of origins) forwardings.push(await bot.startForwarding(origin, { maxSubscribers: 99 }));
  seen.forwardings = forwardings.map((forwarding) => [
    forwarding.state, forwarding.configure.maxSubscribers, forwarding.relayingPublication.id === forwarding.id,
    forwarding.relayingPublication.origin.id === forwarding.originPublication.id,
  ]);
  seen.publications = made.publications.map((entry) =>
    [entry.contentType, entry.type, entry.publisher.subtype, entry.origin !== undefined]);
  return { origins, forwardings };
}

/** As a viewer of Core does: it looks for what the bot publishes. */
async function watch(seen, { bob, found, members, published }) {
  const relays = () => found.publications.filter(({ publisher }) => publisher.subtype === "sfu");
  await eventually(5, "the relays", () => relays().length === 2);
  const subscribed = {};
  for (const relay of relays()) {
    const { subscription, stream } = await members.bob.subscribe(relay);
    subscribed[relay.contentType] = { subscription, seen: bob.watch(stream) };
  }
  await eventually(15, "60 numbers", () => subscribed.video.seen.numbers.length >= 60);
  seen.video = { ...subscribed.video.seen.now(), counted: await bob.received(subscribed.video.subscription) };
  seen.audio = { ...subscribed.audio.seen.now(), counted: await bob.received(subscribed.audio.subscription) };
  const relay = subscribed.video.subscription.publication;
  await published.origins[1].disable();
  await eventually(5, "that the relay is disabled, too", () => relay.state === "disabled");
  await published.origins[1].enable();
  await eventually(5, "that the relay is enabled, too", () => relay.state === "enabled");
  await members.bob.updateMetadata("watches");
  const isSeen = () => members.alice.channel.members.some((one) => one.metadata === "watches");
  await eventually(5, "a member's metadata", isSeen);
  await members.bob.unsubscribe(subscribed.audio.subscription);
  seen.subscriptions = found.subscriptions.filter((one) => one.subscriber.type === "person").length;
}

async function end(seen, { alice, bob, made, found, members, bot, published }) {
  await bot.stopForwarding(published.forwardings[1]);
  seen.stopped = [published.forwardings[1].state, made.publications.length];
  await members.alice.unpublish(published.origins[0]);
  await eventually(5, "that relay and origin are gone", () => found.publications.length === 1);
  await made.leave(bot);
  await eventually(5, "that the bot left", () => found.bots.length === 0);
  await members.bob.leave();
  await members.alice.leave();
  await made.close();
  await eventually(5, "that it is closed", () => found.state === "closed");
  seen.states = [made.state, found.state, members.alice.state, members.bob.state, bot.state];
  for (const { opened } of [alice, bob]) opened.dispose();
}
