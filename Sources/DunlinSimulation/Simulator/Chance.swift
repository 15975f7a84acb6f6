import DunlinCalendar
import Synchronization

/// Everything that a run leaves to chance, drawn from its seed. Each purpose draws from a stream of its own, so that
/// one kind of fault more or less leaves the draws of the others as they were.
final class Chance: Sendable {
    private let seed: UInt64
    private let streams = Mutex<[String: SeededGenerator]>([:])

    init(seed: UInt64) { self.seed = seed }

    func bits(_ stream: String) -> UInt64 {
        streams.withLock { streams in
            let hash = stream.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            return streams[stream, default: SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ hash)].next()
        }
    }

    /// - Parameter share: in a million.
    func happens(_ share: Int, _ stream: String) -> Bool { share > 0 && bits(stream) % 1_000_000 < UInt64(share) }

    func number(_ range: ClosedRange<Int64>, _ stream: String) -> Int64 {
        range.lowerBound + Int64(bits(stream) % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Nil of an empty list.
    func pick<Element>(_ elements: [Element], _ stream: String) -> Element? {
        elements.isEmpty ? nil : elements[Int(bits(stream) % UInt64(elements.count))]
    }
}
