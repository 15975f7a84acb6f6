import DunlinCore

extension Settings {
    static let recoveryKeyVariable = "DUNLIN_RECOVERY_KEY"

    static func recovery(_ reader: SettingsReader) -> Recovery? {
        let merchant = line(reader, "recovery.merchant_name")
        let contact = line(reader, "recovery.contact")
        let days = reader.integer("recovery.link_days", in: 1...366)
        let key = key(reader)
        guard let days else { return nil }
        return Recovery(merchant: merchant, contact: contact, linkDays: days, key: key)
    }

    private static func line(_ reader: SettingsReader, _ path: String) -> String? {
        reader.value(path, expected: "a line of at most 120 characters") { text in
            text.count <= 120 && !text.contains(where: \.isNewline) ? text : nil
        }
    }

    private static func key(_ reader: SettingsReader) -> Secret? {
        guard let written = reader.secretText(recoveryKeyVariable) else { return nil }
        guard written.text.utf8.count >= RecoveryKey.charactersMin else {
            let text = "a recovery key has at least \(RecoveryKey.charactersMin) characters: openssl rand -hex 32"
            reader.report(text, at: written.origin)
            return nil
        }
        return Secret(written.text)
    }
}
