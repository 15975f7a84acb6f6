/// Cards that only the sandbox has: they attach, and then decline with any code, always or a few times.
///
/// - Token `pm_card_sandbox_<decline code>` or `pm_card_sandbox_<decline code>_<times>`.
/// - Number `40000099 DD TT 000 C`: DD is the decline's place in `CardDecline.codesInNumberOrder` counted from 1,
///   TT how many charges are declined (00 = all), C the check digit.
/// - Slow: token `pm_card_sandbox_slow`, or DD = 99: a charge is processing for an hour, then succeeds;
///   `pm_card_sandbox_slow_decline`, or DD = 99 and TT = 01: then it is declined (insufficient_funds).
/// - Statistical: token `pm_card_statistical`, or DD = 00; `pm_card_statistical_debit`, or DD = 00 and TT = 01.
struct OwnCard {
    private static let tokenPrefix = "pm_card_sandbox_"
    private static let numberPrefix = "40000099"

    let card: TestCard

    init?(token: String) {
        switch token {
        case "pm_card_statistical": card = Self.statistical(funding: "credit")
        case "pm_card_statistical_debit": card = Self.statistical(funding: "debit")
        case "pm_card_sandbox_slow": card = Self.slow(declines: false)
        case "pm_card_sandbox_slow_decline": card = Self.slow(declines: true)
        default:
            guard token.hasPrefix(Self.tokenPrefix) else { return nil }
            let name = token.dropFirst(Self.tokenPrefix.count)
            let parts = name.split(separator: "_")
            let times = parts.last.flatMap { Int($0) }
            let code = times == nil ? String(name) : parts.dropLast().joined(separator: "_")
            guard let index = CardDecline.codesInNumberOrder.firstIndex(of: code), (times ?? 0) < 100 else {
                return nil
            }
            card = Self.declining(index: index, times: times)
        }
    }

    init?(number: String) {
        guard number.hasPrefix(Self.numberPrefix), number.count == 16, CardNumber(number).isValid else { return nil }
        let digits = number.dropFirst(Self.numberPrefix.count)
        guard let place = Int(digits.prefix(2)), let times = Int(digits.dropFirst(2).prefix(2)) else { return nil }
        if place == 0 {
            card = Self.statistical(funding: times == 1 ? "debit" : "credit")
        } else if place == Self.slowPlace {
            card = Self.slow(declines: times == 1)
        } else {
            guard place <= CardDecline.codesInNumberOrder.count else { return nil }
            card = Self.declining(index: place - 1, times: times == 0 ? nil : times)
        }
    }

    private static func declining(index: Int, times: Int?) -> TestCard {
        let code = CardDecline.codesInNumberOrder[index]
        return TestCard(
            number: number(place: index + 1, times: times ?? 0), tokens: [],
            behavior: CardBehavior(chargeDecline: code, declinesMax: times))
    }

    private static let slowPlace = 99

    private static func slow(declines: Bool) -> TestCard {
        TestCard(
            number: number(place: slowPlace, times: declines ? 1 : 0), tokens: [],
            behavior: CardBehavior(
                chargeDecline: declines ? "insufficient_funds" : nil, processingMilliseconds: 3_600_000))
    }

    private static func statistical(funding: String) -> TestCard {
        TestCard(
            number: number(place: 0, times: funding == "debit" ? 1 : 0), tokens: [],
            behavior: CardBehavior(isStatistical: true), funding: funding)
    }

    static func number(place: Int, times: Int) -> String {
        let body = numberPrefix + twoDigits(place) + twoDigits(times) + "000"
        return body + String(CardNumber.checkDigit(for: body))
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
