// Whoever has a connection has what goes over it.
@_exported public import ConnectionStrings
@_exported public import PostgresValues
