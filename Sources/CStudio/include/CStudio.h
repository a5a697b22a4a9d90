// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef CSTUDIO_H
#define CSTUDIO_H

#include <stddef.h>
#include <stdint.h>

/// A file of the studio page.
struct cstudio_file {
    /// Its name, such as "studio.html".
    const char *_Nonnull name;
    const uint8_t *_Nonnull bytes;
    size_t length;
};

/// The files of the studio page, each once.
const struct cstudio_file *_Nonnull cstudio_files(void);

/// How many there are.
size_t cstudio_count(void);

#endif
