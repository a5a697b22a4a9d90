// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#endif

/// The allocation counter that `scripts/bench` preloads, where it is there.
struct AllocationCounter: Sendable {
    private let watchFunction: @convention(c) (CInt) -> Void
    private let valueFunction: @convention(c) () -> CUnsignedLong
    private let traceFunction: @convention(c) (CLong) -> Void

    /// Finds the counter; `nil` where it was not preloaded.
    init?() {
        #if canImport(Glibc)
            guard let watch = dlsym(nil, "allocation_counter_watch"),
                let value = dlsym(nil, "allocation_counter_value"),
                let trace = dlsym(nil, "allocation_counter_trace")
            else { return nil }
            watchFunction = unsafeBitCast(watch, to: (@convention(c) (CInt) -> Void).self)
            valueFunction = unsafeBitCast(value, to: (@convention(c) () -> CUnsignedLong).self)
            traceFunction = unsafeBitCast(trace, to: (@convention(c) (CLong) -> Void).self)
        #else
            return nil
        #endif
    }

    /// How much the watched threads have allocated.
    var value: UInt64 { UInt64(valueFunction()) }

    /// Watches the calling thread from now on, or no longer.
    func watch(_ isOn: Bool = true) { watchFunction(isOn ? 1 : 0) }

    /// Lets the next allocations tell where they come from.
    func trace(_ count: Int) { traceFunction(count) }

    /// Plants allocations on this thread and looks whether the counter sees those, and none that it should not.
    func seesPlantedAllocations() -> Bool {
        Self.plant(100)
        watch()
        let before = value
        Self.plant(1_000)
        let seen = value - before
        watch(false)
        Self.plant(100)
        return seen == 1_000 && value - before == 1_000
    }

    /// Allocates this often, in a way that no optimiser may leave out.
    @inline(never)
    private static func plant(_ count: Int) {
        #if canImport(Glibc)
            for _ in 0..<count {
                let block = Glibc.malloc(24)
                keep(block)
                free(block)
            }
        #endif
    }

    @inline(never)
    @_optimize(none)
    private static func keep(_ block: UnsafeMutableRawPointer?) {}
}
