/// The target refused a row, or left it out, while a whole delta was written by one statement: nobody knows yet which.
package struct RefusedRow: Error {
  /// What the server said, for when the row cannot be found.
  package let error: SyncError

  package init(error: SyncError) { self.error = error }
}
