/// An error that says what another one was about.
package protocol WrappingError: Error {
  var cause: any Error { get }
}
