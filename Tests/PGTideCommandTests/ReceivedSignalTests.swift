import Testing
import UnixSignals

@testable import PGTideCommand

/// Which signals end a run, and which are only told twice.
@Suite struct ReceivedSignalTests {
  @Test(arguments: [
    ([UnixSignal.sigint, .sigint], ReceivedSignals.Meaning.leave), ([.sigterm, .sigint], .leave),
    ([.sighup, .sighup], .goOn), ([.sigterm, .sighup], .goOn), ([.sighup, .sigterm], .goOn),
    ([.sighup, .sigterm, .sigterm], .leave), ([.sigint, .sighup, .sigint], .leave),
  ])
  func `a second wish leaves at once; a terminal that goes is none`(
    signals: [UnixSignal], last: ReceivedSignals.Meaning
  ) {
    let received = ReceivedSignals()
    let meanings = signals.map(received.note)
    #expect(meanings.first == .begin)
    #expect(meanings.last == last)
    #expect(received.first == signals.first)
  }
}
