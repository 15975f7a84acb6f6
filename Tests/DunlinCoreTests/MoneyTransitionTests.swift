import DunlinCore
import Testing

/// Promise P5 of docs/proof.md: the whole table of what a read may change.
@Suite struct MoneyTransitionTests {
    private static let intents = [
        "created", "requires_payment_method", "requires_confirmation", "requires_action", "processing",
        "requires_capture", "succeeded", "canceled", "a_new_word",
    ]

    @Test(arguments: intents) func anIntentThatHasEndedChangesOnlyTowardsMoneyThatMoved(to: String) {
        for from in Self.intents {
            let expected =
                switch from {
                case "succeeded": to == "succeeded"
                case "canceled": to == "canceled" || to == "succeeded"
                default: true
                }
            #expect(MoneyTransition.isAllowed(intent: from, to: IntentStatus(to)) == expected, "\(from) to \(to)")
        }
    }

    @Test func aRefundFailsAfterItSucceededAndNeverTheOtherWayRound() {
        let states = ["sending", "pending", "unknown", "succeeded", "failed", "refused"]
        for from in states {
            for to in states {
                let expected =
                    switch from {
                    case "succeeded": to == "succeeded" || to == "failed"
                    case "failed", "refused": to == from
                    default: true
                    }
                #expect(MoneyTransition.isAllowed(refund: from, to: to) == expected, "\(from) to \(to)")
            }
        }
    }

    @Test func aClosedDisputeOpensNoMore() {
        for closed in ["won", "lost", "warning_closed", "prevented"] {
            #expect(!DisputeStatus.isOpen(closed))
            #expect(MoneyTransition.isAllowed(dispute: "needs_response", to: closed))
            #expect(!MoneyTransition.isAllowed(dispute: closed, to: "under_review"))
        }
        #expect(MoneyTransition.isAllowed(dispute: "lost", to: "won"))
        #expect(DisputeStatus.isOpen("a_new_word"))
        #expect(DisputeStatus.takesMoney("lost"))
        #expect(DisputeStatus.takesMoney("under_review"))
        #expect(!DisputeStatus.takesMoney("won"))
        #expect(!DisputeStatus.takesMoney("warning_needs_response"))
    }
}
