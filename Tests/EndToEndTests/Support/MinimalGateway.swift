import Foundation
import Synchronization

/// A gateway that does only what the documentation promises: create, confirm, cancel and read a PaymentIntent, list or
/// search them, errors as JSON. No account, no idempotency, no ids of requests.
final class MinimalGateway: Sendable {
    /// A payment method with this name is declined.
    static let declined = "pm_declined"

    private struct Intent {
        var id: String
        var fields: [String: String]
        var status = "requires_confirmation"
        var charge: String?
        var created: Int64

        var metadata: [String: String] {
            var metadata: [String: String] = [:]
            for (name, value) in fields where name.hasPrefix("metadata[") {
                metadata[String(name.dropFirst("metadata[".count).dropLast())] = value
            }
            return metadata
        }
    }

    private struct State {
        var intents: [Intent] = []
        var charges: [String] = []
    }

    private let kind: GatewayName
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameter now: seconds since 1970.
    init(_ kind: GatewayName, now: @escaping @Sendable () -> Int64) {
        self.kind = kind
        self.now = now
    }

    /// Subscription and period of every charge that succeeded.
    var charges: [String] { state.withLock { $0.charges } }

    func answer(_ request: GatewayRequest) -> GatewayAnswer {
        var answer = state.withLock { state in route(request, &state) }
        answer.headers["Date"] = Dates.header(now())
        return answer
    }

    private func route(_ request: GatewayRequest, _ state: inout State) -> GatewayAnswer {
        switch (request.endpoint, kind) {
        case (GatewayRequest.create, _): return create(request, &state)
        case (GatewayRequest.list, .stripe): return list(request, state)
        case (GatewayRequest.search, .wooshpay): return search(request, state)
        case (GatewayRequest.retrieve, _), (GatewayRequest.confirm, _), (GatewayRequest.cancel, _): break
        default: return error(404, "invalid_request_error", "Unrecognized request URL.")
        }
        let id = request.path.split(separator: "/")[2]
        guard let index = state.intents.firstIndex(where: { $0.id == id }) else {
            return error(404, "invalid_request_error", "No such payment_intent: '\(id)'")
        }
        if !request.writes { return .json(200, object(state.intents[index])) }
        guard state.intents[index].status.hasPrefix("requires_") else {
            return error(400, "invalid_request_error", "The intent is \(state.intents[index].status).")
        }
        if request.endpoint == GatewayRequest.cancel {
            state.intents[index].status = "canceled"
            return .json(200, object(state.intents[index]))
        }
        return confirm(request, index, &state)
    }

    private func create(_ request: GatewayRequest, _ state: inout State) -> GatewayAnswer {
        let number = state.intents.count + 1
        let id = kind == .stripe ? "pi_\(number)" : String(1_700_000_000_000 + number)
        state.intents.append(Intent(id: id, fields: request.fields, created: now()))
        return .json(200, object(state.intents[number - 1]))
    }

    private func confirm(_ request: GatewayRequest, _ index: Int, _ state: inout State) -> GatewayAnswer {
        let method = request.fields["payment_method"] ?? state.intents[index].fields["payment_method"]
        state.intents[index].charge = "ch_\(index + 1)"
        guard method != Self.declined else {
            state.intents[index].status = "requires_payment_method"
            let decline: [String: Any] = [
                "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
                "message": "Your card has insufficient funds.", "payment_intent": object(state.intents[index]),
            ]
            return .json(402, ["error": decline])
        }
        state.intents[index].status = "succeeded"
        let metadata = state.intents[index].metadata
        state.charges.append("\(metadata["dunlin_subscription"] ?? "?")/\(metadata["dunlin_period"] ?? "?")")
        return .json(200, object(state.intents[index]))
    }

    private func list(_ request: GatewayRequest, _ state: State) -> GatewayAnswer {
        let fields = request.fields
        let from = fields["created[gte]"].flatMap { Int64($0) } ?? 0
        var found = state.intents.reversed().filter { intent in
            intent.created >= from && (fields["customer"] == nil || fields["customer"] == intent.fields["customer"])
        }
        if let after = fields["starting_after"], let index = found.firstIndex(where: { $0.id == after }) {
            found.removeSubrange(...index)
        }
        return page(found, limit: fields["limit"].flatMap { Int($0) } ?? 10)
    }

    private func search(_ request: GatewayRequest, _ state: State) -> GatewayAnswer {
        let query = request.fields["query"] ?? ""
        let found = state.intents.filter { query == "merchant_order_id:'\($0.fields["merchant_order_id"] ?? "")'" }
        return page(found, limit: request.fields["limit"].flatMap { Int($0) } ?? 10)
    }

    private func page(_ found: [Intent], limit: Int) -> GatewayAnswer {
        .json(200, ["object": "list", "data": found.prefix(limit).map(object), "has_more": found.count > limit])
    }

    private func object(_ intent: Intent) -> [String: Any] {
        var object: [String: Any] = [
            "id": intent.id, "object": "payment_intent", "status": intent.status, "created": intent.created,
            "amount": Int64(intent.fields["amount"] ?? "") ?? 0, "currency": intent.fields["currency"] ?? "",
            "customer": intent.fields["customer"] ?? "", "payment_method": intent.fields["payment_method"] ?? "",
            "metadata": intent.metadata, "livemode": false,
        ]
        if kind == .wooshpay { object["merchant_order_id"] = intent.fields["merchant_order_id"] }
        if kind == .stripe, let charge = intent.charge { object["latest_charge"] = charge }
        return object
    }

    private func error(_ status: Int, _ type: String, _ message: String) -> GatewayAnswer {
        .json(status, ["error": ["type": type, "message": message]])
    }
}
