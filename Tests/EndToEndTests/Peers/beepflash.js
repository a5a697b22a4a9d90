// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Sends a flash and a beep at the beginning of each second, and tells when each is seen and heard at the other end of a
// connection. Moments are seconds of performance.now().
window.beepFlash = (() => {
  const WIDTH = 320, HEIGHT = 180, RATE = 30, LENGTH = 0.1;
  const seen = {};
  let context, source;

  /** When a moment of the sound's clock is heard. */
  const heardAt = (time) => {
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    return performanceTime / 1000 + time - contextTime;
  };

  function flashes() {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT), drawing = canvas.getContext("2d");
    const generator = new MediaStreamTrackGenerator({ kind: "video" }), writer = generator.writable.getWriter();
    let number = Math.ceil((performance.now() / 1000) * RATE);
    setInterval(() => {
      for (; number / RATE <= performance.now() / 1000; number += 1) {
        const isLit = (number / RATE) % 1 < LENGTH;
        drawing.fillStyle = isLit ? "#fff" : "#000";
        drawing.fillRect(0, 0, WIDTH, HEIGHT);
        // Something always changes, so that no encoder leaves a picture out.
        drawing.fillStyle = "#888";
        drawing.fillRect(number % WIDTH, 0, 8, 8);
        writer.write(new VideoFrame(canvas, { timestamp: Math.round((number / RATE) * 1e6) }));
      }
    }, 5);
    return generator;
  }

  function beeps() {
    const destination = context.createMediaStreamDestination(), oscillator = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = 0;
    oscillator.frequency.value = 1000;
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    let second = Math.ceil(performance.now() / 1000) + 1;
    setInterval(() => {
      for (; second < performance.now() / 1000 + 1; second += 1) {
        const begin = context.currentTime + second - performance.now() / 1000;
        gain.gain.setValueAtTime(0.5, begin);
        gain.gain.setValueAtTime(0, begin + LENGTH);
      }
    }, 100);
    return destination.stream.getAudioTracks()[0];
  }

  async function tracks() {
    if (!source) {
      context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      source = [beeps(), flashes()];
    }
    return source;
  }

  function look(stream, log) {
    const video = document.createElement("video");
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: stream, width: 160, height: 90 });
    // Pictures are shown only where somebody could see them.
    video.style.cssText = "position: fixed; top: 0; left: 0; z-index: 9";
    document.body.append(video);
    const small = new OffscreenCanvas(8, 8), drawing = small.getContext("2d", { willReadFrequently: true });
    let wasLit = true;
    const shown = (now, { expectedDisplayTime }) => {
      drawing.drawImage(video, 0, 0, 8, 8);
      const isLit = drawing.getImageData(4, 4, 1, 1).data[1] > 128;
      if (isLit && !wasLit) log.flashes.push(expectedDisplayTime / 1000);
      wasLit = isLit;
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    video.play();
  }

  function listen(stream, log) {
    const processor = context.createScriptProcessor(256, 1, 1);
    let quietSince = 0;
    processor.onaudioprocess = ({ inputBuffer, playbackTime }) => {
      const samples = inputBuffer.getChannelData(0);
      for (let index = 0; index < samples.length; index += 1) {
        if (Math.abs(samples[index]) < 0.05) continue;
        const time = playbackTime + index / context.sampleRate;
        if (time - quietSince > 0.3) log.beeps.push(heardAt(time));
        quietSince = time;
      }
    };
    context.createMediaStreamSource(stream).connect(processor).connect(context.destination);
  }

  /** Watches a connection that receives, by a name. */
  function observe(connection, name) {
    const log = (seen[name] = { flashes: [], beeps: [] }), stream = new MediaStream();
    connection.addEventListener("track", ({ track }) => {
      stream.addTrack(track);
      if (stream.getTracks().length < 2) return;
      look(stream, log);
      listen(stream, log);
    });
  }

  /** Connects the source with a viewer in this page. */
  async function direct() {
    const sender = new RTCPeerConnection(), receiver = new RTCPeerConnection();
    sender.addEventListener("icecandidate", ({ candidate }) => receiver.addIceCandidate(candidate));
    receiver.addEventListener("icecandidate", ({ candidate }) => sender.addIceCandidate(candidate));
    observe(receiver, "direct");
    const stream = new MediaStream(await tracks());
    for (const track of stream.getTracks()) sender.addTrack(track, stream);
    await sender.setLocalDescription();
    await receiver.setRemoteDescription(sender.localDescription);
    await receiver.setLocalDescription();
    await sender.setRemoteDescription(receiver.localDescription);
  }

  /** Posts an offer until it is answered. */
  async function exchange(connection, address, token) {
    await connection.setLocalDescription();
    const headers = { "Content-Type": "application/sdp", ...(token && { Authorization: `Bearer ${token}` }) };
    for (;;) {
      const response = await fetch(address, { method: "POST", headers, body: connection.localDescription.sdp });
      if (response.status === 201) {
        await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
        return;
      }
      await new Promise((done) => setTimeout(done, 300));
    }
  }

  let publisher;

  /** Publishes the source; a session before this one ends when its place is taken: who closes first ends the broadcast. */
  async function publish(address, token) {
    const former = publisher;
    publisher = new RTCPeerConnection();
    const stream = new MediaStream(await tracks());
    for (const track of stream.getTracks()) {
      publisher.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    }
    await exchange(publisher, address, token);
    former?.close();
  }

  /** Sends nothing any more. */
  async function leave() {
    for (const sender of publisher.getSenders()) await sender.replaceTrack(null);
  }

  async function watch(address) {
    const viewer = new RTCPeerConnection();
    observe(viewer, "viewer");
    viewer.addTransceiver("audio", { direction: "recvonly" });
    viewer.addTransceiver("video", { direction: "recvonly" });
    await exchange(viewer, address);
  }

  return { direct, publish, leave, watch, seen };
})();
