import DunlinCore

/// A value of a file as it may stand in a message: in quotes, cut after 40 characters, on one line, card numbers masked.
func shown(_ value: String) -> String {
    let oneLine = value.unicodeScalars.prefix(120).map { $0.properties.generalCategory == .control ? " " : String($0) }
    let masked = Redaction.clean(oneLine.joined())
    return masked.count > 40 ? "\"\(masked.prefix(40))…\"" : "\"\(masked)\""
}
