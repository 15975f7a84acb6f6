/// The name by which a receiver knows a notice again, however often it is delivered.
///
/// Made of what the notice is about and not of row ids, so that a restored data file gives the same notice the same
/// name: who was told before the backup was taken is not told twice.
public enum NoticeID {
    /// - Parameters:
    ///   - subject: what tells this notice from others of its kind, such as the subscription and the start of the period.
    ///   - at: only where the same change may happen twice.
    public static func make(
        databaseID: String, kind: NoticeKind, subject: [String], step: Int, reminder: Int, at milliseconds: Int64? = nil
    ) -> String {
        let parts =
            [databaseID, kind.rawValue] + subject
            + ["\(step)", "\(reminder)", milliseconds.map { "\($0)" } ?? ""]
        // Lengths in front: no two lists of parts give the same text.
        let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
        return "ntc_" + HexDigest.sha256(text).prefix(32)
    }
}
