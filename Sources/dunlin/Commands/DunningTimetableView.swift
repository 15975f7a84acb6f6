import DunlinCalendar
import DunlinCore

/// A timetable as `dunlin dunning explain` shows it. Fields are added, never renamed.
struct DunningTimetableView: Encodable {
    struct Step: Encodable {
        /// `try`, `ask_customer`, `ask_method`, `wait`, `last_notice`, `final_action` or `no_end`.
        let what: String
        /// Of a try.
        let number: Int?
        let at: String
        let atLocal: String
        let why: String
        let notices: [String]
        /// Of the final action.
        let subscription: String?
        let invoice: String?
    }

    let decline: String?
    let declineClass: String
    let isKnown: Bool
    let reason: String
    let source: String?
    let waitSeconds: Int64?
    let policy: String
    let triesMax: Int
    let timeZone: String
    let steps: [Step]

    init(_ timetable: DunningTimetable, zone: Zone, decline: String?) {
        let classified = timetable.classified
        self.decline = decline
        declineClass = classified.declineClass.rawValue
        isKnown = classified.isKnown
        reason = classified.reason
        source = classified.source
        waitSeconds = classified.waitSeconds
        policy = timetable.policy.name
        triesMax = timetable.rows.count { if case .attempt = $0.event { true } else { false } }
        timeZone = zone.identifier
        steps = timetable.rows.map { Step($0, zone: zone) }
    }

    func lines(_ output: Output) -> [String] {
        let subject = decline.map { "\($0): " } ?? ""
        var lines = ["\(subject)\(output.emphasized(declineClass)). \(reason)"]
        if let source { lines.append("By \(source).") }
        if !isKnown { lines.append("The code has no row in declines.json: it is tried a few times, with care.") }
        lines += ["Policy \(policy): at most \(triesMax.counted("try", "tries")) of such a debt.", ""]
        var table = Table([.left("WHAT"), .left("LOCAL"), .left("UTC"), .left("WHY"), .left("NOTICES")])
        for step in steps {
            table.add([
                step.words, step.atLocal, step.at, step.why,
                step.notices.isEmpty ? "–" : step.notices.joined(separator: ", "),
            ])
        }
        return lines + output.lines(of: table)
    }
}

extension DunningTimetableView.Step {
    init(_ row: DunningTimetable.Row, zone: Zone) {
        at = row.at.rfc3339Seconds
        atLocal = zone.local(of: row.at).description
        why = row.reason
        notices = row.notices.map(\.rawValue)
        var (number, final): (Int?, FinalAction?)
        switch row.event {
        case .attempt(let tries): (what, number) = ("try", tries)
        case .wait(.askCustomer): what = "ask_customer"
        case .wait(.askMethod): what = "ask_method"
        case .wait: what = "wait"
        case .lastNotice: what = "last_notice"
        case .finalAction(let action): (what, final) = ("final_action", action)
        case .noEnd: what = "no_end"
        }
        self.number = number
        subscription = final?.subscription.rawValue
        invoice = final?.invoice.rawValue
    }

    var words: String {
        switch what {
        case "try": "try \(number ?? 0)"
        case "ask_customer": "ask the customer"
        case "ask_method": "ask for another card"
        case "wait": "wait for the customer"
        case "last_notice": "last notice"
        case "final_action": "\(subscription ?? ""), invoice \(invoice ?? "")"
        default: "no end"
        }
    }
}
