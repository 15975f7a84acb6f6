import DunlinCore
import Foundation

extension Settings {
    /// Where notices go, and what is told.
    struct Notices: Sendable {
        enum Sink: Hashable, Sendable {
            /// Only listed.
            case none
            case webhook(url: String)
            /// A program and its arguments.
            case command([String])
        }

        var sink: Sink
        var timeoutSeconds: Int
        var quietHours: Int
        var tellsApplication: Bool
        /// Of the webhook; several while a secret is rotated.
        var secrets: [Secret]

        static let secretVariable = "DUNLIN_NOTICES_SECRET"
    }

    private enum SinkName: String, CaseIterable {
        case none, webhook, command
    }

    static func notices(_ reader: SettingsReader, mode: GatewayMode) -> Notices? {
        let name: SinkName? = reader.choice("notices.sink")
        let url = noticeURL(reader, mode: mode)
        let command = reader.value(
            "notices.command", expected: "the whole path of a program, such as /usr/local/bin/tell"
        ) { text -> [String]? in
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            return words.first?.hasPrefix("/") == true ? words : nil
        }
        let timeout = reader.integer("notices.timeout_seconds", in: 1...60)
        let quiet = reader.integer("notices.quiet_hours", in: 0...168)
        let application = reader.value("notices.application", expected: "true or false") { Bool($0) }
        let secrets = noticeSecrets(reader)
        guard let name, let timeout, let quiet, let application else { return nil }
        let sink: Notices.Sink
        switch name {
        case .none: sink = .none
        case .webhook:
            guard let url else { return missing("notices.url", for: name.rawValue, reader) }
            sink = .webhook(url: url)
        case .command:
            guard let command else { return missing("notices.command", for: name.rawValue, reader) }
            sink = .command(command)
        }
        return Notices(
            sink: sink, timeoutSeconds: timeout, quietHours: quiet, tellsApplication: application,
            secrets: secrets)
    }

    /// One that is there and wrong was reported already.
    private static func missing(_ path: String, for sink: String, _ reader: SettingsReader) -> Notices? {
        if reader.written(path) == nil {
            reader.report("notices.sink: \(sink) needs \(path)", at: reader.written("notices.sink")?.origin)
        }
        return nil
    }

    /// In live mode over TLS, unless it stays on this machine: what is told is personal.
    private static func noticeURL(_ reader: SettingsReader, mode: GatewayMode) -> String? {
        guard let url = address(reader, "notices.url") else { return nil }
        let host = URLComponents(string: url)?.host ?? ""
        let isLocal = host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
        if mode == .live, !url.hasPrefix("https://"), !isLocal {
            reader.report(
                "notices.url: in live mode it begins with https://, or is on this machine",
                at: reader.written("notices.url")?.origin)
        }
        return url
    }

    private static func noticeSecrets(_ reader: SettingsReader) -> [Secret] {
        guard let written = reader.secretText(Notices.secretVariable) else { return [] }
        let secrets = written.text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        if secrets.contains(where: { $0.utf8.count < 16 }) {
            reader.report("\(Notices.secretVariable): a secret has at least 16 characters", at: written.origin)
            return []
        }
        return secrets.map { Secret($0) }
    }
}

extension Settings.Notices {
    /// What keeps notices from being sent; nil when nothing does.
    var problem: String? {
        guard case .webhook = sink, secrets.isEmpty else { return nil }
        return "notices.sink is webhook and nothing signs what it is sent: set \(Self.secretVariable), or its …_FILE"
    }
}
