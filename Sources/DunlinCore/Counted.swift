extension BinaryInteger {
    /// A count with what is counted, for people: `1 job`, `2 jobs`.
    ///
    /// - Parameters:
    ///   - one: what is counted, with its verb where one follows.
    ///   - many: the same of several; nil where that is `one` with an s.
    public func counted(_ one: String, _ many: String? = nil) -> String { "\(self) \(named(one, many))" }

    /// What is counted, without the count.
    public func named(_ one: String, _ many: String? = nil) -> String { self == 1 ? one : many ?? one + "s" }
}
