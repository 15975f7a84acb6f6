/// The rules of the CSV reader once more, over a whole text held in memory and without a thought for speed.
enum ReferenceCSV {
    static func read(_ bytes: [UInt8]) -> [ReadLine] {
        var lines: [ReadLine] = []
        var start = 0
        while start < bytes.count {
            let (result, next) = record(bytes, start)
            if let result { lines.append(result) }
            start = next
        }
        return lines
    }

    private static let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))

    /// The record or problem that begins at `start`, nil for a blank line; and where the next one begins.
    private static func record(_ bytes: [UInt8], _ start: Int) -> (ReadLine?, Int) {
        var (fields, index): ([String], Int) = ([], start)
        while true {
            var field: [UInt8] = []
            if index < bytes.count, bytes[index] == quote {
                let opening = index
                index += 1
                while true {
                    guard index < bytes.count else { return (problem(bytes, opening), bytes.count) }
                    if bytes[index...].starts(with: [quote, quote]) {
                        field.append(quote)
                        index += 2
                    } else if bytes[index] == quote {
                        break
                    } else {
                        field.append(bytes[index])
                        index += 1
                    }
                }
                index += 1
                if index < bytes.count, bytes[index] != comma, !isEnd(bytes[index]) {
                    return (problem(bytes, index), afterLine(bytes, index))
                }
            } else {
                while index < bytes.count, bytes[index] != comma, !isEnd(bytes[index]) {
                    if bytes[index] == quote { return (problem(bytes, index), afterLine(bytes, index)) }
                    field.append(bytes[index])
                    index += 1
                }
            }
            fields.append(String(validating: field, as: UTF8.self) ?? "?")
            guard index < bytes.count, bytes[index] == comma else { break }
            index += 1
        }
        let isBlank = bytes[start..<index].allSatisfy { $0 == 32 || $0 == 9 }
        let line = place(bytes, start).line
        return (isBlank ? nil : .fields(line: line, fields), afterLine(bytes, index))
    }

    private static func isEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

    private static func afterLine(_ bytes: [UInt8], _ from: Int) -> Int {
        var index = from
        while index < bytes.count, !isEnd(bytes[index]) { index += 1 }
        if bytes[index...].starts(with: [13, 10]) { return index + 2 }
        return Swift.min(index + 1, bytes.count)
    }

    private static func problem(_ bytes: [UInt8], _ index: Int) -> ReadLine {
        let place = place(bytes, index)
        return .problem(line: place.line, position: place.position)
    }

    private static func place(_ bytes: [UInt8], _ index: Int) -> (line: Int, position: Int) {
        var (line, lineStart) = (1, 0)
        for at in 0..<index where bytes[at] == 10 || bytes[at] == 13 && !bytes[at...].starts(with: [13, 10]) {
            line += 1
            lineStart = at + 1
        }
        return (line, index - lineStart + 1)
    }
}
