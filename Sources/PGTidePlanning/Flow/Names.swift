// A configuration that is built in code names its columns with it.
@_exported public import struct PostgresValues.Identifier
