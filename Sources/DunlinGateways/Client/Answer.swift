import DunlinCore

/// An answer as it came, with its body read as far as it can be.
struct Answer {
    enum Content {
        case json(JSON)
        case empty
        /// Text that is neither JSON nor a page; some errors come so.
        case text(String)
        /// A page, or JSON that is torn or malformed: somebody else's answer, or half of one.
        case unreadable
    }

    let response: HTTPResponse
    let content: Content
    let error: ErrorBody?

    init(_ response: HTTPResponse, _ scrubber: Scrubber) {
        self.response = response
        content = Self.content(of: response)
        switch content {
        case .json(let body) where !(200...299).contains(response.status): error = ErrorBody(body, scrubber)
        default: error = nil
        }
    }

    var status: Int { response.status }

    var isReadable: Bool {
        if case .unreadable = content { return false }
        return true
    }

    /// For logs: what came, without any of it.
    var summary: String {
        let parts = [error?.type, error?.code, error?.declineCode].compactMap { $0 }
        switch content {
        case .json where !parts.isEmpty: return "HTTP \(status): \(parts.joined(separator: ", "))"
        case .json, .text: return "HTTP \(status)"
        case .empty: return "HTTP \(status) without a body"
        case .unreadable: return "HTTP \(status) with \(response.body.count) bytes that are no answer of this interface"
        }
    }

    private static func content(of response: HTTPResponse) -> Content {
        guard let first = response.body.first(where: { !($0 == 0x20 || (0x09...0x0D).contains($0)) }) else {
            return .empty
        }
        if let json = JSON(parsing: response.body) { return .json(json) }
        let type = response.header("Content-Type")?.lowercased() ?? ""
        let looksLikeJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        if type.contains("html") || type.contains("json") || first == UInt8(ascii: "<") || looksLikeJSON {
            return .unreadable
        }
        return String(validating: response.body, as: UTF8.self).map(Content.text) ?? .unreadable
    }
}
