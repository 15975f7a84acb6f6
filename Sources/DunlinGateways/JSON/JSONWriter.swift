/// Writes a JSON object whose members keep the order in which they were added, so that a body has one form only.
struct JSONWriter {
    private(set) var text = "{"

    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        begin(name)
        text += Self.quoted(value)
    }

    mutating func add(_ name: String, _ value: Int64) {
        begin(name)
        text += String(value)
    }

    mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        text += value ? "true" : "false"
    }

    mutating func add(_ name: String, object: [(key: String, value: String)]) {
        var writer = JSONWriter()
        for (key, value) in object { writer.add(key, value) }
        begin(name)
        text += writer.finished
    }

    mutating func add(_ name: String, _ value: Bool?) {
        if let value { add(name, value) }
    }

    mutating func add(_ name: String, texts: [String]) {
        begin(name)
        text += "[" + texts.map(Self.quoted).joined(separator: ",") + "]"
    }

    /// An object within.
    mutating func add(_ name: String, _ fill: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        fill(&writer)
        begin(name)
        text += writer.finished
    }

    var finished: String { text + "}" }
    var body: [UInt8] { Array(finished.utf8) }

    private mutating func begin(_ name: String) {
        if text.utf8.count > 1 { text += "," }
        text += Self.quoted(name) + ":"
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
