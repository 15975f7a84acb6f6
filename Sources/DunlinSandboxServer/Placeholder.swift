import Hummingbird
enum Placeholder { static func x() -> Router<BasicRequestContext> { Router() } }
