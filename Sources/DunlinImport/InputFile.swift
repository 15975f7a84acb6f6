import Foundation

/// The bytes of a source, open for as long as it lives, read from any offset and as often as needed.
///
/// What can be read only once (standard input, a pipe) is first copied to a temporary file that only this user can
/// read and that has no name any more, so that it is gone with the process.
final class InputFile: Sendable {
    let name: String
    private let descriptor: Int32

    private init(name: String, descriptor: Int32) {
        self.name = name
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// - Throws: `ImportError`.
    static func opening(_ source: ImportSource, temporaryFolder: String) throws -> InputFile {
        switch source.content {
        case .stream(let read):
            return try spool(name: source.name, temporaryFolder: temporaryFolder) { countMax in
                try reading(source.name) { try read(countMax) }
            }
        case .file(let path):
            let file = try opening(path: path, name: source.name)
            guard try file.isReadableOnce() else { return file }
            return try spool(name: source.name, temporaryFolder: temporaryFolder) { try file.nextBytes(countMax: $0) }
        }
    }

    /// At most `countMax` bytes from `offset`; none at the end.
    ///
    /// - Throws: `ImportError.unreadable`.
    func bytes(at offset: Int, countMax: Int) throws(ImportError) -> [UInt8] {
        try fill(countMax) { pread(descriptor, $0, countMax, off_t(offset)) }
    }

    private func nextBytes(countMax: Int) throws(ImportError) -> [UInt8] {
        try fill(countMax) { read(descriptor, $0, countMax) }
    }

    private func fill(_ countMax: Int, _ take: (UnsafeMutableRawPointer?) -> Int) throws(ImportError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: countMax) { buffer, count in
            var result = take(buffer.baseAddress)
            while result < 0, errno == EINTR { result = take(buffer.baseAddress) }
            if result < 0 { failure = errno }
            count = Swift.max(result, 0)
        }
        guard failure == 0 else { throw InputFile.unreadable(name, failure) }
        return bytes
    }

    private static func opening(path: String, name: String) throws(ImportError) -> InputFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(name, errno) }
        return InputFile(name: name, descriptor: descriptor)
    }

    /// - Throws: `ImportError.unreadable` for a folder.
    private func isReadableOnce() throws(ImportError) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw InputFile.unreadable(name, errno) }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFDIR else { throw ImportError(.unreadable, file: name, "is a folder; name the files in it") }
        return kind != S_IFREG
    }

    private static func spool(
        name: String, temporaryFolder: String, next: (Int) throws -> [UInt8]
    ) throws -> InputFile {
        // mkstemp makes the file with mode 0600.
        var template = Array((temporaryFolder + "/dunlin-import-XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw notSpooled(name, temporaryFolder, errno) }
        unlink(template)
        let copy = InputFile(name: name, descriptor: descriptor)
        while true {
            let bytes = try next(chunkBytes)
            guard !bytes.isEmpty else { return copy }
            guard copy.append(bytes) else { throw notSpooled(name, temporaryFolder, errno) }
        }
    }

    private func append(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func reading(_ name: String, _ read: () throws -> [UInt8]) throws -> [UInt8] {
        do {
            return try read()
        } catch let error as ImportError {
            throw error
        } catch {
            throw ImportError(.unreadable, file: name, "reading failed: \(error)")
        }
    }

    private static func unreadable(_ name: String, _ code: Int32) -> ImportError {
        ImportError(.unreadable, file: name, "cannot be read: \(String(cString: strerror(code)))")
    }

    private static func notSpooled(_ name: String, _ folder: String, _ code: Int32) -> ImportError {
        ImportError(
            .notSpooled, file: name,
            "cannot be copied to a temporary file in \(folder): \(String(cString: strerror(code))); set TMPDIR to a folder"
                + " with room")
    }

    private static let chunkBytes = 65_536
}
