import DunlinCalendar
public import DunlinCore

/// Reads events of either gateway: from a delivery, or from a file that was exported there.
///
/// Only allowed fields leave this type (money.md 26). An id that does not look like one, that looks like a client
/// secret, or that holds a card number is left out.
public enum EventParser {
    /// Why bytes are no event. Holds nothing of them, so that it can be logged.
    public enum Problem: String, Error, Hashable, Sendable {
        case notJSON = "the body is no JSON object"
        case notAnEvent = "the body is no event with an id and a type"
        case thin = "a thin event (v2): the endpoint must send snapshot events"
    }

    /// The event in the body of a delivery.
    ///
    /// - Throws: a `Problem`.
    public static func event(_ bytes: [UInt8]) throws(Problem) -> GatewayEvent {
        guard let json = JSON(parsing: bytes, keeping: names), case .object = json else { throw .notJSON }
        return try event(json)
    }

    /// All that is read of an event: a tenth of it.
    private static let names = JSONNames(
        [
            "object", "id", "type", "data", "livemode", "account", "api_version", "created", "payment_intent",
            "customer", "metadata", "merchant_order_id",
        ] + IntentMetadata.names)

    /// All events of an exported file: one event, an array of them, a list with `data`, or one of these per line.
    ///
    /// - Throws: a `FileProblem` naming the first line that cannot be read.
    public static func events(inFile bytes: [UInt8]) throws(FileProblem) -> [GatewayEvent] {
        if let json = JSON(parsing: bytes) { return try events(json, line: 1) }
        var found: [GatewayEvent] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            guard let json = JSON(parsing: Array(line)) else { throw FileProblem(line: index + 1, problem: .notJSON) }
            found += try events(json, line: index + 1)
        }
        return found
    }

    public struct FileProblem: Error, Hashable, Sendable {
        public var line: Int
        public var problem: Problem
    }

    private static func events(_ json: JSON, line: Int) throws(FileProblem) -> [GatewayEvent] {
        let isEvent = json["type"].text != nil && json["id"].text != nil
        guard let items = isEvent ? [json] : json.items else { throw FileProblem(line: line, problem: .notAnEvent) }
        var found: [GatewayEvent] = []
        for item in items {
            do { found.append(try event(item)) } catch { throw FileProblem(line: line, problem: error) }
        }
        return found
    }

    // MARK: - One event

    /// The event in an object that was read already, such as an item of a list.
    static func event(_ json: JSON) throws(Problem) -> GatewayEvent {
        if json["object"].text == "v2.core.event" { throw .thin }
        if let object = json["object"].text, object != "event" { throw .notAnEvent }
        guard let id = token(json["id"].text), let type = typeName(json["type"].text) else { throw .notAnEvent }
        let object = json["data"]["object"]
        let isIntent = token(object["object"].text) == "payment_intent"
        return GatewayEvent(
            id: id, type: type, objectType: word(object["object"].text), objectID: token(object["id"].text),
            intentID: isIntent ? token(object["id"].text) : token(object["payment_intent"].id),
            customerID: token(object["customer"].id), metadata: metadata(object), isLive: json["livemode"].flag,
            account: token(json["account"].text), apiVersion: word(json["api_version"].text),
            createdAt: json["created"].integer.flatMap(instant))
    }

    /// WooshPay repeats the reference as `merchant_order_id`.
    private static func metadata(_ object: JSON) -> IntentMetadata {
        let read = IntentMetadata(object["metadata"].opened.texts)
        return IntentMetadata(
            reference: token(read.reference) ?? token(object["merchant_order_id"].text),
            subscriptionID: ownText(read.subscriptionID), period: token(read.period), invoiceID: token(read.invoiceID),
            databaseID: token(read.databaseID))
    }

    /// An id or another single word; nil for anything else.
    static func token(_ text: String?) -> String? {
        guard let text, (1...255).contains(text.utf8.count), text.utf8.allSatisfy(isTokenByte),
            !text.holds("_secret"), !holdsKey(text), !Redaction.holdsCardNumber(text)
        else { return nil }
        return text
    }

    /// A name that the gateway gives: unlike an id it has no long digits, so that none are let through.
    private static func word(_ text: String?) -> String? {
        token(text).flatMap { Redaction.maskCardNumbers($0) == $0 ? $0 : nil }
    }

    /// An id of the owner's own making.
    private static func ownText(_ text: String?) -> String? {
        guard let text, (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            !text.holds("_secret"), !holdsKey(text), !Redaction.holdsCardNumber(text)
        else { return nil }
        return text
    }

    private static func holdsKey(_ text: String) -> Bool {
        ["sk_", "rk_", "whsec_"].contains { text.hasPrefix($0) }
    }

    private static func typeName(_ text: String?) -> String? {
        guard let text = word(text), text.utf8.count <= 100 else { return nil }
        let isName = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: ".")
        }
        return isName ? text : nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): true
        default: false
        }
    }

    /// Seconds, or milliseconds where the number is too large to be seconds (wooshpay.md 1.8).
    private static func instant(_ value: Int64) -> Instant? {
        guard value > 0, value < 100_000_000_000_000 else { return nil }
        return value >= 100_000_000_000 ? Instant(milliseconds: value) : Instant(seconds: value)
    }
}
