import Foundation

/// The repository's own text, as the tidy tests read it.
struct Repository {
    struct File {
        /// From the root: `Sources/DunlinCore/Money.swift`.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Every Swift file of the program and of the tests.
    static func swiftFiles(below folders: [String]) -> [File] {
        folders.flatMap { folder in paths(below: folder).filter { $0.hasSuffix(".swift") } }.map { file($0) }
    }

    static func markdownFiles() -> [File] {
        let top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        let below = ["docs", "jobs", "Sources", "cron"].flatMap { paths(below: $0) }.filter { $0.hasSuffix(".md") }
        return (top + below).filter { exists($0) }.map { file($0) }
    }

    /// What a folder holds, whatever it is.
    static func files(below folder: String, suffix: String) -> [File] {
        paths(below: folder).filter { $0.hasSuffix(suffix) }.map { file($0) }
    }

    static func file(_ path: String) -> File {
        let data = FileManager.default.contents(atPath: "\(root)/\(path)") ?? Data()
        return File(path: path, text: String(decoding: data, as: UTF8.self))
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    private static func paths(below folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.allObjects as? [String] ?? []
        return names.sorted().map { "\(folder)/\($0)" }
    }
}

extension Repository.File {
    /// The lines as code: without comments, and without texts unless they are asked for. Line numbers stay.
    func code(keepsTexts: Bool) -> [String] {
        var isInBlock = false
        return lines.map { line in
            let isDelimiter = line.contains("\"\"\"")
            defer { if isDelimiter, !line.hasTwoDelimiters { isInBlock.toggle() } }
            if isInBlock { return keepsTexts ? String(line) : "" }
            return Self.code(line, keepsTexts: keepsTexts)
        }
    }

    private static func code(_ line: Substring, keepsTexts: Bool) -> String {
        var code = ""
        var isText = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isText.toggle() }
            if !isText, character == "/", previous == "/" {
                code.removeLast()
                return code
            }
            if keepsTexts || !isText || character == "\"" { code.append(character) }
            previous = character
        }
        return code
    }
}

extension Substring {
    fileprivate var hasTwoDelimiters: Bool {
        guard let first = range(of: "\"\"\"") else { return false }
        return self[first.upperBound...].contains("\"\"\"")
    }
}
