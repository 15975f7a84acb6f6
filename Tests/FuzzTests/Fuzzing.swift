import DunlinCalendar
import Foundation

/// Feeds a parser damaged samples: a fixed number from a fixed seed in every run, and with `DUNLIN_FUZZ_SECONDS=60` for
/// that long, from the seed in `DUNLIN_FUZZ_SEED` or one of the moment, which is printed.
///
/// The input at work is in `$TMPDIR/dunlin-fuzz-<name>`: what a trap leaves there belongs into the corpus, with the fix.
struct Fuzzing {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seconds = environment["DUNLIN_FUZZ_SECONDS"].flatMap { Double($0) }

    let name: String
    /// How many inputs every run feeds.
    let rounds: Int
    /// Samples besides those of the corpus.
    var alsoFrom: [String] = []

    /// - Parameter read: throws or records an issue when the parser did what it must not.
    func run(_ read: ([UInt8]) async throws -> Void) async throws {
        let samples = try corpus() + alsoFrom.map { Array($0.utf8) }
        for sample in samples { try await read(sample) }
        let trace = Trace(name)
        var random = SeededGenerator(seed: seed)
        let begun = ContinuousClock.now
        var round = 0
        while goesOn(round, since: begun) {
            let input = Mutation.damaged(samples, using: &random)
            trace.note(input)
            try await read(input)
            round += 1
        }
        trace.remove()
    }

    private func goesOn(_ round: Int, since begun: ContinuousClock.Instant) -> Bool {
        guard let seconds = Self.seconds else { return round < rounds }
        return ContinuousClock.now - begun < .seconds(seconds)
    }

    private var seed: UInt64 {
        if let given = Self.environment["DUNLIN_FUZZ_SEED"].flatMap({ UInt64($0) }) { return given }
        guard Self.seconds != nil else { return 1 }
        var system = SystemRandomNumberGenerator()
        let drawn = UInt64(system.next() as UInt32)
        FileHandle.standardError.write(Data("fuzzing \(name) from DUNLIN_FUZZ_SEED=\(drawn)\n".utf8))
        return drawn
    }

    private func corpus() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "corpus/\(name)")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []
        return try files.map { Array(try Data(contentsOf: folder.appending(path: $0))) }
    }
}

/// The input at work, on disk before it is read.
private struct Trace {
    private let path: String
    private let descriptor: Int32

    init(_ name: String) {
        path = NSTemporaryDirectory() + "/dunlin-fuzz-\(name)-\(ProcessInfo.processInfo.processIdentifier)"
        descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
    }

    func note(_ input: [UInt8]) {
        ftruncate(descriptor, off_t(input.count))
        _ = input.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    func remove() {
        close(descriptor)
        unlink(path)
    }
}
