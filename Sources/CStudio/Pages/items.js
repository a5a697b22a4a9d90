// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { app, press } from "./app.js";
import { ask, button, element, keep, make, say, write } from "./dom.js";
import { text } from "./words.js";

/** The live lists of members, publications and subscriptions, with the buttons of each. */

const short = (id) => id.slice(0, 8);
const badge = (word, look = "") => make("span", { className: `badge ${look}`, word });

function nameOf(view, id) {
  const member = view.members.find((entry) => entry.id === id);
  return member?.name ?? (member?.isBot ? `${text("bot")} ${short(id)}` : short(id));
}

/** Shows everything there is. */
export function showLists(view) {
  const lists = { members: member, publications: publication, subscriptions: subscription };
  for (const [name, create] of Object.entries(lists)) {
    const entries = name === "publications" ? inPairs(view?.publications ?? []) : (view?.[name] ?? []);
    const list = element(name);
    list.dataset.empty = text("none");
    write(element(`${name}-count`), String(entries.length));
    keep(list, entries.map((entry) => ({ ...entry, view })), create);
  }
}

/** Each origin, followed by its relays. */
function inPairs(publications) {
  const relays = (id) => publications.filter(({ origin }) => origin && origin === id);
  const firsts = publications.filter(({ origin }) => !origin || !publications.some(({ id }) => id === origin));
  return firsts.flatMap((entry) => [entry, ...relays(entry.id)]);
}

async function editMetadata(label, value, set) {
  const typed = await ask({ title: text("editMetadata", label), value: value ?? "", yes: "save" });
  if (typed !== null) await set(typed);
}

/** An item of a list: a line of badges, notes and buttons; `parts` are shown as `update` decides. */
function item({ title, notes = [], buttons = [], media = [] }) {
  return make("li", {}, make("div", { className: "title" }, ...title), ...notes, ...media,
    make("div", { className: "buttons" }, ...buttons));
}

const note = () => make("div", { className: "note" });

function showMetadata(target, value) {
  target.hidden = !value;
  write(target, value ? `${text("metadata")}: ${value}` : "");
}

function showState(target, isGood, good, bad, badLook = "warn") {
  say(target, isGood ? good : bad);
  target.className = `badge ${isGood ? "good" : badLook}`;
}

// MARK: Members

function member(first) {
  let entry = first;
  const name = make("strong");
  const [me, bot, metadata] = [badge("me", "mine"), badge("bot"), note()];
  const edit = button("editMetadataShort", "edit-metadata", (pressed) => press(pressed, () =>
    editMetadata(name.textContent, entry.metadata, (value) => app.engine.setMemberMetadata(entry.id, value))));
  const remove = button("remove", "remove-member", (pressed) => press(pressed, async () => {
    const title = text("removeAsk", name.textContent);
    if ((await ask({ title, yes: "remove", isDanger: true })) !== null) await app.engine.removeMember(entry.id);
  }), "danger");
  const made = item({
    title: [name, me, bot, make("code", { textContent: entry.id })], notes: [metadata], buttons: [edit, remove],
  });
  made.update = (next) => {
    entry = next;
    write(name, entry.name ?? (entry.isBot ? text("bot") : text("unnamed")));
    made.dataset.kind = entry.isBot ? "bot" : "person";
    me.hidden = !entry.isMe;
    bot.hidden = !entry.isBot;
    edit.hidden = !(entry.canEdit ?? !entry.isBot);
    showMetadata(metadata, entry.metadata);
  };
  return made;
}

// MARK: Publications

function publication(first) {
  let entry = first;
  const kind = make("strong");
  const [mine, role, enabled] = [badge("mine", "mine"), badge("origin"), badge("enabled")];
  const codec = make("span", { className: "badge" });
  const [by, metadata, viewers] = [note(), note(), note()];
  const preview = make("video", { muted: true, autoplay: true, playsInline: true, hidden: true });
  const buttons = publicationButtons(() => entry);
  const made = item({
    title: [kind, mine, role, enabled, codec, make("code", { textContent: entry.id })],
    notes: [by, metadata, viewers], media: [preview], buttons: buttons.all,
  });
  made.update = (next) => {
    entry = next;
    const { kind: media, isRelay, isEnabled, origin } = entry;
    Object.assign(made.dataset, {
      kind: media, role: isRelay ? "relay" : "origin", enabled: isEnabled, nested: Boolean(origin),
    });
    say(kind, entry.kind);
    mine.hidden = !entry.isMine;
    say(role, entry.isRelay ? "relay" : entry.isForwarded ? "forwarded" : "notForwardedYet");
    showState(enabled, entry.isEnabled, "enabled", "disabled");
    write(codec, entry.codec);
    codec.hidden = entry.isRelay || !entry.codec;
    const layers = entry.encodings.length ? ` · ${text("encoding")}: ${entry.encodings.join(", ")}` : "";
    write(by, text("by", nameOf(entry.view, entry.publisher)) + layers);
    showMetadata(metadata, entry.metadata);
    viewers.hidden = entry.confirmed === undefined;
    write(viewers, text("confirmedViewers", entry.confirmed ?? 0));
    showTrack(preview, entry.kind === "video" ? entry.track : null);
    buttons.update(entry);
  };
  return made;
}

function publicationButtons(entry) {
  const own = (word, action, work, look) =>
    button(word, action, (pressed) => press(pressed, () => work(entry())), look);
  const choice = encodingChoice(() => {});
  const subscribe = own("subscribe", "subscribe", ({ id }) => app.engine.subscribe(id, choice.value || undefined), "");
  const toggle = own("disable", "toggle", ({ id, isEnabled }) => app.engine.setEnabled(id, !isEnabled));
  const start = own("startForwarding", "start-forwarding", ({ id }) => app.engine.startForwarding(id), "");
  const stop = own("stopForwarding", "stop-forwarding", ({ id }) => app.engine.stopForwarding(id));
  const edit = own("editMetadataShort", "edit-metadata", ({ id, kind, metadata }) =>
    editMetadata(text(kind), metadata, (value) => app.engine.setPublicationMetadata(id, value)));
  const unpublish = own("unpublish", "unpublish", ({ id }) => app.engine.unpublish(id), "danger");
  const update = ({ id, view, isMine, isRelay, isForwarded, isEnabled, canControl, encodings }) => {
    const watched = view.subscriptions.some((other) => other.publicationId === id && other.isMine);
    subscribe.hidden = choice.label.hidden = !view.me || !isRelay || isMine || watched;
    choice.update(encodings);
    toggle.hidden = edit.hidden = !canControl;
    say(toggle, isEnabled ? "disable" : "enable");
    start.hidden = !app.engine?.makesBots || !isMine || isRelay || isForwarded;
    stop.hidden = !app.engine?.makesBots || !isMine || !isRelay;
    unpublish.hidden = !canControl || !isMine;
  };
  return { all: [subscribe, choice.label, start, stop, toggle, edit, unpublish], update };
}

/** A choice among encodings; hidden where there is none. */
function encodingChoice(changed) {
  const select = make("select", { data: { action: "encoding" }, onchange: () => changed(select.value, select) });
  const label = make("label", {}, make("span", { word: "encoding" }), select);
  let shown = null;
  return {
    label,
    get value() { return select.value; },
    update(encodings, chosen) {
      if (encodings.length < 2) label.hidden = true;
      if (shown !== encodings.join()) {
        shown = encodings.join();
        const options = encodings.map((id) => make("option", { value: id, textContent: id }));
        select.replaceChildren(make("option", { value: "", word: "automatic" }), ...options);
      }
      if (chosen !== undefined && document.activeElement !== select) select.value = chosen;
    },
  };
}

// MARK: Subscriptions

function subscription(first) {
  let entry = first;
  const kind = make("strong");
  const [mine, confirmed, to] = [badge("mine", "mine"), badge("confirmed", "good"), note()];
  const player = make("video", { muted: true, autoplay: true, playsInline: true, hidden: true });
  const sound = button("unmute", "sound", () => {
    player.muted = !player.muted;
    say(sound, player.muted ? "unmute" : "mute");
  });
  const choice = encodingChoice((value, select) => {
    if (value) press(select, () => app.engine.preferEncoding(entry.id, value));
  });
  const stop = button("unsubscribe", "unsubscribe", (pressed) =>
    press(pressed, () => app.engine.unsubscribe(entry.id)));
  const made = item({
    title: [kind, mine, confirmed, make("code", { textContent: entry.id })], notes: [to], media: [player],
    buttons: [choice.label, sound, stop],
  });
  made.update = (next) => {
    entry = next;
    Object.assign(made.dataset, { kind: entry.kind, mine: entry.isMine, confirmed: Boolean(entry.isConfirmed) });
    say(kind, entry.kind);
    mine.hidden = !entry.isMine;
    confirmed.hidden = !entry.isConfirmed;
    write(to, text("to", nameOf(entry.view, entry.subscriberId)));
    showTrack(player, entry.track);
    player.hidden = entry.kind !== "video" || !entry.track;
    sound.hidden = entry.kind !== "audio" || !entry.track;
    choice.label.hidden = !entry.isMine || !entry.track;
    choice.update(entry.encodings, entry.encoding ?? "");
    stop.hidden = !entry.isMine;
  };
  return made;
}

/** Plays a track, or nothing. */
function showTrack(player, track) {
  player.hidden = !track;
  const playing = player.srcObject?.getTracks()[0];
  if (playing !== (track ?? undefined)) player.srcObject = track ? new MediaStream([track]) : null;
}
