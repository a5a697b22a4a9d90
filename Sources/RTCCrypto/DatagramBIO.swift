// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The two ends of a DTLS connection's wire: a `BIO` of our own that keeps datagrams apart.
///
/// OpenSSL 3.0 has none that does: a memory BIO is a byte stream. A datagram is read once, straight from the
/// caller's buffer; each write of OpenSSL's is one datagram out.
@safe
final class DatagramBIO {
    /// The datagram that OpenSSL has not read yet; set only while the buffer it points into is borrowed.
    private var incoming: UnsafeRawBufferPointer?

    private var outgoing: [[UInt8]] = []

    /// How many datagrams there were before those in which records are put behind others, where that is done.
    private var apart: Int?

    /// The largest datagram that OpenSSL may write.
    let mtu: Int

    /// Datagrams lost because nobody had taken the earlier ones.
    private(set) var overflows: UInt64 = 0

    /// Several whole flights: nobody waits for more, and DTLS repeats what is lost.
    private static let largestBacklog = 32

    init(mtu: Int) {
        self.mtu = mtu
    }

    /// Makes the `BIO` that reads and writes here; it must not outlive this object.
    func makeBIO() throws(CryptoError) -> OpaquePointer {
        guard let method = unsafe Self.method, let bio = unsafe BIO_new(method) else {
            throw CryptoError("make a BIO")
        }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        return unsafe bio
    }

    /// Lets OpenSSL read a datagram while `body` runs; says whether it did.
    func offer(_ datagram: RawSpan, while body: () -> Void) -> Bool {
        unsafe datagram.withUnsafeBytes { bytes in
            unsafe incoming = unsafe bytes
            body()
            let wasRead = unsafe incoming == nil
            unsafe incoming = nil
            return wasRead
        }
    }

    /// Whether there is a datagram to send.
    var hasOutgoing: Bool { !outgoing.isEmpty }

    /// Takes the oldest datagram to send.
    func takeOutgoing() -> [UInt8]? {
        outgoing.isEmpty ? nil : outgoing.removeFirst()
    }

    /// The datagram that was written last, where nobody has taken it.
    var newest: [UInt8]? { outgoing.last }

    /// Puts a datagram behind those to send.
    func send(_ datagram: [UInt8]) {
        guard outgoing.count < Self.largestBacklog else {
            overflows += 1
            return
        }
        outgoing.append(datagram)
    }

    /// Lets OpenSSL write while `body` runs, with as many of its records in each datagram as fit (RFC 6347 §4.1.1).
    func joiningRecords<Result>(_ body: () -> Result) -> Result {
        apart = outgoing.count
        defer { apart = nil }
        return body()
    }

    private func read(into buffer: UnsafeMutableRawPointer, capacity: Int) -> Int32? {
        guard let datagram = unsafe incoming else { return nil }
        unsafe incoming = nil
        let count = min(capacity, datagram.count)
        if let base = datagram.baseAddress {
            unsafe buffer.copyMemory(from: base, byteCount: count)
        }
        return Int32(count)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        if let apart, apart < outgoing.count, outgoing[outgoing.count - 1].count + bytes.count <= mtu {
            unsafe outgoing[outgoing.count - 1].append(contentsOf: bytes)
        } else {
            unsafe send(Array(bytes))
        }
    }
}

extension DatagramBIO {
    /// The one `BIO_METHOD` of the process, never freed; `nil` when there was no memory for it.
    ///
    /// Proof for the compiler: nothing changes it after it was made, and OpenSSL only reads it.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(type, "datagrams") else { return nil }
        unsafe BIO_meth_set_create(method) { bio in
            unsafe BIO_set_init(bio, 1)
            return 1
        }
        unsafe BIO_meth_set_destroy(method) { _ in 1 }
        unsafe BIO_meth_set_read(method) { bio, buffer, capacity in
            unsafe openssl_BIO_clear_retry_flags(bio)
            guard let wire = unsafe DatagramBIO.wire(of: bio), let buffer = unsafe buffer, capacity > 0 else {
                return -1
            }
            if let count = unsafe wire.read(into: buffer, capacity: Int(capacity)) { return count }
            unsafe openssl_BIO_set_retry_read(bio)
            return -1
        }
        unsafe BIO_meth_set_write(method) { bio, bytes, count in
            guard let wire = unsafe DatagramBIO.wire(of: bio), let bytes = unsafe bytes, count > 0 else { return -1 }
            unsafe wire.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return count
        }
        unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH, BIO_CTRL_DUP: 1
            case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: unsafe DatagramBIO.wire(of: bio)?.mtu ?? 0
            default: 0
            }
        }
        return unsafe method
    }()

    private static func wire(of bio: OpaquePointer?) -> DatagramBIO? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<DatagramBIO>.fromOpaque(data).takeUnretainedValue()
    }
}
