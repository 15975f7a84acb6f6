import Foundation

#if canImport(Glibc)
    @preconcurrency import Glibc
#else
    import Darwin
#endif

/// Standard output and error as they are: bytes, and whether a person is looking.
enum StandardStreams {
    /// A reader that went away is not an error of ours: what it did not want is dropped.
    static func writeOutput(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Columns of the terminal behind standard output; nil when there is none.
    static var outputColumns: Int? {
        var size = winsize()
        guard outputIsTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { unsafe in
                #if canImport(Glibc)
                    Glibc.write(descriptor, unsafe.baseAddress, unsafe.count)
                #else
                    Darwin.write(descriptor, unsafe.baseAddress, unsafe.count)
                #endif
            }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
