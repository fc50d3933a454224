using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// A collection as it lies in the database: its table, which column holds which field, and the statements
/// for it. Immutable: a new declaration makes a new one.
/// </summary>
internal sealed class CollectionTable
{
    /// <summary>Columns c1 to c16 stand before the value, so that reading one never walks through a long value.</summary>
    public const int ColumnsBeforeValue = 16;

    private readonly FrozenDictionary<string, FieldColumn> _ready;

    public CollectionTable(string collection, long number, ImmutableArray<FieldColumn> fields)
    {
        Collection = collection;
        Number = number;
        Fields = fields;
        FieldReader = new([.. fields.Select(f => f.Field)]);
        _ready = fields.Where(f => f.IsReady).ToFrozenDictionary(f => f.Field.Name, StringComparer.Ordinal);

        string table = Name;
        SelectSql = $"SELECT revision, update_time, value FROM {table} WHERE path=?1";
        SelectRevisionSql = $"SELECT revision FROM {table} WHERE path=?1";
        (CreateSql, PutSql) = PutTexts(table, fields);
        DeleteSql = $"DELETE FROM {table} WHERE path=?1";
        SelectBelowSql = $"SELECT path, revision, update_time, value FROM {table} WHERE path>?1 AND path<?2";
        DeleteBelowSql = $"DELETE FROM {table} WHERE path>?1 AND path<?2";
    }

    public string Collection { get; }

    public long Number { get; }

    /// <summary>What writes fill. A field that is not ready yet can't be asked for.</summary>
    public ImmutableArray<FieldColumn> Fields { get; }

    public FieldReader FieldReader { get; }

    public string Name => "t" + Number;

    /// <summary>Parameter: path. Columns: revision, update time, value.</summary>
    public string SelectSql { get; }

    /// <summary>Parameter: path. Column: revision.</summary>
    public string SelectRevisionSql { get; }

    /// <summary>Parameters: path, revision, update time, value, then one for each of <see cref="Fields"/>.</summary>
    public string PutSql { get; }

    /// <summary>As <see cref="PutSql"/>, but changes nothing when there is such an entry.</summary>
    public string CreateSql { get; }

    /// <summary>Parameter: path.</summary>
    public string DeleteSql { get; }

    /// <summary>Parameters: the bounds, both exclusive. Columns: path, revision, update time, value.</summary>
    public string SelectBelowSql { get; }

    /// <summary>Parameters: the bounds, both exclusive.</summary>
    public string DeleteBelowSql { get; }

    public string IndexName(FieldColumn field) => $"i{Number}_{field.Column}";

    /// <returns>Null when the field is not indexed, or not yet.</returns>
    public FieldColumn? FindReady(string field) => _ready.GetValueOrDefault(field);

    private static (string Create, string Put) PutTexts(string table, ImmutableArray<FieldColumn> fields)
    {
        var names = new StringBuilder();
        var parameters = new StringBuilder();
        var updates = new StringBuilder();
        for (int i = 0; i < fields.Length; i++)
        {
            names.Append(',').Append(fields[i].ColumnName);
            parameters.Append(",?").Append(i + 5);
            updates.Append(',').Append(fields[i].ColumnName).Append("=?").Append(i + 5);
        }

        string insert = $"INSERT INTO {table}(path,revision,update_time,value{names}) VALUES(?1,?2,?3,?4{parameters}) ON CONFLICT(path) DO ";
        return (insert + "NOTHING", insert + $"UPDATE SET revision=?2,update_time=?3,value=?4{updates}");
    }
}
