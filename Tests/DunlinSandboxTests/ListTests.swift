import DunlinSandbox
import Testing

@Suite struct ListTests {
    private let client = TestClient()

    private func ids(_ query: String) -> [String?] {
        client.stripe("GET", "/v1/payment_intents", query)["data"]?.array?.map { $0["id"]?.string } ?? []
    }

    /// Ten intents, a minute apart.
    private func makeTen() -> [String] {
        (0..<10).map { number in
            client.stripe(
                "POST", "/v1/payment_intents", "amount=\(100 + number)&currency=usd&metadata[number]=\(number)",
                at: SandboxOptions.defaultStart + Int64(number) * 60_000
            ).id
        }
    }

    @Test func aListGoesFromTheNewestToTheOldest() {
        let made = makeTen()
        #expect(ids("limit=3") == [made[9], made[8], made[7]])
        #expect(ids("limit=3&starting_after=\(made[7])") == [made[6], made[5], made[4]])
        #expect(ids("limit=3&ending_before=\(made[4])") == [made[7], made[6], made[5]])
        #expect(ids("starting_after=\(made[0])") == [])
    }

    @Test func thePageBeforeTheLastSaysThatThereIsMore() {
        let made = makeTen()
        func hasMore(_ query: String) -> Bool? {
            client.stripe("GET", "/v1/payment_intents", query)["has_more"]?.boolean
        }
        #expect(hasMore("limit=10") == false)
        #expect(hasMore("limit=9") == true)
        #expect(hasMore("limit=2&ending_before=\(made[7])") == false)
        #expect(hasMore("limit=1&ending_before=\(made[7])") == true)
    }

    @Test func boundsOnCreatedAreInSecondsAndOpenOrClosed() {
        let made = makeTen()
        let start = SandboxOptions.defaultStart / 1000
        #expect(ids("created[gte]=\(start + 480)") == [made[9], made[8]])
        #expect(ids("created[gt]=\(start + 480)") == [made[9]])
        #expect(ids("created[lt]=\(start + 60)") == [made[0]])
        #expect(ids("created[lte]=\(start + 60)") == [made[1], made[0]])
        #expect(ids("created=\(start + 120)") == [made[2]])
    }

    @Test func aListOfACustomerHasOnlyTheirs() {
        let one = client.savedCard()
        let two = client.savedCard()
        let mine = client.charge(one)
        client.charge(two)
        #expect(ids("customer=\(one.customer)") == [mine.id])
        #expect(ids("customer=cus_none") == [])
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=ten", "starting_after=pi_none", "created[since]=1", "status=open"])
    func aBadListIsRefused(query: String) {
        #expect(client.stripe("GET", "/v1/payment_intents", query).status == 400)
    }

    private func search(_ query: String) -> TestClient.Answer {
        let escaped = query.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(Character(Unicode.Scalar(byte))) : "%" + String(byte, radix: 16)
        }
        return client.stripe("GET", "/v1/payment_intents/search", "query=" + escaped.joined())
    }

    @Test func aSearchUnderstandsTheLanguage() {
        let made = makeTen()
        client.sandbox.advance(to: client.sandbox.now + 60_000)
        func found(_ query: String) -> [String?] { search(query)["data"]?.array?.map { $0["id"]?.string } ?? [] }
        #expect(found(#"metadata["number"]:"3""#) == [made[3]])
        #expect(found("amount>107") == [made[9], made[8]])
        #expect(found(#"amount>=108 AND -metadata["number"]:"9""#) == [made[8]])
        #expect(found(#"metadata["number"]:"1" OR metadata["number"]:"2""#) == [made[2], made[1]])
        #expect(found(#"-metadata["number"]:null currency:"USD" amount<101"#) == [made[0]])
        #expect(found(#"metadata["other"]:null"#).count == 10)
        #expect(found(#"status:"succeeded""#) == [])
    }

    @Test(arguments: [
        "amount", "amount:", #"status:"open"#, #"status:open"#, #"amount>1 AND amount<3 OR amount:5"#, "",
    ])
    func aSearchOutsideTheLanguageIsRefused(query: String) {
        #expect(search(query).status == 400)
    }

    @Test func aSearchLagsBehind() {
        let id = client.stripe("POST", "/v1/payment_intents", "amount=100&currency=usd&metadata[order_id]=7").id
        #expect(search(#"metadata["order_id"]:"7""#)["data"]?.array == [])
        client.sandbox.advance(to: client.sandbox.now + 20_000)
        #expect(search(#"metadata["order_id"]:"7""#)["data"]?[0]?["id"]?.string == id)
    }

    @Test func finishedObjectsAreForgottenOnDemand() {
        let paid = client.charge(client.savedCard())
        let open = client.stripe("POST", "/v1/payment_intents", "amount=100&currency=usd")
        client.sandbox.advance(to: client.sandbox.now + 2 * 86_400_000)
        #expect(client.admin("POST", "prune", #"{"older_than_days":3}"#)["counts"]?["payment_intents"]?.integer == 2)
        #expect(client.admin("POST", "prune", #"{"older_than_days":1}"#)["counts"]?["payment_intents"]?.integer == 1)
        #expect(client.stripe("GET", "/v1/payment_intents/\(paid.id)").status == 404)
        #expect(client.stripe("GET", "/v1/payment_intents/\(open.id)").status == 200)
        #expect(client.sandbox.audit.successes == 1)
    }

    @Test func oldFinishedObjectsAreForgottenWhereAHorizonIsSet() {
        var options = SandboxOptions()
        options.horizonMilliseconds = 10 * 86_400_000
        let client = TestClient(options)
        let saved = client.savedCard()
        let paid = client.charge(saved, more: "&metadata[dunlin_reference]=r")
        let open = client.stripe("POST", "/v1/payment_intents", "amount=100&currency=usd&customer=\(saved.customer)")
        client.sandbox.advance(to: client.sandbox.now + 12 * 86_400_000)
        #expect(client.stripe("GET", "/v1/payment_intents/\(paid.id)").status == 404)
        #expect(client.stripe("GET", "/v1/charges/\(paid["latest_charge"]?.string ?? "")").status == 404)
        let left = client.stripe("GET", "/v1/payment_intents", "customer=\(saved.customer)")["data"]?.array
        #expect(left?.map { $0["id"]?.string } == [open.id])
        #expect(client.sandbox.audit.successesByReference == ["r": 1])
        #expect(client.charge(saved)["status"]?.string == "succeeded")
    }

    @Test func aSearchFollowsMetadataThatChanges() {
        var options = SandboxOptions()
        options.searchLagMilliseconds = 0
        let client = TestClient(options)
        let saved = client.savedCard()
        func found(_ value: String) -> [String?] {
            let query = "query=metadata[%22dunlin_reference%22]:%22\(value)%22"
            return client.stripe("GET", "/v1/payment_intents/search", query)["data"]?.array?.map { $0["id"]?.string }
                ?? []
        }
        let held = client.charge(saved, more: "&capture_method=manual&metadata[dunlin_reference]=a").id
        let same = client.charge(saved, more: "&metadata[dunlin_reference]=a").id
        #expect(Set(found("a")) == [held, same])
        client.stripe("POST", "/v1/payment_intents/\(held)/capture", "metadata[dunlin_reference]=b")
        client.stripe("POST", "/v1/payment_intents/\(same)", "metadata[dunlin_reference]=c")
        #expect(found("a") == [])
        #expect(found("b") == [held])
        #expect(found("c") == [same])
    }
}
