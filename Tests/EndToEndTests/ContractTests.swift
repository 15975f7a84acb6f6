import Foundation
import Testing

/// What scripts may rely on: names that are added to and never changed.
@Suite(.fewAtOnce) struct ContractTests {
    @Test func theResultOfAPassHasItsNames() async throws {
        let stage = try await Stage(cards: [
            "pm_card_visa", "pm_card_sandbox_insufficient_funds", "pm_card_authenticationRequired",
        ])
        let ended = try await stage.site.program.run(stage.site.passArguments())
        let result = try ended.object()
        let numbers = result.compactMapValues { $0 as? Int }
        let expected = [
            "due": 3, "invoiced": 3, "attempted": 3, "succeeded": 1, "declined": 1, "needs_customer": 1, "refused": 0,
            "processing": 0, "unknown": 0, "waiting": 0, "parked": 0, "dead_jobs": 0,
        ]
        for (name, number) in expected { #expect(numbers[name] == number, "\(name)") }
        #expect(try #require(numbers["elapsed_ms"]) >= 0)
        #expect(ended.output.hasSuffix("\n") && ended.output.count(where: { $0 == "\n" }) == 1)
    }

    @Test func proveHasItsNames() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try await stage.site.pass()
        let proof = try await stage.site.program.run("prove", "--json").object()
        #expect(proof["ok"] as? Bool == true)
        #expect(proof["unknown"] as? Int == 0)
        #expect(proof.keys.contains("oldest_unknown_seconds"))
        let promises = try #require(proof["promises"] as? [[String: Any]])
        #expect(promises.compactMap { $0["id"] as? String } == (1...10).map { "P\($0)" })
        for promise in promises {
            #expect((promise["text"] as? String)?.isEmpty == false)
            #expect(promise["checked"] is Int)
            #expect((promise["violations"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func theDunningListHasItsColumns() async throws {
        let stage = try await Stage(cards: ["pm_card_visa", "pm_card_sandbox_insufficient_funds"])
        try await stage.site.pass()
        let ended = try await stage.site.program.run(
            ["report", "dunning", "--format", "csv"] + stage.site.clock(after: 86_400))
        #expect(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(whereSeparator: \.isNewline).map(String.init)
        let columns = """
            as_of_date,customer_id,customer_name,customer_email,customer_country,entity,subscription_id,plan,\
            invoice_id,invoice_number,period_start,period_end,due_date,days_past_due,aging_bucket,currency,\
            amount_due_original,amount_paid,amount_credited,amount_disputed,amount_outstanding,\
            amount_outstanding_minor,status,stage,attempts,first_failed_at,last_attempt_at,last_decline_code,\
            decline_class,reason_text,next_action,next_action_on,final_action,final_action_on,access_until,method,\
            method_expires,backup_method,gateway,gateway_payment_id,gateway_charge_id,last_notice_on,notices_sent,\
            recovery_link,owner,promised_on,note,mrr_at_risk,lifetime_paid
            """
        #expect(columns.split(separator: ",").count == 49)
        #expect(lines.first == columns)
        #expect(lines.count == 2)
        #expect(lines.last?.contains(",s1,pro,") == true)
        #expect(lines.last?.contains(",12.01,") == true)
        for format in ["json", "table"] {
            #expect(try await stage.site.program.run("report", "dunning", "--format", format).status == 0)
        }
    }

    @Test func theSandboxSaysFirstWhereItListens() async throws {
        let program = try Program()
        let running = try program.start(["sandbox", "--port", "0", "--json"])
        let line = try #require(try await running.firstLine())
        let address = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(Set(address.keys).isSuperset(of: ["base_url", "stripe_webhook_secret", "wooshpay_webhook_secret"]))
        #expect(address["base_url"]?.hasPrefix("http://127.0.0.1:") == true)
        running.terminate()
        #expect(try await running.end().status == 0)
    }

    @Test func exitStatusesSayWhatToDo() async throws {
        let program = try Program()
        #expect(try await program.run("no-such-command").status == 2)
        #expect(try await program.run("run", "--once", "--wait", "-1").status == 2)
        #expect(try await program.run("run", "--wait", "1").status == 2)
        #expect(try await program.run("run", "--once").status == 4, "there is no data file")
        #expect(try await program.run("init").status == 0)
        #expect(try await program.run("run", "--once").status == 0, "there is nothing to do")
        #expect(try await program.run("prove").status == 0)
        #expect(try await program.run("import", "nothing.csv").status == 2)
    }
}
