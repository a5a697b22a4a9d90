// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#include "CSampleClip.h"

// `#embed` is known to every compiler of a Swift 6.3 toolchain; unlike `.incbin` it is tracked as a dependency and
// needs no other spelling on macOS.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t clip[] = {
#embed "sample.clip"
};

const uint8_t *csampleclip_bytes(void) { return clip; }

size_t csampleclip_length(void) { return sizeof clip; }
