import Foundation

/// The file before SQLite sees it: where it lies, whether it is there, who may read it.
struct DatabaseFile {
    let path: String
    let options: DatabaseOptions

    /// Checks the place and creates the file when it is to be created, with its permissions from the first byte.
    ///
    /// - Returns: true when the file may be taken for a new database, should it be empty.
    func prepare() throws -> Bool {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let size = try existingSize()
        try refuseNetworkFileSystem(size == nil ? folder : path)
        switch options.opening {
        case .mustExist:
            guard size != nil else {
                throw DatabaseError(.notFound, "there is no database at \(path): create it with init, or name another")
            }
            return false
        case .create:
            guard (size ?? 0) == 0 else {
                throw DatabaseError(.exists, "\(path) exists already: name another file, or remove this one")
            }
        case .createIfMissing:
            break
        }
        if size == nil { try create(in: folder) }
        return (size ?? 0) == 0 || options.opening == .createIfMissing
    }

    private func existingSize() throws -> Int? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseError(.cannotOpen, "\(path) is not a file")
        }
        return Int(information.st_size)
    }

    private func refuseNetworkFileSystem(_ place: String) throws {
        guard let name = options.fileSystems.networkName(place) else { return }
        throw DatabaseError(
            .networkFileSystem,
            "\(path) lies on \(name), where the database's locks do not hold: move it to a local disk")
    }

    private func create(in folder: String) throws {
        let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode_t(options.fileMode))
        if descriptor >= 0 {
            // The caller's umask does not widen, but it may narrow what was asked for.
            fchmod(descriptor, mode_t(options.fileMode))
            Foundation.close(descriptor)
            return
        }
        // Another process was faster: whose database it is shows when it is opened.
        guard errno != EEXIST else { return }
        throw DatabaseError(
            .cannotOpen, "\(path) cannot be created in \(folder): \(String(cString: strerror(errno)))")
    }
}
