// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The deadlines of all peers of a worker, the earliest at hand: a binary heap in which each owner has one place.
///
/// A deadline that moves later, as most do with every packet, costs one comparison: the owner keeps its earlier place
/// and is asked again when that comes up. Moving earlier costs the logarithm of the number of owners.
struct DeadlineQueue {
    private struct Entry {
        var deadline: MonotonicTime
        var owner: Int
    }

    private var heap: [Entry] = []
    /// Where each owner stands in the heap, or −1.
    private var places: [Int] = []

    /// How many owners have a deadline.
    var count: Int { heap.count }

    /// A moment no later than the earliest deadline.
    var earliest: MonotonicTime? { heap.first?.deadline }

    /// Sees to it that `owner` comes up at `deadline` or before; `nil` changes nothing.
    mutating func schedule(_ owner: Int, at deadline: MonotonicTime?) {
        guard let deadline else { return }
        while places.count <= owner { places.append(-1) }
        let place = places[owner]
        if place < 0 {
            places[owner] = heap.count
            heap.append(Entry(deadline: deadline, owner: owner))
            rise(from: heap.count - 1)
        } else if deadline < heap[place].deadline {
            heap[place].deadline = deadline
            rise(from: place)
        }
    }

    /// Takes out the owner whose place comes up at `now` or before; `nil` when none does.
    mutating func popDue(at now: MonotonicTime) -> Int? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        remove(first.owner)
        return first.owner
    }

    /// Forgets an owner.
    mutating func remove(_ owner: Int) {
        guard owner < places.count, places[owner] >= 0 else { return }
        let place = places[owner]
        places[owner] = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        places[last.owner] = place
        rise(from: place)
        sink(from: places[last.owner])
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].deadline < heap[parent].deadline else { return }
            exchange(place, parent)
            place = parent
        }
    }

    private mutating func sink(from start: Int) {
        var place = start
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < heap.count {
                if heap[child].deadline < heap[least].deadline { least = child }
            }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        places[heap[left].owner] = left
        places[heap[right].owner] = right
    }
}
