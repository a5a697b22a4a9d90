// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { text } from "./words.js";

export const element = (id) => document.getElementById(id);

/** Makes an element; `word` names its text in the page's words, so that it follows the language. */
export function make(tag, { word, data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  if (word) say(made, word);
  made.append(...children);
  return made;
}

/** Gives an element words that follow the language. */
export function say(target, word) {
  target.dataset.text = word;
  const said = text(word);
  if (target.textContent !== said) target.textContent = said;
}

/** Sets a text only where it is another one, so that a selection in it stays. */
export function write(target, words) {
  if (target.textContent !== words) target.textContent = words;
}

/** A button of an item. */
export function button(word, action, press, look = "quiet") {
  const onclick = ({ currentTarget }) => press(currentTarget);
  return make("button", { type: "button", className: look, word, data: { action }, onclick });
}

/**
 * Keeps one element for each entry of a list, in its order; what stays keeps its focus and its video.
 *
 * `create(entry)` makes an element that has `update(entry)`.
 */
export function keep(parent, entries, create) {
  const known = new Map([...parent.children].map((child) => [child.dataset.id, child]));
  const wanted = entries.map((entry) => {
    const child = known.get(entry.id) ?? create(entry);
    child.dataset.id = entry.id;
    child.update(entry);
    known.delete(entry.id);
    return child;
  });
  for (const child of known.values()) child.remove();
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** Asks in the page's dialog; resolves with the text, or null where it was cancelled. */
export function ask({ title, value, yes, isDanger = false }) {
  const dialog = element("dialog");
  const field = element("dialog-text");
  element("dialog-title").textContent = title;
  field.hidden = value === undefined;
  field.value = value ?? "";
  element("dialog-yes").textContent = text(yes);
  element("dialog-yes").className = isDanger ? "danger" : "";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes" ? field.value : null), { once: true });
  });
}

/** Shows what went wrong, until it is dismissed or replaced. */
export function notice(words) {
  const line = make("div", {}, make("p", { textContent: words }));
  line.append(button("dismiss", "dismiss", () => line.remove()));
  element("notices").prepend(line);
  while (element("notices").children.length > 3) element("notices").lastChild.remove();
}
