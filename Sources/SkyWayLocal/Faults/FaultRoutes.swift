// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore

/// The fault knobs over HTTP.
struct FaultRoutes: Sendable {
    let faults: LocalFaults

    /// The longest body taken.
    private static let maximumBodySize = 16 * 1024

    /// Adds the routes.
    func add(to router: Router<some RequestContext>) {
        router.get("local/faults") { _, _ in list() }
        router.post("local/faults") { request, _ in try await inject(request) }
        router.delete("local/faults") { _, _ in
            await faults.clearAll()
            return Response(status: .noContent)
        }
        router.delete("local/faults/:id") { _, context in
            guard let id = context.parameters.get("id", as: Int.self), await faults.clear(id) else {
                throw Problem(.notFound, detail: "No fault of this id is in force.")
            }
            return Response(status: .noContent)
        }
    }

    private func list() -> Response {
        LocalAnswer.json(["faults": .array(faults.inForce)])
    }

    private func inject(_ request: Request) async throws -> Response {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.maximumBodySize)
        } catch {
            throw Problem(.contentTooLarge, detail: "A fault takes no more than \(Self.maximumBodySize) bytes.")
        }
        guard let document = try? JSONDecoder().decode(JSONValue.self, from: Data(buffer.readableBytesView)) else {
            throw Problem(.badRequest, detail: "The body is not JSON.")
        }
        do {
            let fault = try Fault(document)
            let id = try await faults.inject(fault)
            var answer = fault.document
            answer["id"] = id.map { .integer(Int64($0)) }
            return LocalAnswer.json(answer, status: id == nil ? .ok : .created)
        } catch let error as FaultError {
            throw Problem(error)
        }
    }
}

extension Problem {
    /// Why a fault was not injected.
    init(_ error: FaultError) {
        let status: HTTPResponse.Status =
            switch error {
            case .nothingThere: .notFound
            case .tooMany: .conflict
            case .notRunning: .serviceUnavailable
            default: .badRequest
            }
        self.init(status, detail: "\(error)")
    }
}

/// What `/local` answers with.
enum LocalAnswer {
    /// A JSON document that is not to be kept.
    static func json(_ document: [String: JSONValue], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: MediaType.json, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONText.encodeBytes(document)))
        )
    }
}
