import DunlinCore

/// Writes a form body: nested names in brackets, arrays indexed (stripe.md 0.1). What is nil is left out; an empty text
/// is sent, and takes a field away.
struct FormWriter {
    private(set) var fields: [(String, String)] = []

    mutating func add(_ name: String, _ value: String?) {
        if let value { fields.append((name, value)) }
    }

    mutating func add(_ field: (String, String)) { fields.append(field) }

    mutating func add(_ name: String, _ value: Bool?) {
        if let value { fields.append((name, value ? "true" : "false")) }
    }

    mutating func add(_ metadata: MetadataChange, named name: String = "metadata") {
        if metadata.removesAll { fields.append((name, "")) }
        for (key, value) in metadata.pairs { fields.append(("\(name)[\(key)]", value)) }
    }

    var body: [UInt8] { Array(PercentEncoding.pairs(fields, keepingInNames: "[]").utf8) }
}
