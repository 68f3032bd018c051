import Dispatch

/// A short wait that a cancelled task has to make, too.
enum ConnectionPause {
  static func milliseconds(_ count: Int) async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(count)) { continuation.resume() }
    }
  }
}
