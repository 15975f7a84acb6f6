import DunlinCore
import DunlinJobs

/// The recovery pages as documents: no script, no picture, nothing from elsewhere; readable without a style sheet.
struct PayDocument {
    /// Seconds until a page that waits looks again.
    static let lookAgainSeconds = 5

    let merchant: String?
    let contact: String?

    /// The page of a debt.
    ///
    /// - Parameters:
    ///   - form: what a press of a button must carry.
    ///   - lookAgain: where a page that waits looks again.
    func page(_ page: RecoveryPage, form: String, lookAgain: String) -> String {
        let isWaiting = page.state == .checking || page.state == .charging
        var body: [HTML] = [.element("h1", [], HTML(PayTexts.title(page)))]
        if let note = page.note {
            body.append(.element("p", [("class", "note"), ("role", "status")], HTML(PayTexts.note(note, in: page))))
        }
        if page.state != .canceled { body.append(facts(page)) }
        body.append(.element("p", [], HTML(PayTexts.explanation(page))))
        body += buttons(page, form: form)
        if let next = PayTexts.whatIsNext(page) { body.append(.element("p", [("class", "faint")], HTML(next))) }
        if isWaiting {
            body.append(
                .element("p", [("class", "faint")], .element("a", [("href", lookAgain)], "Look again now")))
        }
        return document(
            PayTexts.title(page), body, refresh: isWaiting ? "\(Self.lookAgainSeconds); url=\(lookAgain)" : nil)
    }

    /// A page that shows no debt.
    func message(_ title: String, _ text: String) -> String {
        document(title, [.element("h1", [], HTML(title)), .element("p", [], HTML(text))], refresh: nil)
    }

    private func facts(_ page: RecoveryPage) -> HTML {
        var rows: [HTML] = []
        if let amount = page.amount {
            rows.append(row("Amount", amount.description, "amount"))
        }
        rows.append(row("For", page.plan))
        rows.append(row("Period", PayTexts.period(page)))
        if page.state == .due, let card = page.card { rows.append(row("Card", PayTexts.card(card))) }
        return .element("dl", [], rows)
    }

    private func row(_ name: String, _ value: String, _ style: String? = nil) -> HTML {
        .element(
            "div", [("class", style)], .element("dt", [], HTML(name)), .element("dd", [], HTML(value)))
    }

    private func buttons(_ page: RecoveryPage, form: String) -> [HTML] {
        let amount = page.amount?.description ?? ""
        switch page.state {
        case .due:
            guard page.card != nil, page.note != .cardMustRest else {
                return [button("Add another card", .card, form, isMain: true)]
            }
            return [
                button("Pay \(amount)", .pay, form, isMain: true),
                button("Use another card", .card, form, isMain: false),
            ]
        case .atBank:
            return [
                button("Continue at your bank", .pay, form, isMain: true),
                button("Use another card", .card, form, isMain: false),
            ]
        case .checking, .charging, .paid, .canceled, .notNow, .tooMany: return []
        }
    }

    /// A form of its own for each button; it goes back to the address of the page.
    private func button(_ text: String, _ choice: RecoveryVisit.Choice, _ form: String, isMain: Bool) -> HTML {
        .element(
            "form", [("method", "post")],
            .void("input", [("type", "hidden"), ("name", "form"), ("value", form)]),
            .element(
                "button",
                [
                    ("type", "submit"), ("name", "choice"), ("value", choice.rawValue),
                    ("class", isMain ? "main" : nil),
                ], HTML(text)))
    }

    private func document(_ title: String, _ content: [HTML], refresh: String?) -> String {
        var head: [HTML] = [
            .void("meta", [("charset", "utf-8")]),
            .void("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            .void("meta", [("name", "robots"), ("content", "noindex, nofollow")]),
        ]
        if let refresh { head.append(.void("meta", [("http-equiv", "refresh"), ("content", refresh)])) }
        head.append(.element("title", [], HTML(merchant.map { "\(title) · \($0)" } ?? title)))
        head.append(.style(PayStyle.sheet))
        var card: [HTML] = []
        if let merchant { card.append(.element("p", [("class", "from")], HTML(merchant))) }
        card += content
        var main: [HTML] = [.element("div", [("class", "card")], card)]
        if let contact {
            main.append(.element("p", [("class", "faint")], HTML("Questions? \(contact)")))
        }
        return HTML.document(language: "en", head: head, body: [.element("main", [], main)])
    }
}
