namespace Stateway.Store.Columns;

/// <param name="Column">From 1; used again when a field is no longer declared.</param>
/// <param name="IsReady">Every row has its value and the index is there.</param>
internal sealed record FieldColumn(IndexedField Field, int Column, bool IsReady)
{
    public string ColumnName { get; } = "c" + Column;
}
