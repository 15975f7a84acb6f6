public import DunlinCalendar

/// A Swift type that one column can hold.
///
/// An enum with a raw value conforms in one line: `extension State: ColumnValue {}`.
public protocol ColumnValue: Sendable {
    /// What is stored.
    var databaseValue: Value { get }

    /// The value read back, or nil when the cell holds something this type cannot be.
    static func from(_ value: Value) -> Self?
}

extension Int64: ColumnValue {
    public var databaseValue: Value { .integer(self) }

    public static func from(_ value: Value) -> Int64? {
        guard case .integer(let integer) = value else { return nil }
        return integer
    }
}

extension Int: ColumnValue {
    public var databaseValue: Value { .integer(Int64(self)) }

    public static func from(_ value: Value) -> Int? { Int64.from(value).flatMap(Int.init(exactly:)) }
}

extension Double: ColumnValue {
    public var databaseValue: Value { .real(self) }

    public static func from(_ value: Value) -> Double? {
        switch value {
        case .real(let real): real
        case .integer(let integer): Double(exactly: integer)
        case .null, .text, .blob: nil
        }
    }
}

extension String: ColumnValue {
    public var databaseValue: Value { .text(self) }

    public static func from(_ value: Value) -> String? {
        guard case .text(let text) = value else { return nil }
        return text
    }
}

/// Stored as 0 or 1: the one form of a truth value that both engines compare alike.
extension Bool: ColumnValue {
    public var databaseValue: Value { .integer(self ? 1 : 0) }

    public static func from(_ value: Value) -> Bool? {
        switch value {
        case .integer(0): false
        case .integer(1): true
        default: nil
        }
    }
}

extension [UInt8]: ColumnValue {
    public var databaseValue: Value { .blob(self) }

    public static func from(_ value: Value) -> [UInt8]? {
        guard case .blob(let bytes) = value else { return nil }
        return bytes
    }
}

/// Stored as whole milliseconds since 1970, UTC.
extension Instant: ColumnValue {
    public var databaseValue: Value { .integer(milliseconds) }

    public static func from(_ value: Value) -> Instant? { Int64.from(value).map(Instant.init(milliseconds:)) }
}

extension Value: ColumnValue {
    public var databaseValue: Value { self }

    public static func from(_ value: Value) -> Value? { value }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    public var databaseValue: Value { self?.databaseValue ?? .null }

    public static func from(_ value: Value) -> Wrapped?? {
        if value == .null { return .some(.none) }
        return Wrapped.from(value).map(Optional.some)
    }
}

extension ColumnValue where Self: RawRepresentable, RawValue: ColumnValue {
    public var databaseValue: Value { rawValue.databaseValue }

    public static func from(_ value: Value) -> Self? { RawValue.from(value).flatMap(Self.init(rawValue:)) }
}
