import Postgres

/// What the source said when the run was planned.
package struct KnownSource: Sendable, Codable {
  private var catalog: Catalog
  private let pooler: Pooler
  private let described: [DescribeRequest.Subject: [ColumnDescription]]
  private let types: [ColumnDescription: TypeFacts]

  package init(_ facts: SourceFacts) {
    catalog = facts.catalog
    // A run that asks the source nothing needs no connection to it.
    catalog.server.limits = []
    pooler = facts.pooler
    described = facts.described.compactMapValues { try? $0.get() }
    types = facts.types
  }

  package var facts: SourceFacts {
    SourceFacts(catalog: catalog, pooler: pooler, described: described.mapValues { .success($0) }, types: types)
  }
}
