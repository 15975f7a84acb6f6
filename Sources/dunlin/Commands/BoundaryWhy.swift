import DunlinCalendar
import DunlinCore

/// Why a boundary falls where it falls, in sentences.
struct BoundaryWhy {
    let boundary: Boundary
    let schedule: BillingSchedule

    var text: String { boundary.rules.map(sentence).joined(separator: "; ") }

    private func sentence(_ rule: Boundary.Rule) -> String {
        let local = boundary.local
        switch rule {
        case .anchor:
            return boundary.index == 0 ? "the anchor" : "\(steps) after the anchor \(schedule.anchor)"
        case .trial:
            let end = schedule.trialEnd.map(\.description) ?? ""
            return boundary.index == 0 ? "the end of the trial" : "\(steps) after the end of the trial \(end)"
        case .pause:
            let moved = "\(schedule.anchor), where a pause moved the schedule to"
            return boundary.index == 0 ? moved : "\(steps) after \(moved)"
        case .billOn: return "day \(schedule.billOn ?? local.date.day) of the month (bill_on)"
        case .clamp: return "its month has \(local.date.day) days: the last one is taken"
        case .gap: return "\(local.time) does not exist that day: clocks go forward, and it is \(wall)"
        case .overlap: return "\(local.time) comes twice that day: the first is taken"
        case .skipped: return "the zone left out this whole day: it is \(wall)"
        }
    }

    /// `3 months`.
    private var steps: String {
        let count = boundary.index * schedule.interval.count
        return count.counted(schedule.interval.unit.rawValue)
    }

    /// What the wall shows at that moment.
    private var wall: String {
        let shown = schedule.zone.local(of: boundary.instant)
        return shown.date == boundary.local.date ? shown.time.description : shown.description
    }
}
