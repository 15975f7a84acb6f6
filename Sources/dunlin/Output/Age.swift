/// How long something has lasted, for people: the two largest units.
enum Age {
    static func text(seconds: Int64) -> String {
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        var rest = max(seconds, 0)
        var parts: [String] = []
        for (name, length) in units where rest >= length || (length == 1 && parts.isEmpty) {
            if parts.count == 2 { break }
            parts.append("\(rest / length) \(name)")
            rest %= length
        }
        return parts.joined(separator: " ")
    }
}
