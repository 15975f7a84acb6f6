/// One measured figure, with the floor measured in the same run where there is one.
struct BenchRow: Encodable, Sendable {
    /// At least this share of the floor is wanted.
    static let target = 0.5

    let name: String
    let value: Double
    let unit: String
    var floor: Double?
    var ratio: Double?
    var target: Double?
    var met: Bool?

    /// A count, which has no floor.
    init(_ name: String, _ value: Double, unit: String) {
        self.name = name
        self.value = Self.rounded(value)
        self.unit = unit
    }

    /// A rate: the median of the rounds, beside the median of the floor's.
    ///
    /// - Parameter rounds: the product's and the floor's rates, measured in turns.
    init(_ name: String, rounds: [(value: Double, floor: Double)], unit: String) {
        let value = Self.median(rounds.map(\.value))
        let floor = Self.median(rounds.map(\.floor))
        let ratio = floor > 0 ? value / floor : 0
        self.name = name
        self.value = Self.rounded(value)
        self.unit = unit
        self.floor = Self.rounded(floor)
        self.ratio = Self.rounded(ratio)
        target = Self.target
        met = ratio >= Self.target
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    private static func rounded(_ value: Double) -> Double {
        value >= 100 ? value.rounded() : (value * 100).rounded() / 100
    }

    private enum CodingKeys: CodingKey {
        case name, value, unit, floor, ratio, target, met
    }

    /// The keys are there also when there is nothing to tell.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encode(floor, forKey: .floor)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(target, forKey: .target)
        try container.encode(met, forKey: .met)
    }
}
