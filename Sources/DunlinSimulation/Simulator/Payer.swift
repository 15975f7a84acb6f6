import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinWeb

/// A customer with the link of a debt: looks, presses, goes to the bank and to the gateway's page, comes back or never
/// does, has the page open twice, or holds a link that is good no more, or that somebody made up.
struct Payer: Sendable {
    /// Presses in one visit.
    private static let roundsMax = 3
    /// Pages that a browser is sent on to, one after the other.
    private static let pagesMax = 6

    let world: World
    let host: PayHost

    /// What the customer holds.
    private struct Held: Sendable {
        let invoiceID: Int64
        /// `/pay/<token>`
        var path: String
        var isForged = false
        /// Which data file it was made from: another copy knows other links.
        let file: Int
    }

    // MARK: - A visit

    func visit(_ invoiceID: Int64) async {
        do {
            guard var held = try await link(of: invoiceID) else { return }
            if world.chance.happens(60_000, "payers") { forge(&held) }
            if world.chance.happens(80_000, "payers") { try await revoke(invoiceID) }
            world.note("link: invoice \(invoiceID) is opened\(held.isForged ? " with a forged link" : "")")
            world.count(held.isForged ? "link forged" : "link opened")
            for _ in 1...Self.roundsMax where !world.isOver {
                guard try await goRound(held) else { return }
                await pause(10_000...7_200_000)
            }
        } catch {
            world.note("link: invoice \(invoiceID): \(error)")
        }
    }

    /// - Returns: false when the customer has done with it.
    private func goRound(_ held: Held) async throws -> Bool {
        guard let page = await open(held) else { return world.chance.happens(700_000, "payers") }
        guard let form = Self.value(of: "form", in: page) else { return false }
        let choices = ["pay", "card"].filter { Self.text(page).contains("value=\"\($0)\"") }
        guard let choice = choices.count > 1 && world.chance.happens(750_000, "payers") ? "pay" : choices.last else {
            return false
        }
        if world.chance.happens(40_000, "payers without a page") { try await pressUnseen(choice, held) }
        await pause(1_000...180_000)
        if world.chance.happens(30_000, "payers") {
            world.count("link form kept too long")
            await pause(3_600_000...4_800_000)
        }
        if world.chance.happens(40_000, "payers") { try await revoke(held.invoiceID) }
        let windows = world.chance.happens(200_000, "payers") ? 2 : 1
        if windows > 1 { world.count("link pressed twice at once") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...windows { group.addTask { try await press(choice, form, held) } }
            try await group.waitForAll()
        }
        return world.chance.happens(400_000, "payers")
    }

    private func open(_ held: Held) async -> Answer? {
        let answer = await send(.init(method: "GET", path: held.path), held)
        return answer?.status == 200 ? answer : nil
    }

    private func press(_ choice: String, _ form: String, _ held: Held) async throws {
        world.count("link \(choice)")
        let body = Array("choice=\(choice)&form=\(form)".utf8)
        let answer = await send(
            .init(method: "POST", path: held.path, body: body, headers: ["sec-fetch-site": "same-origin"]), held)
        guard let answer, answer.status == 303, let target = answer.headers["location"] else { return }
        await follow(target, held)
    }

    /// As a program does that follows whatever it finds in a mail, or a page of somebody else: nothing is done for it.
    private func pressUnseen(_ choice: String, _ held: Held) async throws {
        world.count("link pressed without its page")
        let body = Array("choice=\(choice)&form=\(world.now.seconds).\(String(repeating: "A", count: 43))".utf8)
        let answer = await send(
            .init(method: "POST", path: held.path, body: body, headers: ["sec-fetch-site": "same-origin"]), held)
        guard let answer, answer.status == 303 else { return }
        world.violate(
            "pages", "acted_unseen",
            "a link of invoice \(held.invoiceID) was acted on from no page that was shown (rule 23)")
    }

    // MARK: - Where the browser is sent

    private func follow(_ first: String, _ held: Held) async {
        var target = first
        for _ in 1...Self.pagesMax where !world.isOver {
            guard target.hasPrefix(PayHost.bank) else { return await comeBack(target, held) }
            // At the bank, some for longer than their hour.
            await pause(world.chance.happens(100_000, "payers") ? 3_000_000...9_000_000 : 2_000...400_000)
            guard let next = await leaveBank(String(target.dropFirst(PayHost.bank.count))) else { return }
            target = next
        }
    }

    /// - Returns: where the browser goes next; nil when it goes nowhere.
    private func leaveBank(_ path: String) async -> String? {
        let body: String
        if path.contains("/authenticate/") {
            let drawn = world.chance.number(0...99, "payers")
            let answer: ChallengeAnswer = drawn < 62 ? .approve : drawn < 80 ? .fail : .abandon
            world.count("link challenge \(answer.rawValue)")
            if answer == .abandon, world.chance.happens(500_000, "payers") { return nil }
            body = "answer=\(answer.rawValue)"
        } else {
            if world.chance.happens(200_000, "payers") {
                world.count("link card page left")
                return nil
            }
            world.count("link card typed in")
            let number = world.chance.pick(Self.cards, "payers") ?? Self.cards[0]
            body = "number=\(number)&exp_month=12&exp_year=2034&cvc=123"
        }
        let answer = world.sandbox.handle(
            SandboxRequest(
                method: "POST", path: path, headers: ["content-type": "application/x-www-form-urlencoded"],
                body: Array(body.utf8), receivedAt: world.now.milliseconds))
        return answer.header("location")
    }

    private static let cards = [
        "4242424242424242", "4000002500003155", "4000002760003184", "4000003800000446", "4000000000000341",
        "4000000000009995", "4000000000000002", "4000000000009987", "4000008400001629",
    ]

    private func comeBack(_ target: String, _ held: Held) async {
        if world.chance.happens(250_000, "payers") {
            world.count("link never came back")
            return
        }
        var path = target
        if path.hasPrefix(PayHost.origin) { path = String(path.dropFirst(PayHost.origin.count)) }
        let back = String(path.prefix { $0 != "?" && $0 != "#" })
        // A clean address beside the page itself.
        guard back.hasPrefix("/pay/") else { return }
        world.count("link came back")
        let times = world.chance.happens(150_000, "payers") ? 2 : 1
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...times { group.addTask { _ = await send(.init(method: "GET", path: back), held) } }
        }
    }

    // MARK: - Requests

    /// Tries again a few times when nobody answers. Whatever is answered is held against what the link allows.
    private func send(_ request: PayPages.Request, _ held: Held) async -> Answer? {
        for _ in 1...3 where !world.isOver {
            let isGood = await isGood(held)
            guard let answer = await host.answer(request) else {
                await pause(1_000...90_000)
                continue
            }
            world.note("link: \(request.method) \(held.invoiceID): \(answer.status)")
            let isRefused = [404, 410, 503].contains(answer.status)
            // The address that banks know tells of no debt.
            let isOfDebt = request.path.hasPrefix(held.path)
            if isGood == false, !isRefused, isOfDebt, held.file == world.fileNumber {
                world.violate(
                    "pages", held.isForged ? "forged_link" : "revoked_link",
                    "\(request.method) of a link of invoice \(held.invoiceID) that is good no more was answered with "
                        + "\(answer.status)")
            }
            return answer
        }
        return nil
    }

    /// Before a request leaves: may its link open anything? nil while the clocks could tell both.
    private func isGood(_ held: Held) async -> Bool? {
        if held.isForged { return false }
        guard let token = RecoveryToken(held.path.replacing("/pay/", with: "")) else { return false }
        let now = world.now
        let found = try? await world.office().read { tx in
            try Invoices.find(held.invoiceID, tx).map { try RecoveryLinks.find($0, days: PayHost.linkDays, tx) }
        }
        guard let link = found else { return nil }
        if token.generation != link.generation { return false }
        if now > link.expiresAt.adding(minutes: 10) { return false }
        return now < link.expiresAt.adding(minutes: -10) ? true : nil
    }

    // MARK: - The link

    private func link(of invoiceID: Int64) async throws -> Held? {
        guard let key = host.key else { return nil }
        let isNew = world.chance.happens(500_000, "payers")
        let now = world.now
        let path = try await world.office().write(step: "link") { tx -> String? in
            guard let invoice = try Invoices.find(invoiceID, tx) else { return nil }
            let link =
                isNew
                ? try RecoveryLinks.issue(invoice, days: PayHost.linkDays, now: now, tx)
                : try RecoveryLinks.find(invoice, days: PayHost.linkDays, tx)
            return "/pay/" + key.token(of: invoice.recoveryDebt, generation: link.generation)
        }
        return path.map { Held(invoiceID: invoiceID, path: $0, file: world.fileNumber) }
    }

    private func revoke(_ invoiceID: Int64) async throws {
        let now = world.now
        world.count("link revoked")
        try await world.office().write(step: "revoke") { tx in
            guard let invoice = try Invoices.find(invoiceID, tx) else { return }
            try RecoveryLinks.revoke(invoice, now: now, tx)
        }
    }

    /// Another debt's number, the next generation, or a code that nobody made.
    private func forge(_ held: inout Held) {
        held.isForged = true
        let parts = held.path.dropFirst("/pay/".count).split(separator: ".").map(String.init)
        guard parts.count == 3, let generation = Int(parts[1]) else { return }
        switch world.chance.number(0...2, "payers") {
        case 0: held.path = "/pay/\(held.invoiceID + 1).\(parts[1]).\(parts[2])"
        case 1: held.path = "/pay/\(parts[0]).\(generation + 1).\(parts[2])"
        default: held.path = "/pay/\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))"
        }
    }

    // MARK: - Parts

    private func pause(_ milliseconds: ClosedRange<Int64>) async {
        await world.wait(world.chance.number(milliseconds, "payers"), nil)
    }

    private static func text(_ answer: Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    /// Of the hidden field of a page.
    private static func value(of name: String, in answer: Answer) -> String? {
        let text = text(answer)
        guard let start = text.firstRange(of: "name=\"\(name)\" value=\""),
            let end = text[start.upperBound...].firstIndex(of: "\"")
        else { return nil }
        return String(text[start.upperBound..<end])
    }
}
