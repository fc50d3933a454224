namespace Stateway.Client.Output;

internal enum OutputForm : byte { Table, Wide, Json, Yaml, Name }
