// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// A request of the RTC API as it came (protocol page §2.2).
struct RPCRequest {
    /// The id with the type it came with; a message without one is a notification and gets no answer.
    let id: JSONValue?
    /// The method asked for, where the message names one.
    let method: String?
    /// The token and application named in the parameters.
    let credentials: RPCCredentials?
    /// The call, or why it cannot be made.
    let call: Result<RPCCall, RPCError>

    /// Whether the application is named, and is this one; `updateAuthToken` alone names none (protocol page §2.2).
    func isOfApplication(_ id: String) -> Bool {
        if let named = credentials?.appId { return named == id }
        if case .success(.updateAuthToken) = call { return true }
        return false
    }

    /// Reads a message; never fails, because even nonsense has to be answered.
    init(parsing text: String) {
        do {
            self = try JSONText.decode(RPCRequest.self, from: text)
        } catch DecodingError.dataCorrupted {
            self.init(id: .null, call: .failure(.unreadable))
        } catch {
            self.init(id: .null, call: .failure(.invalidRequest))
        }
    }

    private init(id: JSONValue?, call: Result<RPCCall, RPCError>) {
        self.id = id
        self.call = call
        method = nil
        credentials = nil
    }
}

/// What every request but `updateAuthToken` carries twice over: who it is for and on whose behalf.
struct RPCCredentials: Decodable {
    let appId: String?
    let authToken: String?
}

/// Reads the parameters of one request in the shape its method asks for.
struct RPCParameterReader {
    fileprivate let container: KeyedDecodingContainer<RPCRequest.CodingKeys>

    func read<Parameters: Decodable>() throws -> Parameters {
        try container.decode(Parameters.self, forKey: .params)
    }
}

extension RPCRequest: Decodable {
    fileprivate enum CodingKeys: String, CodingKey {
        case jsonrpc, method, params, id
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let named = container.contains(.id) ? try container.decode(JSONValue.self, forKey: .id) : nil
        // An id that none can be is answered as one that cannot be read (JSON-RPC 2.0 §5).
        id = Self.isValid(named) ? named : .null
        credentials = try? container.decode(RPCCredentials.self, forKey: .params)
        method = try? container.decode(String.self, forKey: .method)
        guard let method, Self.isValid(named) else {
            call = .failure(.invalidRequest)
            return
        }
        do {
            let read = try RPCCall.read(method, RPCParameterReader(container: container))
            call = read.map { .success($0) } ?? .failure(.unknownMethod)
        } catch {
            call = .failure(.invalidParameters(Self.describe(error)))
        }
    }

    /// Ids are strings or numbers (JSON-RPC 2.0 §4); the SDK's are strings, other clients count.
    private static func isValid(_ id: JSONValue?) -> Bool {
        switch id {
        case nil, .null, .string, .integer, .number: true
        case .bool, .array, .object: false
        }
    }

    private static func describe(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "The parameter \(key.stringValue) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "The parameter \(context.codingPath.last?.stringValue ?? "params") does not fit."
        default: "The parameters do not fit."
        }
    }
}
