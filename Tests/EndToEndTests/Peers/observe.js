// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Runs in the watching page before its own scripts, after testpicture.js: sees every decoded frame and hears the sound
// of each connection.
// Nothing of the page is touched but RTCPeerConnection, whose tracks are cloned.
(() => {
  const seen = { numbers: [], tones: [], states: [] };
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  window.__observed = {
    take() {
      const taken = { ...seen };
      Object.assign(seen, { numbers: [], tones: [], states: [] });
      return taken;
    },
  };

  function listen(track) {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    const timer = setInterval(() => {
      if (track.readyState === "ended") {
        clearInterval(timer);
        context.close();
        return;
      }
      analyser.getFloatFrequencyData(spectrum);
      let peak = 0;
      for (let bin = 1; bin < spectrum.length; bin += 1) if (spectrum[bin] > spectrum[peak]) peak = bin;
      seen.tones.push([spectrum[peak] > -50 ? (peak * context.sampleRate) / analyser.fftSize : null, now()]);
    }, 100);
  }

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", ({ track }) => {
        const saw = (number, at) => seen.numbers.push([number, at]);
        if (track.kind === "video") window.testPicture.readFrames(track.clone(), saw);
        else listen(track.clone());
      });
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const player = document.getElementById("player");
    if (!player) return;
    const note = () => seen.states.push([player.dataset.state, now()]);
    new MutationObserver(note).observe(player, { attributeFilter: ["data-state"] });
    note();
  });
})();
