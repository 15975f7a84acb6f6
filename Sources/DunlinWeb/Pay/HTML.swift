/// A piece of HTML: elements are nested values, and every text in them is escaped.
struct HTML: Hashable, Sendable, ExpressibleByStringLiteral {
    let text: String

    private init(markup: String) { text = markup }

    /// A text, to be read as such.
    init(_ plain: String) { text = Self.escaped(plain) }
    init(stringLiteral plain: String) { self.init(plain) }

    static let nothing = HTML(markup: "")

    /// - Parameter attributes: in this order; a nil value leaves the attribute out, an empty one has no value.
    static func element(_ name: String, _ attributes: [(String, String?)] = [], _ content: HTML...) -> HTML {
        element(name, attributes, content)
    }

    static func element(_ name: String, _ attributes: [(String, String?)], _ content: [HTML]) -> HTML {
        HTML(markup: opening(name, attributes) + content.map(\.text).joined() + "</\(name)>")
    }

    /// An element that has no content, such as `meta` or `input`.
    static func void(_ name: String, _ attributes: [(String, String?)]) -> HTML {
        HTML(markup: opening(name, attributes))
    }

    static func document(language: String, head: [HTML], body: [HTML]) -> String {
        "<!DOCTYPE html>\n"
            + element("html", [("lang", language)], [element("head", [], head), element("body", [], body)])
            .text + "\n"
    }

    /// A style sheet of ours: no text of anybody's comes near it.
    static func style(_ sheet: StaticString) -> HTML { HTML(markup: "<style>\(sheet)</style>") }

    private static func opening(_ name: String, _ attributes: [(String, String?)]) -> String {
        let all = attributes.compactMap { key, value in
            value.map { $0.isEmpty ? " \(key)" : " \(key)=\"\(escaped($0))\"" }
        }
        return "<\(name)\(all.joined())>"
    }

    private static func escaped(_ text: String) -> String {
        var safe = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.unicodeScalars.append(character)
            }
        }
        return safe
    }
}
