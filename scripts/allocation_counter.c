// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// Counts what single threads allocate. Loaded by LD_PRELOAD; the benchmark finds the functions below by dlsym and says
// on a thread of its choice that it is to be watched. glibc only.

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong allocations;
static atomic_long traces;

// In the static TLS block, so that reading it does not allocate.
static __thread int watched __attribute__((tls_model("initial-exec")));

// Begins or ends to watch the calling thread.
void allocation_counter_watch(int on) { watched = on; }

// How much watched threads have allocated so far.
unsigned long allocation_counter_value(void) { return atomic_load(&allocations); }

// Writes to the standard error where the next allocations come from.
void allocation_counter_trace(long count) { atomic_store(&traces, count); }

static void trace(void) {
    void *frames[24];
    watched = 0;
    int count = backtrace(frames, 24);
    static const char line[] = "--- allocation\n";
    if (write(2, line, sizeof line - 1) > 0) backtrace_symbols_fd(frames + 2, count - 2, 2);
    watched = 1;
}

static inline void note(void) {
    if (!watched) return;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    if (atomic_load_explicit(&traces, memory_order_relaxed) > 0 && atomic_fetch_sub(&traces, 1) > 0) trace();
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    note();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
    note();
    void *result = __libc_memalign(alignment, size);
    if (!result) return ENOMEM;
    *block = result;
    return 0;
}
