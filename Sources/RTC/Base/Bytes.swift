// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension RawSpan {
    /// The byte at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount, "read past the end")
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// A big-endian 16-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package func uint16(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset <= byteCount - 2, "read past the end")
        return unsafe UInt16(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// A big-endian 24-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package func uint24(at offset: Int) -> UInt32 {
        UInt32(byte(at: offset)) << 16 | UInt32(uint16(at: offset + 1))
    }

    /// A big-endian 32-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package func uint32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset <= byteCount - 4, "read past the end")
        return unsafe UInt32(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// A big-endian 64-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package func uint64(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= byteCount - 8, "read past the end")
        return unsafe UInt64(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The bytes as an array: a copy, for control messages and tests, never for media.
    package func toArray() -> [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }
}

extension MutableRawSpan {
    /// Writes a byte at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package mutating func setByte(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < byteCount, "write past the end")
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Writes a big-endian 16-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package mutating func setUInt16(_ value: UInt16, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a big-endian 32-bit number at an offset; the caller has checked that it exists.
    @inlinable @inline(__always)
    package mutating func setUInt32(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
}

extension OutputRawSpan {
    /// Appends a byte.
    @inlinable @inline(__always)
    package mutating func appendByte(_ value: UInt8) { append(value) }

    /// Appends a 16-bit number, big-endian.
    @inlinable @inline(__always)
    package mutating func appendUInt16(_ value: UInt16) { unsafe append(value.bigEndian, as: UInt16.self) }

    /// Appends a 24-bit number, big-endian.
    @inlinable @inline(__always)
    package mutating func appendUInt24(_ value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 16))
        appendUInt16(UInt16(truncatingIfNeeded: value))
    }

    /// Appends a 32-bit number, big-endian.
    @inlinable @inline(__always)
    package mutating func appendUInt32(_ value: UInt32) { unsafe append(value.bigEndian, as: UInt32.self) }

    /// Appends a 64-bit number, big-endian.
    @inlinable @inline(__always)
    package mutating func appendUInt64(_ value: UInt64) { unsafe append(value.bigEndian, as: UInt64.self) }

    /// Appends the bytes of a span.
    @inlinable
    package mutating func append(contentsOf bytes: RawSpan) {
        precondition(bytes.byteCount <= freeCapacity, "write past the end")
        unsafe withUnsafeMutableBytes { buffer, count in
            unsafe bytes.withUnsafeBytes { source in
                guard let target = buffer.baseAddress, let base = source.baseAddress else { return }
                unsafe (target + count).copyMemory(from: base, byteCount: source.count)
            }
            count += bytes.byteCount
        }
    }
}
