// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What the pages ask of the gateway.
 *
 * GET /api/v1/config → {"whip", "whep", "languages", "auth", "version"}
 *   whip, whep   an address in one of three forms:
 *                  "/whip"                  on the page's own origin
 *                  ":8081/whep"             on the page's host with this port
 *                  "https://host:1/whep"    as it is
 *                whep is null where viewers do not watch here (a real SkyWay account).
 *   languages    the languages of the pages in order of preference, of "ja" and "en"
 *   auth         whether publishing needs a stream key or token
 *
 * GET /api/v1/live → {"broadcasts": [{"channel", "name"?, "state", "since"}]}
 *   state is "connecting", "live" or "waiting" (the publisher may come back); since is a time (RFC 3339).
 *   Asked for text/event-stream it sends the same as events named "live", one at once and one at each change.
 */

/** The address that one of the configuration's forms means on this page. */
export function resolve(address, page = location) {
  return address.startsWith(":") ? `${page.protocol}//${page.hostname}${address}` : new URL(address, page.href).href;
}

/** The configuration, asked for until the gateway answers. */
export async function loadConfiguration() {
  for (;;) {
    try {
      const response = await fetch("/api/v1/config", { cache: "no-store" });
      if (response.ok) {
        const { whip, whep, ...rest } = await response.json();
        return { ...rest, whip: resolve(whip ?? "/whip"), whep: whep ? resolve(whep) : null };
      }
    } catch {
      // Not reachable: asked again below.
    }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

/**
 * Calls `changed(broadcasts)` at once and at each change, `changed(null)` while the gateway does not answer.
 * Events are used where they come through; a proxy that holds them back or refuses them is asked every 2 s instead.
 */
export function observeLive(changed) {
  const events = new EventSource("/api/v1/live");
  let polling = null;
  const poll = async () => {
    try {
      const response = await fetch("/api/v1/live", { headers: { Accept: "application/json" }, cache: "no-store" });
      changed(response.ok ? (await response.json()).broadcasts : null);
    } catch {
      changed(null);
    }
  };
  const silence = setTimeout(() => startPolling(), 3000);
  const startPolling = () => {
    clearTimeout(silence);
    polling ??= (poll(), setInterval(poll, 2000));
  };
  events.addEventListener("live", (event) => {
    clearTimeout(silence);
    clearInterval(polling);
    polling = null;
    changed(JSON.parse(event.data).broadcasts);
  });
  events.addEventListener("error", () => {
    // The browser reconnects by itself unless the answer was no event stream at all.
    if (events.readyState === EventSource.CLOSED) startPolling();
    else changed(null);
  });
}
