// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Runs in the watching page before its own scripts: sees every decoded frame and hears the sound of each connection.
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

  const COLUMNS = 20, CELL = 16 / 180;

  function crc4(number) {
    let remainder = number << 4;
    for (let bit = 19; bit > 3; bit -= 1) if ((remainder >> bit) & 1) remainder ^= 0b10011 << (bit - 4);
    return remainder;
  }

  /** As read_number of testpicture.py. */
  function readNumber(luma, stride, width, height) {
    const row = height * CELL, column = width / COLUMNS;
    if (row < 4 || column < 4) return null;
    const mean = (top, left) => {
      let sum = 0, count = 0;
      for (let y = Math.floor(top + row * 0.3); y <= top + row * 0.7; y += 1) {
        for (let x = Math.floor(left + column * 0.3); x <= left + column * 0.7; x += 1) {
          sum += luma[y * stride + x];
          count += 1;
        }
      }
      return sum / count;
    };
    let code = 0;
    for (let index = 0; index < COLUMNS; index += 1) {
      const above = mean(0, index * column), below = mean(row, index * column);
      if (Math.abs(above - below) < 60) return null;
      code = (code << 1) | (above > below ? 1 : 0);
    }
    return crc4(code >> 4) === (code & 15) ? code >> 4 : null;
  }

  async function readFrames(track) {
    // Deep enough that 4 s of a busy machine lose no frame.
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 60 }).readable.getReader();
    let buffer = new Uint8Array(0);
    for (;;) {
      const { value: frame, done } = await frames.read();
      if (done) return;
      const at = now();
      try {
        // I420 and NV12 both begin with the luma plane.
        if (buffer.length < frame.allocationSize()) buffer = new Uint8Array(frame.allocationSize());
        const [{ offset, stride }] = await frame.copyTo(buffer);
        const { width, height } = frame.visibleRect;
        seen.numbers.push([readNumber(buffer.subarray(offset), stride, width, height), at]);
      } catch {
        seen.numbers.push([null, at]);
      } finally {
        frame.close();
      }
    }
  }

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
        if (track.kind === "video") readFrames(track.clone());
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
