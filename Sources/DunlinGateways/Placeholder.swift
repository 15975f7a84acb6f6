import AsyncHTTPClient
enum Placeholder { static let x = HTTPClient.Configuration() }
