import DunlinCore
import Foundation
import Testing

@Suite struct WebhookSignatureTests {
    // The worked example of Stripe's scheme: two secrets while one is being rolled.
    private let newSecret = "whsec_dunlin_new_0001"
    private let oldSecret = "whsec_dunlin_old_0000"
    private let timestamp: Int64 = 1_700_000_000
    private let body = Array(
        (#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded","created":1700000000,"livemode":false,"#
            + #""data":{"object":{"id":"pi_1","object":"payment_intent","amount":1099,"currency":"usd","#
            + #""status":"succeeded"}}}"#).utf8)
    private let withNew = "7a7b050ceffe2d02465afef4bef2e5b321df021d19fe4b24946f2165680e5611"
    private let withOld = "f52270ce6b2c9583ee8b005ec6d47e2026bd563540ba5486eb85467321f8626b"

    private func stripe(
        _ header: String, body: [UInt8]? = nil, secrets: [String]? = nil, ageSeconds: Int64 = 0, tolerance: Int64 = 300
    ) -> WebhookSignature.Verdict {
        WebhookSignature.verifyStripe(
            header: header, body: body ?? self.body, secrets: secrets ?? [newSecret],
            nowSeconds: timestamp + ageSeconds, toleranceSeconds: tolerance)
    }

    private var rolled: String {
        "t=1700000000,v1=\(withOld),v1=\(withNew),v0=\(String(repeating: "0", count: 64))"
    }

    @Test func aSignedHeaderIsTheOneOfTheWorkedExample() {
        #expect(body.count == 213)
        #expect(
            WebhookSignature.header(secret: newSecret, timestamp: timestamp, body: body)
                == "t=1700000000,v1=\(withNew)")
        #expect(
            WebhookSignature.header(secrets: [oldSecret, newSecret], timestamp: timestamp, body: body)
                == "t=1700000000,v1=\(withOld),v1=\(withNew)")
        let name = Array(#"{"name":"Zoë"}"#.utf8)
        #expect(
            WebhookSignature.header(secret: newSecret, timestamp: timestamp, body: name)
                == "t=1700000000,v1=e72275e0299e90cdf1e0f9fe631af7f043b544840269f2da64910318eb613fd6")
    }

    @Test func eitherSecretOpensADeliveryWhileItIsBeingRolled() {
        #expect(stripe(rolled, ageSeconds: 300) == .fresh)
        #expect(stripe(rolled, secrets: [oldSecret], ageSeconds: 300) == .fresh)
        #expect(stripe("t=1700000000,v1=\(withOld)", secrets: [newSecret, oldSecret]) == .fresh)
    }

    @Test func aDeliveryOlderThanTheToleranceIsRejectedUnlessTheToleranceIsZero() {
        #expect(stripe(rolled, ageSeconds: 301) == .rejected(.tooOld))
        #expect(stripe(rolled, ageSeconds: 301, tolerance: 0) == .fresh)
        #expect(stripe(rolled, ageSeconds: -3600) == .fresh)
    }

    @Test func whatTheOfficialVerifierRejectsIsRejected() {
        let good = "t=1700000000,v1=\(withNew)"
        #expect(stripe(good, body: body + [0x20]) == .rejected(.signatureMismatch))
        #expect(stripe(good, secrets: ["whsec_other"]) == .rejected(.signatureMismatch))
        #expect(stripe(good, secrets: []) == .rejected(.signatureMismatch))
        #expect(stripe("t=1700000000,v0=\(withNew)") == .rejected(.noSignature))
        #expect(stripe("v1=\(withNew)") == .rejected(.malformedHeader))
        #expect(stripe("t=soon,v1=\(withNew)") == .rejected(.malformedHeader))
        #expect(stripe("t=1700000000,v1=\(withNew.uppercased())") == .rejected(.signatureMismatch))
        #expect(stripe("t=1700000000, v1=\(withNew)") == .rejected(.noSignature))
        #expect(stripe("") == .rejected(.malformedHeader))
    }

    @Test func theFirstOfTwoTimestampsCountsAtStripe() {
        #expect(stripe("t=1700000000,t=1700000001,v1=\(withNew)") == .fresh)
        #expect(stripe("t=1700000001,t=1700000000,v1=\(withNew)") == .rejected(.signatureMismatch))
    }

    @Test func anEmptySecretNeverOpensADelivery() {
        let header = WebhookSignature.header(secret: "", timestamp: timestamp, body: body)
        #expect(stripe(header, secrets: [""]) == .rejected(.signatureMismatch))
    }

    @Test func extremeTimestampsDoNotTrap() {
        let header = WebhookSignature.header(secret: newSecret, timestamp: .min, body: body)
        #expect(stripe(header) == .rejected(.tooOld))
    }

    // The vectors of WooshPay's scheme. B2 is pretty-printed, not ASCII, with escaped slashes.
    private static let bodies = [
        "B1":
            """
        eyJpZCI6ImV2dF8xOTUzMDQ1OTIxMzY5NDIzOTk5Iiwib2JqZWN0IjoiZXZlbnQiLCJjcmVhdGVkIjoxNzU0NDc3ND\
        A4MDAwLCJsaXZlbW9kZSI6ZmFsc2UsImRhdGEiOnsib2JqZWN0Ijp7ImlkIjoicGlfMTk1MzA0NTkwMDAwMDAwMDAw\
        MSIsIm9iamVjdCI6InBheW1lbnRfaW50ZW50IiwiYW1vdW50IjoyNTAwLCJjdXJyZW5jeSI6IlVTRCIsInN0YXR1cy\
        I6InN1Y2NlZWRlZCIsImN1c3RvbWVyIjoiY3VzXzE5NTM3NzAyMzAyMTU4NjAwMDEiLCJwYXltZW50X21ldGhvZCI6\
        InBtXzE5NTMwNDU4NjQ0NDQzMjAwMDEiLCJtZXJjaGFudF9vcmRlcl9pZCI6ImRsLWludjQyLWExIn19LCJ0eXBlIj\
        oicGF5bWVudF9pbnRlbnQuc3VjY2VlZGVkIn0=
        """,
        "B2":
            """
        ewogICJ0eXBlIjogInNldHVwX2ludGVudC5zdWNjZWVkZWQiLAogICJpZCI6ICJldnRfMiIsCiAgIm9iamVjdCI6IC\
        JldmVudCIsCiAgImNyZWF0ZWQiOiAxNzU0NDc3NDA4MDAwLAogICJkYXRhIjogeyJvYmplY3QiOiB7ImlkIjogInNl\
        dGlfMiIsICJtZXRhZGF0YSI6IHsibmFtZSI6ICJab8OrIOmjniIsICJ1cmwiOiAiaHR0cHM6XC9cL2V4YW1wbGUuY2\
        9tXC9hIn19fQp9Cg==
        """,
    ]

    enum Expected: String { case fresh, stale, rejected }

    struct Vector: CustomTestStringConvertible {
        let name: String
        let body: String
        let now: Int64
        let header: String
        let expected: Expected
        var testDescription: String { name }
    }

    @Test(arguments: vectors) func aWooshPayVectorGetsItsVerdict(vector: Vector) throws {
        let encoded = try #require(Self.bodies[vector.body])
        let body = try #require(Data(base64Encoded: encoded))
        let verdict = WebhookSignature.verifyWooshPay(
            header: vector.header, body: Array(body),
            secrets: ["whsec_other", "whsec_dunlin_example_5f3a9c1e7b2d4860"], nowSeconds: vector.now)
        switch (vector.expected, verdict) {
        case (.fresh, .fresh), (.stale, .stale), (.rejected, .rejected): break
        default: Issue.record("\(vector.name): \(verdict)")
        }
    }

    static let vectors: [Vector] = [
        Vector(
            name: "plain", body: "B1", now: 1_754_477_410,
            header: "t=1754477408,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .fresh),
        Vector(
            name: "raw bytes, utf-8, whitespace", body: "B2", now: 1_754_477_410,
            header: "t=1754477408,v1=30a2cb9f8c8e2c840329ea5260a81ed8e3835329463b086faacdf2c37e86f6af",
            expected: .fresh),
        Vector(
            name: "unknown scheme, two v1, spaces", body: "B1", now: 1_754_477_410,
            header:
                """
                t=1754477408, v0=00, v1=0000000000000000000000000000000000000000000000000000000000000000, \
                v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694
                """,
            expected: .fresh),
        Vector(
            name: "t in milliseconds", body: "B1", now: 1_754_477_410,
            header: "t=1754477408000,v1=4e072910030142e84c4035eca47426fee2ff4ae068e70273fa8ffba53a9c2e3e",
            expected: .fresh),
        Vector(
            name: "edge of tolerance", body: "B1", now: 1_754_477_708,
            header: "t=1754477408,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .fresh),
        Vector(
            name: "old but genuine (retry)", body: "B1", now: 1_754_477_709,
            header: "t=1754477408,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .stale),
        Vector(
            name: "future t", body: "B1", now: 1_754_477_107,
            header: "t=1754477408,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .rejected),
        Vector(
            name: "signature of B1 on B2", body: "B2", now: 1_754_477_410,
            header: "t=1754477408,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .rejected),
        Vector(
            name: "B2 re-serialised compactly before signing", body: "B2", now: 1_754_477_410,
            header: "t=1754477408,v1=0690e67a31d97c6d443649785026234a78653b53ff1907d4ec2087876ada4c05",
            expected: .rejected),
        Vector(
            name: "key without whsec_ prefix", body: "B1", now: 1_754_477_410,
            header: "t=1754477408,v1=587fd0aaa370d3d53821f05e2d4c85cc094549f342ac08005396ac4a3ff51960",
            expected: .rejected),
        Vector(
            name: "body-only HMAC", body: "B1", now: 1_754_477_410,
            header: "t=1754477408,v1=0c7f5118b86bf6637114c9d401f50411cb672114b4a91dc62a7fa4c1dd498e4f",
            expected: .rejected),
        Vector(
            name: "base64 instead of hex", body: "B1", now: 1_754_477_410,
            header: "t=1754477408,v1=9msjuZriKIHlM0vIi1DgFi5QGF1f0thdWaycas8VFpQ=",
            expected: .rejected),
        Vector(
            name: "t changed", body: "B1", now: 1_754_477_410,
            header: "t=1754477409,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .rejected),
        Vector(
            name: "two t", body: "B1", now: 1_754_477_410,
            header: "t=1754477408,t=1754477409,v1=f66b23b99ae22881e5334bc88b50e0162e50185d5fd2d85d59ac9c6acf151694",
            expected: .rejected),
        Vector(
            name: "no v1", body: "B1", now: 1_754_477_410,
            header: "t=1754477408",
            expected: .rejected),
        Vector(
            name: "empty header", body: "B1", now: 1_754_477_410,
            header: "",
            expected: .rejected),
    ]
}
