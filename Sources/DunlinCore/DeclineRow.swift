import Foundation

/// One row of `declines.json`.
struct DeclineRow: Decodable, Hashable, Sendable {
    enum Kind: String, Decodable, Hashable, Sendable {
        case declineCode = "decline_code"
        case errorCode = "error_code"
        case adviceCode = "advice_code"
        case networkAdviceCode = "network_advice_code"
        case networkDeclineCode = "network_decline_code"

        var isOfNetwork: Bool { self == .networkAdviceCode || self == .networkDeclineCode }
    }

    struct Key: Hashable {
        let gateway: String
        let kind: Kind
        let code: String
        let brand: String?
    }

    /// What a network says is the same at every gateway.
    static let anyGateway = "*"

    let gateway: String
    let kind: Kind
    let code: String
    /// Lower-case letters; for network codes, whose meaning depends on it.
    let brand: String?
    let `class`: DeclineClass
    let waitSeconds: Int64?
    let text: String?
    let source: String
    /// The day that the source was written or read.
    let edition: String

    private enum CodingKeys: String, CodingKey {
        case gateway, kind, code, brand, `class`, text, source, edition
        case waitSeconds = "wait_seconds"
    }

    init(from decoder: any Decoder) throws {
        let names = try decoder.container(keyedBy: AnyName.self)
        for name in names.allKeys where CodingKeys(stringValue: name.stringValue) == nil {
            throw DecodingError.dataCorruptedError(forKey: name, in: names, debugDescription: "no such member")
        }
        let members = try decoder.container(keyedBy: CodingKeys.self)
        gateway = try members.decode(String.self, forKey: .gateway)
        kind = try members.decode(Kind.self, forKey: .kind)
        code = try members.decode(String.self, forKey: .code)
        brand = try members.decodeIfPresent(String.self, forKey: .brand)
        `class` = try members.decode(DeclineClass.self, forKey: .class)
        waitSeconds = try members.decodeIfPresent(Int64.self, forKey: .waitSeconds)
        text = try members.decodeIfPresent(String.self, forKey: .text)
        source = try members.decode(String.self, forKey: .source)
        edition = try members.decode(String.self, forKey: .edition)
    }

    var key: Key { Key(gateway: gateway, kind: kind, code: code, brand: brand) }

    /// False for advice codes that say nothing about another try, such as Mastercard's 05 and 22.
    var isAdvice: Bool { kind == .adviceCode || waitSeconds != nil || self.class != .issuerSoft }

    /// What is wrong with the row; nil when nothing is.
    var problem: String? {
        if code.isEmpty || source.isEmpty || edition.isEmpty { return "code, source and edition must not be empty" }
        if kind.isOfNetwork {
            if gateway != Self.anyGateway { return "a network's code has the gateway *" }
            guard let brand, !brand.isEmpty, brand.allSatisfy({ $0.isLowercase && $0.isASCII }) else {
                return "a network's code has a brand in lower case"
            }
        } else if GatewayKind(rawValue: gateway) == nil || brand != nil {
            return "gateway must be one of \(GatewayKind.allCases.map(\.rawValue)), without a brand"
        }
        if let waitSeconds, !(1...40 * 86_400).contains(waitSeconds) { return "wait_seconds must be 1 to 40 days" }
        if let text, Self.reveals(text) { return "text tells what must not be told to a card's holder" }
        return nil
    }

    private static func reveals(_ text: String) -> Bool {
        ["lost", "stolen", "fraud", "pick up", "suspect", "blacklist"].contains { text.lowercased().contains($0) }
    }
}

/// Any member name, to find those that a row must not have.
private struct AnyName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

struct DeclineFile: Decodable {
    struct Unknown: Decodable {
        let `class`: DeclineClass
        let triesMax: Int

        private enum CodingKeys: String, CodingKey {
            case `class`
            case triesMax = "tries_max"
        }
    }

    let version: Int
    let unknown: Unknown
    let rows: [DeclineRow]
}

extension DeclineClass: Decodable {}

/// `declines.json` cannot be used. The text says which row, counted from 1, and what to change.
public struct DeclineTableError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case notReadable = "not_readable"
        case badVersion = "bad_version"
        case badRow = "bad_row"
    }

    public let code: Code
    public let row: Int?
    public let text: String

    init(_ code: Code, row: Int?, _ text: String) {
        self.code = code
        self.row = row
        self.text = text
    }

    init(decoding error: any Error) {
        let context: DecodingError.Context?
        switch error as? DecodingError {
        case .dataCorrupted(let found), .keyNotFound(_, let found), .typeMismatch(_, let found),
            .valueNotFound(_, let found):
            context = found
        default: context = nil
        }
        let path = context?.codingPath ?? []
        let row = path.count > 1 && path[0].stringValue == "rows" ? path[1].intValue.map { $0 + 1 } : nil
        let place = path.filter { $0.intValue == nil }.map(\.stringValue).joined(separator: ".")
        let what = context?.debugDescription ?? "the text is no JSON of this form"
        self.init(.notReadable, row: row, place.isEmpty ? what : "\(place): \(what)")
    }

    public var description: String { row.map { "declines.json, row \($0): \(text)" } ?? "declines.json: \(text)" }
}
