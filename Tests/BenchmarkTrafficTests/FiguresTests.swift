// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Testing

@Suite("The figures of the benchmarks")
struct FiguresTests {
    @Test("Quartiles lie between the numbers by proportion")
    func quartiles() {
        #expect(Quartiles([]) == nil)
        #expect(Quartiles([3]) == Quartiles([3, 3, 3]))
        let even = Quartiles([4, 1, 3, 2])
        #expect(even?.lower == 1.75)
        #expect(even?.median == 2.5)
        #expect(even?.upper == 3.25)
        #expect(Quartiles([7, 1, 2, 6, 3, 5, 4])?.median == 4)
    }

    @Test("A histogram tells the delay that a share of all does not exceed")
    func delays() {
        var delays = DelayHistogram()
        #expect(delays.milliseconds(at: 0.5) == nil)
        for number in 1...100 { delays.add(.milliseconds(number)) }
        #expect(delays.count == 100)
        #expect(delays.milliseconds(at: 0.5) == 50)
        #expect(delays.milliseconds(at: 0.99) == 99)
        #expect(delays.milliseconds(at: 1) == 100)
    }

    @Test("Delays that can't be count as the nearest that can")
    func extremes() {
        var delays = DelayHistogram()
        delays.add(.milliseconds(-5))
        #expect(delays.milliseconds(at: 1) == 0)
        delays.add(.seconds(100))
        #expect(delays.milliseconds(at: 1) == 1_000)
    }
}
