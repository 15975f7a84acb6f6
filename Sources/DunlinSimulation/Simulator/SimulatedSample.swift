import DunlinCalendar
import DunlinLedger

/// The customers of a run: as in the sample, with more trouble, and some who pay every day.
enum SimulatedSample {
    /// What a new card of a customer may turn out to be.
    static let cards = [
        "pm_card_visa", "pm_card_mastercard", "pm_card_statistical", "pm_card_sandbox_insufficient_funds_2",
        "pm_card_sandbox_do_not_honor_1", "pm_card_authenticationRequired", "pm_card_sandbox_lost_card",
        "pm_card_sandbox_processing_error_1", "pm_card_sandbox_insufficient_funds",
    ]

    /// Cards whose customers are wanted, so that there is something to pay through links.
    static let cardsOfPayers =
        cards + [
            "pm_card_authenticationRequired", "pm_card_authenticationRequiredSetupForOffSession",
            "pm_card_authenticationRequired", "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "pm_card_sandbox_insufficient_funds", "pm_card_threeDSecureRequiredChargeDeclined",
        ]

    /// Refused for lack of money each time, so that its network soon allows no more.
    private static let sharedCard = "pm_card_sandbox_insufficient_funds"

    /// What the owner knows of a card that many customers gave, once they are registered.
    static func shareCard(of sample: inout SampleData) {
        for index in sample.cards.indices where sample.cards[index].token == sharedCard {
            sample.cards[index].method.brand = "mastercard"
            sample.cards[index].method.fingerprint = "shared"
        }
    }

    static func sample(_ options: SimulatorOptions, _ plan: FaultPlan, _ chance: Chance) -> SampleData {
        var sample = SampleData(
            subscriptions: options.subscriptions, seed: options.seed, firstDay: Zone.utc.local(of: World.start).date)
        for index in sample.cards.indices where chance.happens(450_000, "sample") {
            sample.cards[index].token =
                chance.pick(plan.has(.payLinks) ? cardsOfPayers : cards, "sample") ?? "pm_card_visa"
        }
        if plan.sharesCard {
            for index in sample.cards.indices where chance.happens(800_000, "shared card") {
                sample.cards[index].token = sharedCard
            }
        }
        sample.change { subscription in
            subscription.status = .active
            switch chance.number(0...99, "sample") {
            case 0..<8: (subscription.interval, subscription.intervalCount) = ("day", 1)
            case 8..<30: (subscription.interval, subscription.intervalCount) = ("week", 1)
            default: (subscription.interval, subscription.intervalCount) = ("month", 1)
            }
            if subscription.interval != "month" { subscription.billOn = nil }
            guard plan.isSameDay else { return }
            subscription.anchor = "2025-12-02"
            subscription.timeZone = "UTC"
            subscription.trialEnd = nil
            subscription.billOn = nil
        }
        return sample
    }
}
