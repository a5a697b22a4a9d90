// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef CSAMPLECLIP_H
#define CSAMPLECLIP_H

#include <stddef.h>
#include <stdint.h>

/// The sample clip of the demo: 20 s of the test picture and the test tone, made to be played in a loop.
///
/// All numbers are big-endian. The clip is a header of 48 bytes and then records up to its end, ordered by time.
///
///     header  offset  0  8 bytes  "SWGCLIP1"
///                     8  u32      clock rate of video (90000)
///                    12  u32      clock rate of audio (48000)
///                    16  u32      length of the loop in units of the video clock (1800000)
///                    20  u32      length of the loop in units of the audio clock (960000)
///                    24  u32      video frames (300)
///                    28  u32      audio packets (1000)
///                    32  u16      width (320)
///                    34  u16      height (180)
///                    36  u16      frames per second (15)
///                    38  10 bytes zero
///
///     record  offset  0  u8       1 = video, 2 = audio
///                     1  u8       flags: bit 0 = key frame
///                     2  u16      zero
///                     4  u32      time since the loop's begin in units of the kind's clock
///                     8  u32      length of what follows
///                    12  bytes    video: one H.264 access unit, each NAL unit after its length as u32;
///                                 audio: one Opus packet of 20 ms
///
/// Video is H.264 constrained baseline, level 3.1, one slice a frame, no B-frames; each second begins with an IDR
/// frame, whose access unit starts with SPS and PPS. Audio is Opus, 48 kHz, stereo.
///
/// The picture carries its number, 0 to 299, in digits and in cells along its top
/// (Tests/EndToEndTests/Peers/testpicture.py says how to read them). It starts again at 0 with each turn of the loop,
/// so a reader takes the distance of two numbers modulo 300. In second s of the loop the tone has 400 + 50 s Hz, and
/// the white patch at the lower right shows in the first two frames of each second.
const uint8_t *_Nonnull csampleclip_bytes(void);

/// The clip's length in bytes.
size_t csampleclip_length(void);

#endif
