using System.Collections.Frozen;
using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>
/// A collection as it lies in the database: its table, which column holds which field, and the statements
/// for it. Immutable: a new declaration makes a new one.
/// </summary>
internal sealed class CollectionTable
{
    private readonly FrozenDictionary<string, FieldColumn> _ready;

    public CollectionTable(string collection, int number, ImmutableArray<FieldColumn> fields)
    {
        Collection = collection;
        Number = number;
        Fields = fields;
        FieldReader = new([.. fields.Select(f => f.Field)]);
        _ready = fields.Where(f => f.IsReady).ToFrozenDictionary(f => f.Field.Name, StringComparer.Ordinal);

        SelectSql = $"SELECT path,revision,update_time,value FROM {Name} WHERE path=ANY($1)";
        SelectRevisionSql = $"SELECT path,revision FROM {Name} WHERE path=ANY($1)";
        SelectBelowSql = $"SELECT path,revision FROM {Name} WHERE path>$1 AND path<$2 LIMIT {Batch.DeletesMax + 1}";
        LogSql =
            $"INSERT INTO log(revision,n,collection,path,time,old_revision,old_time,old_value,deleted)"
            + $" SELECT u.r,u.n,{number},u.p,$5,t.revision,t.update_time,t.value,u.d"
            + $" FROM unnest($1::bigint[],$2::int[],$3::text[],$4::bool[]) u(r,n,p,d) JOIN {Name} t ON t.path=u.p";
        DeleteSql = $"DELETE FROM {Name} WHERE path=ANY($1)";

        string names = string.Concat(fields.Select(field => "," + field.ColumnName));
        string arrays = string.Concat(fields.Select((_, i) => $",${i + 5}::bytea[]"));
        string updates = string.Concat(fields.Select(field => $",{field.ColumnName}=excluded.{field.ColumnName}"));
        PutSql =
            $"INSERT INTO {Name}(path,revision,update_time,value{names})"
            + $" SELECT * FROM unnest($1::text[],$2::bigint[],$3::bigint[],$4::bytea[]{arrays})"
            + $" ON CONFLICT(path) DO UPDATE SET revision=excluded.revision,update_time=excluded.update_time,value=excluded.value{updates}";
    }

    public string Collection { get; }

    public int Number { get; }

    /// <summary>What writes fill. A field that is not ready yet can't be asked for.</summary>
    public ImmutableArray<FieldColumn> Fields { get; }

    public FieldReader FieldReader { get; }

    public string Name => "t" + Number;

    /// <summary>Parameter: paths. Columns: path, revision, update time, value.</summary>
    public string SelectSql { get; }

    /// <summary>Parameter: paths. Columns: path, revision.</summary>
    public string SelectRevisionSql { get; }

    /// <summary>Parameters: the bounds, both exclusive. Columns: path, revision. One row more than may be deleted.</summary>
    public string SelectBelowSql { get; }

    /// <summary>Logs what is about to be changed. Parameters: revisions, places, paths, whether deleted; the time.</summary>
    public string LogSql { get; }

    /// <summary>Parameter: paths.</summary>
    public string DeleteSql { get; }

    /// <summary>Parameters: paths, revisions, update times, values, then one array for each of <see cref="Fields"/>.</summary>
    public string PutSql { get; }

    /// <summary>
    /// Parameters: the value's column; paths that don't count, nor what lies below them; how many rows. Column: path.
    /// </summary>
    public string SelectWithSql(FieldColumn field) =>
        $"""
        SELECT path FROM {Name} WHERE {field.ColumnName}=$1 AND NOT EXISTS
        (SELECT 1 FROM unnest($2::text[]) e(p) WHERE path=e.p OR (path>e.p||'/' AND path<e.p||'0')) LIMIT $3
        """;

    public string IndexName(FieldColumn field) => $"i{Number}_{field.Column}";

    /// <returns>Null when the field is not indexed, or not yet.</returns>
    public FieldColumn? FindReady(string field) => _ready.GetValueOrDefault(field);

    /// <summary>The indexed fields of a value, as the columns hold them.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is not JSON.</exception>
    public byte[][] ColumnsOf(ReadOnlyMemory<byte> json)
    {
        var values = FieldReader.Read(json);
        if (values.Length == 0) return [];

        var columns = new byte[values.Length][];
        for (int i = 0; i < values.Length; i++) columns[i] = ColumnForm.Encode(values[i]);
        return columns;
    }
}
