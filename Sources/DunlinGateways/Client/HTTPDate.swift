import DunlinCalendar

/// Dates of HTTP headers (RFC 9110 section 5.6.7, IMF-fixdate only): `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// Read by position, so that no locale has a say.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func instant(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, text.hasSuffix(" GMT"), bytes[3] == UInt8(ascii: ","),
            bytes[19] == UInt8(ascii: ":"), bytes[22] == UInt8(ascii: ":")
        else { return nil }
        let monthName = String(decoding: bytes[8..<11], as: UTF8.self)
        guard let month = months.firstIndex(of: monthName).map({ Int64($0) + 1 }),
            let day = number(bytes[5..<7], in: 1...31), let year = number(bytes[12..<16], in: 1970...9999),
            let hour = number(bytes[17..<19], in: 0...23), let minute = number(bytes[20..<22], in: 0...59),
            let second = number(bytes[23..<25], in: 0...60)
        else { return nil }
        return Instant(seconds: ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
    }

    private static func number(_ digits: ArraySlice<UInt8>, in range: ClosedRange<Int64>) -> Int64? {
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return range.contains(value) ? value : nil
    }

    /// Days since 1970-01-01, by the proleptic Gregorian calendar with years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
