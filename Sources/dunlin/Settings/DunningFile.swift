import DunlinCalendar
import DunlinCore
import DunlinDefaults

/// `dunning.yaml`: the policies by name, and the rules that choose one. What a policy leaves out is taken from the
/// file's own `default`, and what that leaves out from the one that the program comes with.
enum DunningFile {
    /// - Parameter path: the file's name, for messages.
    /// - Throws: a `SettingsError` with every problem at once, each with line and column.
    static func read(_ text: String, path: String) throws(SettingsError) -> DunningPolicies {
        let builtIn = try drafts(Defaults.dunning, path: "built-in dunning.yaml")
        let file = try drafts(text, path: path)
        let fallbacks = [file.policies[DunningPolicy.defaultName], builtIn.policies[DunningPolicy.defaultName]]
            .compactMap { $0 }
        let paydays = (file.paydays ?? builtIn.paydays ?? PaydaysDraft()).paydays
        var policies = file.policies
        // The policies that the program comes with can be named without writing them down again.
        for (name, draft) in builtIn.policies where policies[name] == nil { policies[name] = draft }
        let resolved = policies.sorted { $0.key < $1.key }.map { name, draft in
            draft.policy(name: name, paydays: paydays, fallbacks: fallbacks)
        }
        let reader = DunningReader(path: path)
        for (rule, place) in file.rules where policies[rule.policy] == nil {
            let known = policies.keys.sorted().joined(separator: ", ")
            reader.report("choose: there is no policy \(rule.policy); known: \(known)", at: place)
        }
        guard reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return DunningPolicies(resolved, rules: file.rules.map(\.rule))
    }

    private struct Drafts {
        var policies: [String: PolicyDraft] = [:]
        var paydays: PaydaysDraft?
        var rules: [(rule: DunningPolicies.Rule, place: SettingsTree.Place)] = []
    }

    private static func drafts(_ text: String, path: String) throws(SettingsError) -> Drafts {
        let tree = try SettingsTree(yaml: text, path: path)
        let reader = DunningReader(path: path)
        var drafts = Drafts()
        let top = reader.map(tree, "the file", known: ["version", "paydays", "choose", "policies"])
        if let version = top["version"] {
            reader.value(version, "version", expected: "1, the version that this program reads") { $0 == "1" ? 1 : nil }
        } else {
            reader.report("version is missing: write version: 1", at: tree.place)
        }
        drafts.paydays = top["paydays"].map { PaydaysDraft($0, reader) }
        for (index, node) in reader.list(top["choose"], "choose").enumerated() {
            guard let rule = reader.rule(node, "choose, rule \(index + 1)") else { continue }
            drafts.rules.append((rule, node.place))
        }
        for entry in reader.entries(top["policies"], "policies") {
            drafts.policies[entry.key] = PolicyDraft(entry.value, "policies.\(entry.key)", reader)
        }
        guard reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return drafts
    }
}

extension DunningReader {
    fileprivate func rule(_ node: SettingsTree, _ path: String) -> DunningPolicies.Rule? {
        let known = ["policy", "plan", "country", "currency", "amount_at_least", "amount_below"]
        let keys = map(node, path, known: known)
        guard let policy = text(keys["policy"], "\(path): policy") else {
            if keys["policy"] == nil { report("\(path): policy is missing: say which one it chooses", at: node.place) }
            return nil
        }
        if keys.count == 1 {
            report("\(path): has no condition; what fits no rule gets the policy default", at: node.place)
        }
        return DunningPolicies.Rule(
            policy: policy, plan: text(keys["plan"], "\(path): plan"),
            country: value(keys["country"], "\(path): country", expected: "two letters of ISO 3166, such as DE") {
                $0.count == 2 && $0.allSatisfy { $0.isASCII && $0.isLetter } ? $0.uppercased() : nil
            },
            currency: value(keys["currency"], "\(path): currency", expected: "a currency of ISO 4217, such as EUR") {
                Currency($0)
            }, amountAtLeast: amount(keys["amount_at_least"], "\(path): amount_at_least"),
            amountBelow: amount(keys["amount_below"], "\(path): amount_below"))
    }

    private func amount(_ node: SettingsTree?, _ path: String) -> Money? {
        value(node, path, expected: "an amount in major units with its currency, such as 50.00 EUR") { text in
            let words = text.split(separator: " ")
            guard words.count == 2, let currency = Currency(String(words[1])) else { return nil }
            return Money(majorUnits: String(words[0]), currency: currency).flatMap { $0.minorUnits >= 0 ? $0 : nil }
        }
    }
}
