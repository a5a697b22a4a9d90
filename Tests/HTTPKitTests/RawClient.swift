// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Sends bytes as they are and reads until the server closes or has said `end`: shows what is on the wire.
enum RawClient {
    static func exchange(
        port: Int,
        _ request: String,
        then later: [UInt8] = [],
        until end: String? = nil
    ) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var answer = ByteBuffer()
            var sentLater = later.isEmpty
            for try await part in inbound {
                answer.writeImmutableBuffer(part)
                if let end, String(buffer: answer).hasSuffix(end) { break }
                guard !sentLater else { continue }
                sentLater = true
                try await outbound.write(ByteBuffer(bytes: later))
            }
            return String(buffer: answer)
        }
    }
}
