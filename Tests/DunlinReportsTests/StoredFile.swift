import Foundation

/// A file of `Files`, as a report must write it: byte for byte.
enum StoredFile {
    static func text(_ name: String, besides path: String = #filePath) throws -> String {
        let folder = URL(filePath: path).deletingLastPathComponent()
        return String(decoding: try Data(contentsOf: folder.appending(path: "Files/\(name)")), as: UTF8.self)
    }
}
