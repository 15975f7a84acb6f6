import DunlinCalendar
import DunlinCore
import DunlinGateways
import Foundation
import Testing

/// Bytes of strangers reach the verifier and, once signed, the parser: neither may fall, and no unsigned byte may pass.
///
/// A tenth of the inputs in every run; all five million with `DUNLIN_FUZZ=full`.
@Suite struct InboxFuzzTests {
    private static let share = ProcessInfo.processInfo.environment["DUNLIN_FUZZ"] == "full" ? 10 : 1
    private static let secret = "whsec_fuzz_0001"
    private static let timestamp: Int64 = 1_700_000_000
    private static let body = Array(#"{"id":"evt_1","type":"a.b"}"#.utf8)

    /// Changes a few bytes: flips, drops, repeats and inserts them.
    private static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int(generator.next() % 3) {
            let draw = generator.next()
            let place = bytes.isEmpty ? 0 : Int((draw >> 8) % UInt64(bytes.count))
            switch draw % 6 {
            case 0 where !bytes.isEmpty: bytes[place] ^= UInt8(truncatingIfNeeded: 1 << (draw >> 40 & 7))
            case 1 where !bytes.isEmpty: bytes.remove(at: place)
            case 2: bytes.insert(UInt8(truncatingIfNeeded: draw >> 48), at: place)
            case 3: bytes += bytes.prefix(place)
            case 4: bytes.removeLast(bytes.count - place)
            default: bytes.insert(Array(#"{}[]",=:tv1\.0e"#.utf8)[Int(draw >> 48) % 15], at: place)
            }
        }
        return bytes
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func noHeaderOrBodyPassesThatWasNotSigned(_ kind: GatewayKind) {
        var generator = SeededGenerator(seed: kind == .stripe ? 41 : 42)
        let good = WebhookSignature.header(secret: Self.secret, timestamp: Self.timestamp, body: Self.body)
        let hex = String(good.suffix(64))
        let header = Array(good.utf8)
        var accepted = 0
        for round in 0..<150_000 * Self.share {
            // One in three has only its body changed: that never passes.
            let changesHeader = round % 3 != 0
            let tried = changesHeader ? Self.mutated(header, using: &generator) : header
            let body = changesHeader ? Self.body : Self.mutated(Self.body, using: &generator)
            let text = String(decoding: tried, as: UTF8.self)
            let isBelieved = Self.believes(kind, text, body)
            guard isBelieved else { continue }
            accepted += 1
            // The signature that only the holder of the secret can make is in it, for this very body and time.
            guard body == Self.body, text.lowercased().contains(hex), text.contains("1700000000") else {
                Issue.record("\(kind) believed \(text)")
                return
            }
        }
        #expect(accepted > 0)
        #expect(Self.believes(kind, good, Self.body))
    }

    private static func believes(_ kind: GatewayKind, _ header: String, _ body: [UInt8]) -> Bool {
        let verdict =
            switch kind {
            case .stripe:
                WebhookSignature.verifyStripe(
                    header: header, body: body, secrets: [secret], nowSeconds: timestamp)
            case .wooshpay:
                WebhookSignature.verifyWooshPay(
                    header: header, body: body, secrets: [secret], nowSeconds: timestamp)
            }
        if case .rejected = verdict { return false }
        return true
    }

    private static let events = [
        #"{"id":"evt_1","object":"event","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1"}}}"#,
        #"{"id":"evt_2","type":"charge.refunded","created":1754477408000,"livemode":"true","data":{"object":"{}"}}"#,
        #"{"object":"list","data":[{"id":"e","type":"a","data":{"object":{"metadata":{"dunlin_reference":"dl-a"}}}}]}"#,
    ]

    /// What comes out is always fit to be stored: single words, no secrets.
    @Test func whateverTheBytesTheParserAnswersOrRefuses() {
        var generator = SeededGenerator(seed: 43)
        var read = 0
        for round in 0..<200_000 * Self.share {
            let bytes = Self.mutated(Array(Self.events[round % 3].utf8), using: &generator)
            let found = round % 3 == 2 ? (try? EventParser.events(inFile: bytes)) : (try? [EventParser.event(bytes)])
            for event in found ?? [] {
                read += 1
                let isFit = !event.id.isEmpty && event.id.utf8.count <= 255 && !event.id.contains("\"")
                guard isFit, event.type.utf8.count <= 100 else {
                    Issue.record("\(event)")
                    return
                }
            }
        }
        #expect(read > 0)
    }

    /// Reading over what nobody wants takes and refuses the same texts, and finds the same in them.
    @Test func readingOverMembersChangesNothingElse() {
        var generator = SeededGenerator(seed: 44)
        let names = ["object", "id", "type", "data", "created", "metadata", "dunlin_reference"]
        let wide =
            #"{"a":[1,-0.5e3,{"é\n":"x"},null],"id":"evt_1","b":{"c":true,"d":{}},"type":"a.b","e":"\u00e9","f":[]}"#
        var taken = 0
        for round in 0..<50_000 * Self.share {
            let bytes = Self.mutated(Array((round % 2 == 0 ? wide : Self.events[round % 3]).utf8), using: &generator)
            let whole = JSON(parsing: bytes)
            let part = JSON(parsing: bytes, keeping: JSONNames(names))
            let isSame =
                (whole == nil) == (part == nil)
                && names.allSatisfy { name in name == "data" || name == "metadata" || whole?[name] == part?[name] }
            guard isSame else {
                Issue.record("\(String(decoding: bytes, as: UTF8.self))")
                return
            }
            if part != nil { taken += 1 }
        }
        #expect(taken > 1_000)
    }
}
