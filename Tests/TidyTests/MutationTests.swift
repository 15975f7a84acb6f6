import Foundation
import Testing

/// The guards that `Tests/Mutations/run` removes are still where its patches look for them.
struct MutationTests {
    private static var patches: [String] {
        Repository.files(below: "Tests/Mutations", suffix: ".patch").map(\.path)
    }

    @Test func thereIsAPatchForEveryGuardThatIsNamed() {
        #expect(Self.patches.count > 30)
    }

    /// What a patch takes away, with the line before and after it, must stand in its file exactly once.
    @Test(arguments: patches)
    func aGuardStandsWhereItsPatchLooksForIt(_ patch: String) throws {
        var path = ""
        var old: [String] = []
        let lines = Repository.file(patch).lines.map(String.init) + ["@@"]
        for line in lines {
            if line.hasPrefix("@@") || line.hasPrefix("--- ") {
                try check(old, in: path, patch)
                old = []
            }
            if line.hasPrefix("--- a/") { path = String(line.dropFirst(6)) }
            guard !path.isEmpty, !line.hasPrefix("---"), !line.hasPrefix("+"), !line.hasPrefix("@@") else { continue }
            if let mark = line.first, mark == "-" || mark == " " { old.append(String(line.dropFirst())) }
        }
    }

    private func check(_ old: [String], in path: String, _ patch: String) throws {
        guard !old.isEmpty else { return }
        let wanted = old.joined(separator: "\n") + "\n"
        let found = Repository.file(path).text.components(separatedBy: wanted).count - 1
        #expect(found == 1, "\(patch): \(path) has this \(found) times; write the patch anew:\n\(wanted)")
    }
}
