import Synchronization

/// Bytes that can be taken only once, a few at a time, as from standard input.
final class OneTimeBytes: Sendable {
    private let bytes: Mutex<ArraySlice<UInt8>>
    private let chunkBytes: Int

    init(_ bytes: [UInt8], chunkBytes: Int = 7) {
        self.bytes = Mutex(bytes[...])
        self.chunkBytes = chunkBytes
    }

    func next(_ countMax: Int) -> [UInt8] {
        bytes.withLock { bytes in
            let taken = Array(bytes.prefix(min(countMax, chunkBytes)))
            bytes = bytes.dropFirst(taken.count)
            return taken
        }
    }
}
