// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import { notice } from "./dom.js";
import { explain } from "./explain.js";
import { Log } from "./log.js";

/** What the parts of the page share: the engine while one is connected, and what the server told about itself. */
export const app = { engine: null, configuration: { appId: "", secret: "", sdk: false, hosts: {} } };

const log = new Log();

/** Shows an error to the person, and keeps it in the log. */
export function fail(error) {
  const words = explain(error);
  notice(words);
  log.add({ source: "page", text: words, data: { error: String(error?.message ?? error) }, bad: true });
}

export const report = (entry) => log.add(entry);

/** Does what a button asks for; the button waits meanwhile, and what goes wrong is shown. */
async function act(button, work) {
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (error) {
    fail(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** The same for a button that can't be pressed twice at once. */
export function press(button, work) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  return act(button, work);
}
