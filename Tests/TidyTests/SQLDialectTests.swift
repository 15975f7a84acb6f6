import Foundation
import Testing

/// Statements stay in the SQL that SQLite and PostgreSQL both run. Only `DunlinDatabase` knows its engine, and schemas
/// (`…Schema.swift`) are written for one engine anyway.
struct SQLDialectTests {
    private static let banned = [
        "INSERT OR": "write ON CONFLICT (columns) DO …",
        "REPLACE INTO": "write ON CONFLICT (columns) DO UPDATE",
        #"\b(datetime|strftime|julianday|unixepoch)\("#: "pass the time as milliseconds",
        "CURRENT_TIMESTAMP": "pass the time as milliseconds",
        #"\bjson_\w+\("#: "store columns",
        "PRAGMA": "it belongs into DunlinDatabase",
        #"\browid\b"#: "name the key column",
        "AUTOINCREMENT": "it belongs into a schema",
        "sqlite_(master|schema)": "it belongs into DunlinDatabase",
        #"\b(ifnull|IFNULL)\("#: "write COALESCE",
        #"\b(GLOB|REGEXP|MATCH)\b '"#: "compare with = or LIKE",
        #"\b(random|randomblob|hex|printf|typeof|changes|last_insert_rowid|group_concat|total)\("#:
            "no functions of the engine",
        #" (==) "#: "SQL compares with =",
    ]

    @Test func statementsRunOnBothEngines() throws {
        let files = Repository.swiftFiles(below: ["Sources", "jobs"]).filter { file in
            !file.path.hasPrefix("Sources/DunlinDatabase/") && !file.path.contains("/Bench/")
                && !file.path.hasSuffix("Schema.swift")
        }
        for file in files {
            for statement in Self.statements(of: file) {
                for (pattern, instead) in Self.banned
                where statement.text.range(of: pattern, options: .regularExpression) != nil {
                    Issue.record("\(file.path):\(statement.line): \(pattern) is not SQL of both engines; \(instead)")
                }
            }
        }
    }

    @Test func parametersAreNumbered() {
        for file in Repository.swiftFiles(below: [
            "Sources/DunlinLedger", "Sources/DunlinQueue", "Sources/DunlinReports",
        ])
        where !file.path.hasSuffix("Schema.swift") {
            for statement in Self.statements(of: file)
            where statement.text.range(of: #"[=(, ]\?([^0-9]|$)|[=(, ][:@$][a-z]\w*"#, options: .regularExpression)
                != nil
            {
                Issue.record("\(file.path):\(statement.line): write ?1, ?2, …")
            }
        }
    }

    @Test func theCheckFindsStatementsInTextsOnly() {
        let text = """
            // INSERT OR IGNORE in a comment
            try tx.execute("INSERT OR IGNORE INTO a VALUES (?1)")
            let sentence = "random(5) in a sentence"
            """
        let statements = Self.statements(of: Repository.File(path: "a.swift", text: text))
        #expect(statements.map(\.line) == [2])
    }

    /// Texts that read like SQL: a literal that starts with one of its verbs, to its end.
    private static func statements(of file: Repository.File) -> [(line: Int, text: String)] {
        let verbs = #"(?s)"(""\n)?\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|REPLACE|PRAGMA)\b.*?"("")?"#
        guard let expression = try? NSRegularExpression(pattern: verbs) else { return [] }
        let text = file.code(keepsTexts: true).joined(separator: "\n")
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
            guard let range = Range(match.range, in: text) else { return nil }
            let line = text[..<range.lowerBound].count { $0 == "\n" } + 1
            return (line, String(text[range]))
        }
    }
}
