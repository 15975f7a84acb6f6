/// What is to happen later, earliest first; of two things due at the same instant the one added first.
struct Schedule<Element> {
    private struct Entry {
        let due: Int64
        let order: Int
        let element: Element

        func precedes(_ other: Entry) -> Bool { (due, order) < (other.due, other.order) }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var added = 0

    var count: Int { entries.count }
    var nextDue: Int64? { entries.first?.due }

    mutating func add(_ element: Element, due: Int64) {
        added += 1
        entries.append(Entry(due: due, order: added, element: element))
        var child = entries.count - 1
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the earliest that is due at or before an instant.
    mutating func take(dueBy instant: Int64) -> (due: Int64, element: Element)? {
        guard let first = entries.first, first.due <= instant else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.due, first.element)
    }

    mutating func removeAll() { entries.removeAll() }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = parent * 2 + 1
            guard left < entries.count else { return }
            let right = left + 1
            let child = right < entries.count && entries[right].precedes(entries[left]) ? right : left
            guard entries[child].precedes(entries[parent]) else { return }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
