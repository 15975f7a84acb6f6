extension String {
    /// Whether the bytes of `part` stand somewhere in this text.
    ///
    /// Byte for byte is all that ids and keys need. `contains` compares characters: a mark that combines with the last
    /// one hides a match from it, and it costs many times as much.
    public func holds(_ part: String) -> Bool {
        let part = Array(part.utf8)
        guard let first = part.first else { return true }
        var text = self
        return text.withUTF8 { bytes in
            guard bytes.count >= part.count else { return false }
            return (0...bytes.count - part.count).contains { place in
                bytes[place] == first && bytes[place..<place + part.count].elementsEqual(part)
            }
        }
    }
}
