// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// The test picture of testpicture.py in a page: reads the number in a frame, and draws frames of any size with one.
window.testPicture = (() => {
  const COLUMNS = 20, CELL = 16 / 180, NUMBERS = 1 << 16;

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

  /** Reads the number and the size of every frame of a track until it ends. */
  async function readFrames(track, saw) {
    // Deep enough that 4 s of a busy machine lose no frame.
    const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 60 }).readable.getReader();
    let buffer = new Uint8Array(0);
    for (;;) {
      const { value: frame, done } = await frames.read();
      if (done) return;
      const at = (performance.timeOrigin + performance.now()) / 1000;
      const { width, height } = frame.visibleRect;
      try {
        // I420 and NV12 both begin with the luma plane.
        if (buffer.length < frame.allocationSize()) buffer = new Uint8Array(frame.allocationSize());
        const [{ offset, stride }] = await frame.copyTo(buffer);
        saw(readNumber(buffer.subarray(offset), stride, width, height), at, width, height);
      } catch {
        saw(null, at, width, height);
      } finally {
        frame.close();
      }
    }
  }

  /** Draws frame `number`: its cells, and below them something that moves. */
  function draw(context, width, height, number) {
    const row = height * CELL, column = width / COLUMNS, code = ((number % NUMBERS) << 4) | crc4(number % NUMBERS);
    context.fillStyle = "#345";
    context.fillRect(0, 0, width, height);
    for (let index = 0; index < COLUMNS; index += 1) {
      const isWhite = (code >> (COLUMNS - 1 - index)) & 1;
      context.fillStyle = isWhite ? "#fff" : "#000";
      context.fillRect(index * column, 0, column + 1, row);
      context.fillStyle = isWhite ? "#000" : "#fff";
      context.fillRect(index * column, row, column + 1, row);
    }
    const angle = (2 * Math.PI * number) / 60;
    context.fillStyle = "#c84";
    const left = width * (0.5 + 0.4 * Math.sin(angle)), top = height * (0.6 + 0.2 * Math.cos(angle));
    context.fillRect(left, top, width / 12, height / 8);
  }

  const noise = [];

  /** Grey grain of the strength that testpicture.py has: an encoder that has to can leave it out. */
  function makeNoise(width, height) {
    const made = new OffscreenCanvas(width, height), context = made.getContext("2d");
    const grain = context.createImageData(width, height);
    for (let at = 0; at < grain.data.length; at += 4) {
      grain.data.fill(Math.random() * 256, at, at + 3);
      grain.data[at + 3] = 60;
    }
    context.putImageData(grain, 0, 0);
    return made;
  }

  /** Puts noise below the cells of frame `number`, another one in each frame. */
  function addNoise(context, width, height, number) {
    const top = Math.ceil(2 * height * CELL);
    while (noise.length < 8) noise.push(makeNoise(width, height - top));
    context.drawImage(noise[(number * 5) % 8], 0, top);
  }

  return { readNumber, readFrames, draw, addNoise };
})();
