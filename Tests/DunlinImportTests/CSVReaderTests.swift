import DunlinCalendar
import DunlinTesting
import Foundation
import Testing

@testable import DunlinImport

/// What a reader of CSV makes of a file: the fields of each record, or the problem.
enum ReadLine: Hashable {
    case fields(line: Int, [String])
    case problem(line: Int, position: Int)
}

func readCSV(_ bytes: [UInt8], recordBytesMax: Int = 65_536, chunkBytes: Int = 65_536) throws -> [ReadLine] {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(filePath: folder.file("x.csv")))
    let input = try InputFile.opening(.file(folder.file("x.csv")), temporaryFolder: folder.path)
    var reader = CSVReader(ByteReader(input, chunkBytes: chunkBytes), recordBytesMax: recordBytesMax)
    var lines: [ReadLine] = []
    while let event = try reader.next() {
        switch event {
        case .record(let record):
            lines.append(.fields(line: record.line, record.fields.indices.map { record.text($0) ?? "?" }))
        case .problem(let line, let position, _): lines.append(.problem(line: line, position: position))
        }
    }
    return lines
}

private func readCSV(_ text: String) throws -> [ReadLine] { try readCSV(Array(text.utf8)) }

@Suite struct CSVReaderTests {
    @Test func fieldsAreSeparatedByCommasAndRecordsByAnyLineEnd() throws {
        let expected: [ReadLine] = [
            .fields(line: 1, ["a", "b"]), .fields(line: 2, ["1", ""]), .fields(line: 3, ["", "2"]),
        ]
        #expect(try readCSV("a,b\n1,\n,2\n") == expected)
        #expect(try readCSV("a,b\r\n1,\r\n,2\r\n") == expected)
        #expect(try readCSV("a,b\r1,\r,2") == expected)
    }

    @Test func aQuotedFieldMayHoldCommasQuotesAndLineEnds() throws {
        #expect(
            try readCSV("a,\"x,\"\"y\"\"\r\nz\",c\nd,e,f\n")
                == [.fields(line: 1, ["a", "x,\"y\"\r\nz", "c"]), .fields(line: 3, ["d", "e", "f"])])
        #expect(try readCSV("\"\",\"\"\"\"") == [.fields(line: 1, ["", "\""])])
    }

    @Test func blankLinesAreSkippedAndCounted() throws {
        #expect(
            try readCSV("\n\na,b\n  \t\n\r\nc,d")
                == [.fields(line: 3, ["a", "b"]), .fields(line: 6, ["c", "d"])])
        #expect(try readCSV("\n\n") == [])
    }

    @Test func aBadQuoteCostsItsOwnLineOnlyAndIsNamedWithItsPlace() throws {
        #expect(
            try readCSV("a,b\"c,d\ne,f\n")
                == [.problem(line: 1, position: 4), .fields(line: 2, ["e", "f"])])
        #expect(
            try readCSV("a,\"b\"c\r\ne,f\n")
                == [.problem(line: 1, position: 6), .fields(line: 2, ["e", "f"])])
    }

    @Test func aQuoteThatIsNeverClosedIsNamedWhereItOpened() throws {
        #expect(
            try readCSV("a,b\nc,\"d\ne,f\n")
                == [.fields(line: 1, ["a", "b"]), .problem(line: 2, position: 3)])
    }

    @Test func aRecordBeyondTheLimitEndsTheReading() throws {
        let long = String(repeating: "x", count: 200)
        #expect(
            try readCSV(Array("a,b\n1,\(long)\n2,3\n".utf8), recordBytesMax: 100)
                == [.fields(line: 1, ["a", "b"]), .problem(line: 2, position: 3)])
        #expect(
            try readCSV(Array("a,b\n1,\"\(long)\n2,3\n".utf8), recordBytesMax: 100)
                == [.fields(line: 1, ["a", "b"]), .problem(line: 2, position: 3)])
        #expect(try readCSV(Array("a\"\(long)\n2,3\n".utf8), recordBytesMax: 100) == [.problem(line: 1, position: 2)])
    }

    /// Random files against a reference that holds the whole text and splits it in the plainest way.
    @Test(arguments: 0..<40) func theReaderAgreesWithAPlainReferenceOnRandomFiles(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            let alphabet: [UInt8] = Array("ab ,,\"\"\n\r\té".utf8)
            let bytes = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let chunkBytes = Int.random(in: 1...16, using: &generator)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            #expect(try readCSV(bytes, chunkBytes: chunkBytes) == ReferenceCSV.read(bytes), "\(seed): \(text)")
        }
    }

    /// What is written by the RFC is read back as it was.
    @Test(arguments: 0..<20) func whatWasWrittenIsReadBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = ["", "a", "é", ",", "\"", "\n", "\r\n", "\r", "\"\"", " a ", "x\ty", "😀"]
        let rows = (0..<20).map { _ in
            (0..<3).map { _ in (0...3).map { _ in values.randomElement(using: &generator) ?? "" }.joined() } + ["end"]
        }
        let lineEnd = ["\n", "\r\n", "\r"].randomElement(using: &generator) ?? "\n"
        let text = rows.map { $0.map(ImportFixture.quoted).joined(separator: ",") }.joined(separator: lineEnd)
        let read = try readCSV(Array(text.utf8), chunkBytes: Int.random(in: 1...50, using: &generator))
        let fields = read.map { line in
            guard case .fields(_, let fields) = line else { return ["problem"] }
            return fields
        }
        #expect(fields == rows)
    }
}
