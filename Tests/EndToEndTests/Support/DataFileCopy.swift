import DunlinTesting
import Foundation

/// The data file as it was at one moment, with what belongs to it.
struct DataFileCopy {
    private static let suffixes = ["", "-wal", "-shm"]
    private let site: Site
    private let contents: [String: Data]

    init(_ site: Site) throws {
        self.site = site
        var contents: [String: Data] = [:]
        for suffix in Self.suffixes {
            let path = site.program.folder.file("dunlin.db" + suffix)
            if FileManager.default.fileExists(atPath: path) {
                contents[suffix] = try Data(contentsOf: URL(filePath: path))
            }
        }
        self.contents = contents
    }

    /// True while every file holds what it held; what is shared between processes does not count.
    var isStillThere: Bool {
        Self.suffixes.allSatisfy { suffix in
            let path = site.program.folder.file("dunlin.db" + suffix)
            return suffix != "" || (try? Data(contentsOf: URL(filePath: path))) == contents[suffix]
        }
    }

    func restore() throws {
        for suffix in Self.suffixes {
            let path = site.program.folder.file("dunlin.db" + suffix)
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            // What is shared between processes is made anew from the log.
            if suffix != "-shm" { try contents[suffix]?.write(to: URL(filePath: path)) }
        }
    }
}
