// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// The page that a scenario runs in. Each client is a frame of its own: it has its own copy of the SDK, as a page of its
// own would have.
export const settings = await (await fetch("settings.json")).json();

/** A new client: its `window.client`, once the SDK is loaded there. */
export async function client(library = "room") {
  const frame = document.createElement("iframe");
  frame.src = `sdk_client.html?library=${library}`;
  frame.width = 320;
  frame.height = 200;
  const ready = new Promise((done) => window.addEventListener("message", function heard({ source }) {
    if (source !== frame.contentWindow) return;
    window.removeEventListener("message", heard);
    done();
  }));
  document.documentElement.append(frame);
  await within(15, "the SDK in a frame", ready);
  frame.contentWindow.client.frame = frame;
  return frame.contentWindow.client;
}

/** Asks the process that runs the browser to do something, and for what came of it. */
export async function harness(action, fields = {}) {
  const answer = await fetch(`harness/${action}`, { method: "POST", body: JSON.stringify(fields) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${action}: ${value.error}`);
  return value;
}

/** Tells the test about something as it happens. */
export const tell = (event, fields = {}) => harness("tell", { event, fields });

export const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Seconds of the page's clock. */
export const now = () => performance.now() / 1000;

/** The promise's value, or an error that says what did not come in time. */
export function within(seconds, what, promise) {
  return Promise.race([
    promise,
    new Promise((_, fail) => setTimeout(() => fail(new Error(`not within ${seconds} s: ${what}`)), seconds * 1000)),
  ]);
}

/** Asks `probe` until it has an answer; returns it with the seconds that it took. */
export async function eventually(seconds, what, probe) {
  const began = now();
  for (;;) {
    const answer = await probe();
    if (answer) return { answer, seconds: now() - began };
    if (now() - began > seconds) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(0.02);
  }
}

/** The name that the SDK gives to the error of a call that must fail. */
export async function failure(call) {
  const began = now();
  try {
    await call();
  } catch (error) {
    return { name: error.info?.name ?? error.name, message: String(error.message), seconds: now() - began };
  }
  return { name: "", message: "it did not fail", seconds: now() - began };
}

/** Runs a scenario: the function of that name in a module. */
window.run = async (module, name, options) => {
  const scenario = (await import(`./${module}.js`))[name];
  return scenario(options);
};
document.documentElement.dataset.state = "ready";
