import ArgumentParser
import FaultProxy

/// The line between the contenders and the servers.
struct LinkOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The round trip of a line to simulate, such as 50ms.", valueName: "time"))
  var rtt: RoundTrip?

  @Option(help: ArgumentHelp("What that line carries a second in each direction, such as 20mbit.", valueName: "rate"))
  var rate: Rate?

  @Option(help: "Which end is behind the line: target, source or both.")
  var far = FarEnd.target

  var isSimulated: Bool { rtt != nil || rate != nil }

  var sourceLink: Link { far == .target ? .instant : link }
  var targetLink: Link { far == .source ? .instant : link }

  private var link: Link {
    Link(roundTrip: rtt.map { .milliseconds($0.milliseconds) } ?? .zero, megabitsPerSecond: rate?.megabits)
  }

  var title: String {
    guard isSimulated else { return "all on one machine, over its sockets" }
    let parts = [rtt.map { "\($0.milliseconds) ms round trip" }, rate.map { "\(decimal($0.megabits, 1)) Mbit/s" }]
    return "simulated line to \(far == .both ? "both ends" : "the \(far.rawValue)"): "
      + parts.compactMap(\.self).joined(separator: ", ")
  }
}

enum FarEnd: String, ExpressibleByArgument, CaseIterable {
  case target, source, both
}

struct RoundTrip: ExpressibleByArgument {
  let milliseconds: Int

  init?(argument: String) {
    guard argument.hasSuffix("ms"), let number = Int(argument.dropLast(2)), number >= 0 else { return nil }
    milliseconds = number
  }
}

struct Rate: ExpressibleByArgument {
  let megabits: Double

  init?(argument: String) {
    guard argument.hasSuffix("mbit"), let number = Double(argument.dropLast(4)), number > 0 else { return nil }
    megabits = number
  }
}
