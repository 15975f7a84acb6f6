import DunlinCalendar

/// Something that a person goes and does, in a browser or a program of his own.
enum Errand: Sendable {
    /// A customer opens the link of a debt.
    case visit(invoiceID: Int64)
    /// An operator decides about a debt, or about its subscription.
    case byHand(invoiceID: Int64)
}

/// Lets people go about their errands, all at the same time.
struct Errands: Sendable {
    /// Whose waits end when somebody has an errand; no process has this number.
    static let owner = -1

    let world: World
    let host: PayHost

    /// Lives until the run is over.
    func run() async {
        guard world.plan.has(.payLinks) || world.plan.has(.handVerbs) else { return }
        await withDiscardingTaskGroup { group in
            while !world.isOver {
                for errand in world.takeErrands() {
                    group.addTask {
                        switch errand {
                        case .visit(let invoiceID): await Payer(world: world, host: host).visit(invoiceID)
                        case .byHand(let invoiceID): await HandAtWork(world: world).decide(invoiceID)
                        }
                    }
                }
                await world.thread.wait(
                    until: world.now.adding(minutes: 30), order: world.chance.bits("order"), owner: Self.owner)
            }
        }
    }
}
