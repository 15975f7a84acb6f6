import DunlinCore

extension Settings {
    static func selfCheck(_ reader: SettingsReader) -> SelfCheckLimits? {
        let due = reader.integer("self_check.due_minutes", in: 1...10_080)
        let unknown = reader.integer("self_check.unknown_minutes", in: 1...10_080)
        let event = reader.integer("self_check.event_minutes", in: 1...10_080)
        let lease = reader.integer("self_check.lease_seconds", in: 10...86_400)
        let skew = reader.integer("self_check.clock_skew_seconds", in: 1...300)
        guard let due, let unknown, let event, let lease, let skew else { return nil }
        return SelfCheckLimits(
            dueSeconds: Int64(due) * 60, leaseSeconds: Int64(lease), unknownSeconds: Int64(unknown) * 60,
            eventSeconds: Int64(event) * 60, clockSkewSeconds: Int64(skew))
    }
}
