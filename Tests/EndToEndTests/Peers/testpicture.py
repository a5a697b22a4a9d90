# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""The test picture and the test tone: how they are drawn, and how they are read again.

Picture: 320x180, 15 frames a second, I420. The top 32 of 180 lines hold the frame's number for machines:
20 columns, each a pair of cells of 16x16, one above the other, one black and one white. White above is a 1. They have
a little grain, the same in every frame: libaom, as libwebrtc uses it, leaves out changes of cells that are quite flat.
The first 16 columns are the number, most significant bit first, the last 4 its CRC-4 (polynomial x^4+x+1).
A reader compares the two cells of a column, so neither brightness nor contrast nor scaling matters much.
The number is also there in digits; a disc goes round once in 4 s; a white patch at the lower right shows in the
first two frames of each second.

Tone: second s has 400 + 50 * (s mod 20) Hz, so both change at the same instant.
"""
import sys

import numpy as np

WIDTH, HEIGHT, RATE = 320, 180, 15
COLUMNS, CELL = 20, 16
NUMBERS = 1 << 16
SAMPLE_RATE = 48_000
TONE_STEPS = 20
FLASH_FRAMES = 2

# 5x7 digits, one row of pixels in each group of five.
GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
}


def crc4(number: int) -> int:
    """CRC-4 of a 16-bit number (as in ITU-T G.704)."""
    remainder = number << 4
    for bit in range(19, 3, -1):
        if remainder >> bit & 1:
            remainder ^= 0b10011 << (bit - 4)
    return remainder


def _background() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dusk-coloured gradient with a quiet grid."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    luma = 52 + 40 * rows / HEIGHT + 14 * columns / WIDTH
    luma[:, ::20] += 6
    luma[::20, :] += 6
    rows, columns = np.mgrid[0 : HEIGHT // 2, 0 : WIDTH // 2]
    blue = 158 - 26 * rows / (HEIGHT // 2)
    red = 112 + 34 * columns / (WIDTH // 2)
    return luma.astype(np.uint8), blue.astype(np.uint8), red.astype(np.uint8)


_LUMA, _BLUE, _RED = _background()
_GRAIN = np.random.default_rng(1).integers(-6, 7, (2 * CELL, WIDTH)).astype(np.int16)
_FONT = {
    digit: np.array([[int(pixel) for pixel in row] for row in glyph.split()], dtype=bool)
    for digit, glyph in GLYPHS.items()
}


def picture(number: int) -> bytes:
    """One frame as I420 bytes; `number` counts frames from 0 and wraps at 65536."""
    luma, blue, red = _LUMA.copy(), _BLUE.copy(), _RED.copy()
    _draw_digits(luma, blue, red, f"{number % NUMBERS:05d}")
    _draw_disc(luma, blue, red, number)
    if number % RATE < FLASH_FRAMES:
        luma[138:172, 276:310] = 235
        blue[69:86, 138:155] = red[69:86, 138:155] = 128
    code = (number % NUMBERS) << 4 | crc4(number % NUMBERS)
    bits = np.array([code >> (COLUMNS - 1 - column) & 1 for column in range(COLUMNS)], dtype=np.uint8)
    above = np.repeat(16 + 219 * bits, CELL).astype(np.int16)
    luma[:CELL], luma[CELL : 2 * CELL] = above + _GRAIN[:CELL], 251 - above + _GRAIN[CELL:]
    blue[:CELL], red[:CELL] = 128, 128
    return luma.tobytes() + blue.tobytes() + red.tobytes()


def enlarged(number: int, factor: int) -> bytes:
    """One frame as I420 bytes, each of its sides `factor` times as long."""
    frame = np.frombuffer(picture(number), np.uint8)
    luma, chroma = frame[: WIDTH * HEIGHT], frame[WIDTH * HEIGHT :].reshape(2, HEIGHT // 2, WIDTH // 2)
    planes = [luma.reshape(HEIGHT, WIDTH), *chroma]
    return b"".join(plane.repeat(factor, axis=0).repeat(factor, axis=1).tobytes() for plane in planes)


_NOISE: list[np.ndarray] = []


def noisy(frame: bytes, factor: int, number: int) -> bytes:
    """An enlarged frame with noise below the cells, another one in each frame."""
    width, height = factor * WIDTH, factor * HEIGHT
    if not _NOISE:
        made = np.random.default_rng(2).integers(0, 60, (8, height - 2 * CELL * factor, width), np.uint8)
        _NOISE.extend(made)
    pixels = np.frombuffer(frame, np.uint8).copy()
    luma = pixels[: width * height].reshape(height, width)
    luma[2 * CELL * factor :] = np.minimum(luma[2 * CELL * factor :], 190) + _NOISE[number * 5 % 8]
    return pixels.tobytes()


def _draw_digits(luma, blue, red, text: str, scale: int = 8) -> None:
    left, top = (WIDTH - len(text) * 6 * scale + scale) // 2, 76
    for index, digit in enumerate(text):
        glyph = np.kron(_FONT[digit], np.ones((scale, scale), dtype=bool))
        x = left + index * 6 * scale
        luma[top : top + 7 * scale, x : x + 5 * scale][glyph] = 226
        chroma = glyph[::2, ::2]
        for plane in (blue, red):
            plane[top // 2 : top // 2 + chroma.shape[0], x // 2 : x // 2 + chroma.shape[1]][chroma] = 128


def _draw_disc(luma, blue, red, number: int, radius: int = 11) -> None:
    angle = 2 * np.pi * number / (4 * RATE)
    x, y = WIDTH / 2 + 138 * np.sin(angle), 104 - 58 * np.cos(angle)
    rows, columns = np.ogrid[0:HEIGHT, 0:WIDTH]
    luma[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = 168
    rows, columns = np.ogrid[0 : HEIGHT // 2, 0 : WIDTH // 2]
    small = (rows - y / 2) ** 2 + (columns - x / 2) ** 2 <= (radius / 2) ** 2
    blue[small], red[small] = 60, 184


def read_number(gray: np.ndarray) -> int | None:
    """The number in a picture's luma plane (rows x columns, any size), or None where it cannot be trusted."""
    height, width = gray.shape
    row, column = height * CELL / HEIGHT, width / COLUMNS
    if row < 4 or column < 4:
        return None
    code = 0
    for index in range(COLUMNS):
        left, right = int(column * (index + 0.3)), int(column * (index + 0.7)) + 1
        above = gray[int(row * 0.3) : int(row * 0.7) + 1, left:right].mean()
        below = gray[int(row * 1.3) : int(row * 1.7) + 1, left:right].mean()
        if abs(above - below) < 60:
            return None
        code = code << 1 | int(above > below)
    number, check = code >> 4, code & 15
    return number if crc4(number) == check else None


def has_flash(gray: np.ndarray) -> bool:
    """Whether the white patch at the lower right shows."""
    height, width = gray.shape
    return bool(gray[int(height * 0.77) : int(height * 0.9), int(width * 0.87) : int(width * 0.95)].mean() > 190)


def frequency_in_second(second: int) -> int:
    """The tone of a second, in Hz."""
    return 400 + 50 * (second % TONE_STEPS)


def tone(first: int, count: int, amplitude: float = 0.25) -> np.ndarray:
    """Samples `first ..< first + count` of the tone, mono, 16 bit. Each second starts with phase 0."""
    index = np.arange(first, first + count)
    second = index // SAMPLE_RATE
    frequency = 400 + 50 * (second % TONE_STEPS)
    phase = 2 * np.pi * frequency * (index - second * SAMPLE_RATE) / SAMPLE_RATE
    return (np.sin(phase) * amplitude * 32767).astype(np.int16)


def measure_tone(samples: np.ndarray, rate: int = SAMPLE_RATE) -> float | None:
    """The strongest frequency in at least 50 ms of mono samples, or None where they are silent or mere noise."""
    if len(samples) < rate // 20:
        return None
    shaped = samples.astype(np.float64) * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(shaped, n=max(32_768, len(samples))))
    peak = int(spectrum.argmax())
    near = spectrum[max(0, peak - 40) : peak + 41]
    if np.abs(samples).max() < 300 or (near**2).sum() < 0.5 * (spectrum**2).sum():
        return None
    return peak * rate / max(32_768, len(samples))


def nearest_tone(frequency: float) -> int | None:
    """The second (modulo 20) whose tone was heard, or None where it is none of them."""
    second = round((frequency - 400) / 50)
    return second if 0 <= second < TONE_STEPS and abs(frequency - 400 - 50 * second) < 12 else None


def self_test() -> None:
    """Reads back what is drawn, scaled, dimmed and noisy; and refuses what is damaged."""
    random = np.random.default_rng(1)
    for number in [0, 1, 2, 255, 256, 299, 4095, 40_000, 65_535, *map(int, random.integers(0, NUMBERS, 40))]:
        gray = np.frombuffer(picture(number), np.uint8)[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
        noisy = np.clip(gray * 0.6 + 40 + random.normal(0, 12, gray.shape), 0, 255)
        rows, columns = np.arange(90) * 2, (np.arange(213) * 1.5).astype(int)
        for seen in (gray, noisy, np.kron(gray, np.ones((4, 4))), gray[rows][:, columns]):
            assert read_number(seen) == number, number
        assert has_flash(gray) == (number % RATE < FLASH_FRAMES), number
        damaged = gray.copy()
        damaged[:CELL, :CELL], damaged[CELL : 2 * CELL, :CELL] = gray[CELL : 2 * CELL, :CELL], gray[:CELL, :CELL]
        assert read_number(damaged) is None, "one wrong bit must not be read"
        other = np.frombuffer(picture(number ^ 0x5555), np.uint8)[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)
        assert read_number((gray * 0.5 + other * 0.5)) is None, "a blend of two frames must not be read"
    assert read_number(np.zeros((HEIGHT, WIDTH))) is None
    for second in range(25):
        heard = measure_tone(tone(second * SAMPLE_RATE + 20_000, 9_600))
        assert heard is not None and nearest_tone(heard) == second % TONE_STEPS, (second, heard)
    assert measure_tone(np.zeros(9_600, np.int16)) is None
    assert measure_tone(random.normal(0, 3000, 9_600).astype(np.int16)) is None


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
    sys.exit(0)
