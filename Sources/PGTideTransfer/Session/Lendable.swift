import Postgres

/// What a pool lends.
package protocol Lendable: Sendable {
  var isUsable: Bool { get async }

  func rollBack() async
  func end() async
  func close() async
}
