import GRDB
enum Placeholder { static let x = GRDB.Configuration() }
