import DunlinCalendar
import DunlinCore

/// The calls of a driver, their answers read as objects of one kind. What comes out is complete, or it is not a value.
struct ObjectCalls: Sendable {
    let client: GatewayClient

    var decoder: ObjectDecoder { client.classifier.decoder }

    /// Sends a request that changes something: once.
    func write<Value: Sendable>(
        _ call: Call, deadline: SendDeadline = .none, as reader: ObjectReader<Value>
    ) async -> GatewayReply<Value> {
        if let refusal = call.badID { return GatewayReply(.refused(refusal), exchanges: []) }
        let reply = await client.write(call, deadline: deadline)
        return GatewayReply(object(reply.result, of: call, reader), exchanges: reply.exchanges)
    }

    /// Sends a read, repeated on faults.
    func read<Value: Sendable>(_ call: Call, as reader: ObjectReader<Value>) async -> GatewayReply<Value> {
        if let refusal = call.badID { return GatewayReply(.refused(refusal), exchanges: []) }
        let reply = await client.read(call)
        return GatewayReply(object(reply.result, of: call, reader), exchanges: reply.exchanges)
    }

    /// One page; not a value when any item of it cannot be read.
    func page<Item: Sendable>(_ call: Call, of reader: ObjectReader<Item>) async -> GatewayReply<ListPage<Item>> {
        if let refusal = call.badID { return GatewayReply(.refused(refusal), exchanges: []) }
        let reply = await client.read(call)
        let result = reply.result.flatMap { json -> GatewayResult<ListPage<Item>> in
            guard let items = json.items else { return .unknown("the list cannot be read") }
            let readable = items.compactMap(reader.read)
            guard readable.count == items.count else { return .unknown("an item of the list cannot be read") }
            return .value(
                ListPage(items: readable, hasMore: json["has_more"].flag ?? false, nextPage: json["next_page"].text))
        }
        return GatewayReply(result, exchanges: reply.exchanges)
    }

    /// Every item of a list that goes on after the last id of each page.
    ///
    /// - Parameter call: the request for the page after the cursor; nil for the first.
    func all<Item: Sendable>(
        _ reader: ObjectReader<Item>, _ call: (_ after: String?) -> Call
    ) async -> GatewayReply<[Item]> {
        func lastID(_ page: ListPage<Item>) -> String? { page.items.last.map(reader.id) }
        return await ListPages.all(id: reader.id, nextCursor: lastID) { cursor in
            await page(call(cursor), of: reader)
        }
    }

    /// A cheap GET whose only use is its status and its `Date`.
    func probe(_ call: Call) async -> GatewayReply<GatewayIdentity> {
        let reply = await client.read(call)
        let date = reply.exchanges.last?.gatewayDate
        return GatewayReply(
            reply.result.flatMap { _ in .value(GatewayIdentity(account: nil, date: date)) }, exchanges: reply.exchanges)
    }

    /// The object of an answer; unknown when it cannot be read, or is another than the call was about.
    private func object<Value: Sendable>(
        _ result: GatewayResult<JSON>, of call: Call, _ reader: ObjectReader<Value>
    ) -> GatewayResult<Value> {
        let read = result.flatMap { json -> GatewayResult<Value> in
            reader.read(json).map { .value($0) } ?? .unknown("the answer is no readable \(reader.name)")
        }
        guard let asked = call.objectID, !call.answersWithAnother else { return read }
        switch read {
        case .value(let value) where reader.id(value) != asked:
            return .unknown("the answer is about \(reader.id(value)), which was not asked for")
        case .declined(let intent?, _) where intent.id != asked:
            return .unknown("the answer is about \(intent.id), which was not asked for")
        default: return read
        }
    }
}

/// How the objects of one kind are read out of answers.
struct ObjectReader<Value: Sendable>: Sendable {
    /// As the processors call it.
    let name: String
    /// nil when it is no such object, or one without what every decision needs.
    let read: @Sendable (JSON) -> Value?
    let id: @Sendable (Value) -> String
}

extension Call {
    /// Refused here: such a text could change the path.
    fileprivate var badID: Refusal? {
        guard let id = objectID, !Self.isID(id) else { return nil }
        return Refusal(
            kind: .request, httpStatus: 0, code: "bad_id",
            message: "the id in \(endpoint.rawValue) is not one; not sent")
    }
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
