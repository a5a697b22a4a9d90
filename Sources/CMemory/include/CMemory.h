// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef CMEMORY_H
#define CMEMORY_H

#include <stddef.h>

/// Copies bytes past the caches: for what is not read soon, and would push out what is.
///
/// What the copy begins and ends with, less than a cache line each, is written as usual. Source and target must not
/// overlap.
void memory_copy_uncached(void *target, const void *source, size_t count);

#endif
