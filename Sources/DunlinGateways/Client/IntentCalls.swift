import DunlinCalendar
import DunlinCore

/// The calls that both processors have in the same form; a driver adds bodies and listing.
struct IntentCalls: Sendable {
    let client: GatewayClient

    private var decoder: IntentDecoder { client.classifier.decoder }

    func write(_ call: Call, deadline: SendDeadline) async -> GatewayReply<IntentSnapshot> {
        if let refusal = Self.badID(call) { return GatewayReply(.refused(refusal), exchanges: []) }
        let reply = await client.write(call, deadline: deadline)
        return GatewayReply(intent(reply.result, of: call), exchanges: reply.exchanges)
    }

    func retrieve(_ intentID: String) async -> GatewayReply<IntentSnapshot> {
        let call = Call(.retrieveIntent, objectID: intentID)
        if let refusal = Self.badID(call) { return GatewayReply(.refused(refusal), exchanges: []) }
        let reply = await client.read(call)
        return GatewayReply(intent(reply.result, of: call), exchanges: reply.exchanges)
    }

    /// One page; not a value when any item of it cannot be read.
    func page(_ call: Call) async -> GatewayReply<IntentPage> {
        let reply = await client.read(call)
        let result = reply.result.flatMap { json -> GatewayResult<IntentPage> in
            guard let items = json.items else { return .unknown("the list cannot be read") }
            let intents = items.compactMap(decoder.intent)
            guard intents.count == items.count else { return .unknown("an item of the list cannot be read") }
            return .value(
                IntentPage(intents: intents, hasMore: json["has_more"].flag ?? false, nextPage: json["next_page"].text))
        }
        return GatewayReply(result, exchanges: reply.exchanges)
    }

    /// A cheap GET whose only use is its status and its `Date`.
    func probe(_ call: Call) async -> GatewayReply<GatewayIdentity> {
        let reply = await client.read(call)
        let date = reply.exchanges.last?.gatewayDate
        return GatewayReply(
            reply.result.flatMap { _ in .value(GatewayIdentity(account: nil, date: date)) }, exchanges: reply.exchanges)
    }

    /// The intent of an answer; unknown when it cannot be read, or is another than the call was about.
    private func intent(_ result: GatewayResult<JSON>, of call: Call) -> GatewayResult<IntentSnapshot> {
        switch result.flatMap({ json -> GatewayResult<IntentSnapshot> in
            decoder.intent(json).map { .value($0) } ?? .unknown("the answer is no readable PaymentIntent")
        }) {
        case .value(let snapshot) where call.objectID != nil && snapshot.id != call.objectID,
            .declined(let snapshot?, _) where call.objectID != nil && snapshot.id != call.objectID:
            .unknown("the answer is about \(snapshot.id), which was not asked for")
        case let checked: checked
        }
    }

    private static func badID(_ call: Call) -> Refusal? {
        guard let id = call.objectID, !Call.isID(id) else { return nil }
        return Refusal(
            kind: .request, httpStatus: 0, code: "bad_id", message: "the id of the PaymentIntent is not one; not sent")
    }
}

/// One page of a list.
struct IntentPage: Sendable {
    var intents: [IntentSnapshot]
    var hasMore: Bool
    /// The cursor that a search gives instead of an id.
    var nextPage: String?

    var lastID: String? { intents.last?.id }
}

extension GatewayResult {
    /// The result with its value replaced; everything else is passed on.
    func flatMap<Other>(_ transform: (Value) -> GatewayResult<Other>) -> GatewayResult<Other> {
        switch self {
        case .value(let value): transform(value)
        case .declined(let intent, let decline): .declined(intent, decline)
        case .refused(let refusal): .refused(refusal)
        case .throttled(let throttle): .throttled(throttle)
        case .notSent(let reason): .notSent(reason)
        case .unknown(let reason): .unknown(reason)
        }
    }
}
