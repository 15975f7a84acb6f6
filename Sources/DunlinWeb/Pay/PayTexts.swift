import DunlinCalendar
import DunlinCore
import DunlinJobs

/// What the recovery pages say. Never why a bank says no: that is nobody's business but the customer's and the bank's,
/// and some of its reasons (a card reported lost) must not be told to whoever holds the link.
enum PayTexts {
    static func title(_ page: RecoveryPage) -> String {
        switch page.state {
        case .due: "A payment is due"
        case .atBank: "Your bank is waiting for you"
        case .checking: "We are checking your last payment"
        case .charging: "Your new card is being charged"
        case .paid: "Paid"
        case .canceled: "Nothing to pay"
        case .notNow: "This payment cannot be made now"
        case .tooMany: "Please wait a little"
        }
    }

    static func explanation(_ page: RecoveryPage) -> String {
        switch page.state {
        case .due:
            page.card == nil
                ? "There is no card that we can charge. Please add another one; it is entered on the payment "
                    + "processor's own page."
                : "Your bank may ask you to confirm the payment. You come back here afterwards."
        case .atBank: "It asks you to confirm the payment. You come back here afterwards."
        case .checking: "This page looks again by itself. You do not have to pay a second time."
        case .charging:
            "Your card was saved. It is charged within a few minutes, or with our next billing run. You may close this page."
        case .paid: "Thank you. This payment has arrived, and nothing is left to do."
        case .canceled: "This payment is no longer due. You will not be charged for it."
        case .notNow: "Please try again later, or contact us. You were not charged."
        case .tooMany(let until): "Too much was tried within the last hour. You can go on after \(time(until)) UTC."
        }
    }

    static func note(_ note: RecoveryPage.Note, in page: RecoveryPage) -> String {
        switch note {
        case .notPaid:
            "The last payment did not go through. You were not charged. You can try again, or use another card."
        case .notConfirmed:
            "The payment was not confirmed with your bank. You were not charged. You can try again, or use another card."
        case .cardMustRest: "This card cannot be tried again at the moment. Please use another card."
        case .noAnswer: "The payment processor did not answer. You can try again in a few minutes."
        case .cannotContinue: "Your bank asks for something that cannot be done here. Please use another card."
        }
    }

    static func whatIsNext(_ page: RecoveryPage) -> String? {
        guard page.state == .due, let next = page.nextAttemptAt, page.card != nil else { return nil }
        return "If you do nothing, your card is charged again on \(date(next, zone: page.timeZone))."
    }

    /// `Visa ending in 4242`
    static func card(_ card: RecoveryPage.Card) -> String {
        let brand = card.brand.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "Card"
        return card.last4.map { "\(brand) ending in \($0)" } ?? brand
    }

    /// `1 November 2026 to 30 November 2026`: the last day is inside the period.
    static func period(_ page: RecoveryPage) -> String {
        guard let start = LocalDate(page.periodStart), let end = LocalDate(page.periodEnd) else {
            return "\(page.periodStart) to \(page.periodEnd)"
        }
        guard let last = end.adding(days: -1) else { return date(start) }
        return last <= start ? date(start) : "\(date(start)) to \(date(last))"
    }

    static func date(_ instant: Instant, zone: String) -> String {
        date((Zone(zone) ?? .utc).local(of: instant).date)
    }

    private static func date(_ date: LocalDate) -> String { "\(date.day) \(months[date.month - 1]) \(date.year)" }

    /// `14:05`
    private static func time(_ instant: Instant) -> String {
        String(instant.adding(minutes: 1).rfc3339Seconds.dropFirst(11).prefix(5))
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
