enum NearestName { static func advice(for name: String, among names: [String]) -> String? { nil } }
