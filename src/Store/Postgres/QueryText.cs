using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>A statement in PostgreSQL's words. Its planner chooses the indexes; it plans with the parameters' values.</summary>
internal sealed class QueryText : ConditionText
{
    // By place among the parameters: those that are no column values.
    private readonly Dictionary<int, NpgsqlParameter> _others = [];

    public override ConditionText AddConstant(bool value) => Add(value ? "true" : "false");

    public QueryText AddPath(string path) => AddOther(Sql.Text(path));

    /// <summary>What a column holds, encoded already.</summary>
    public QueryText AddEncoded(byte[] column) => AddOther(Sql.Bytes(column));

    /// <param name="before">Such as <c>DECLARE</c>.</param>
    public NpgsqlBatchCommand ToCommand(string before = "")
    {
        var command = new NpgsqlBatchCommand(before + ToString());
        for (int i = 0; i < Parameters.Count; i++)
            command.Parameters.Add(_others.TryGetValue(i, out var other) ? other : Sql.Bytes(ColumnForm.Encode(Parameters[i])));

        return command;
    }

    protected override string Parameter(int number) => "$" + number;

    protected override string Column(string name, bool isPlain) => name;

    private QueryText AddOther(NpgsqlParameter parameter)
    {
        _others.Add(Parameters.Count, parameter);
        AddParameter(ColumnValue.Missing); // takes the place
        return this;
    }
}
