using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>A statement in SQLite's words.</summary>
internal sealed class SqlText : ConditionText
{
    public override ConditionText AddConstant(bool value) => Add(value ? "1" : "0");

    public Statement Prepare(Connection connection)
    {
        var statement = connection.Prepare(ToString());
        for (int i = 0; i < Parameters.Count; i++) Parameters[i].BindTo(statement, i + 1);
        return statement;
    }

    protected override string Parameter(int number) => "?";

    /// <summary><c>+c1</c> is never looked up in an index.</summary>
    protected override string Column(string name, bool isPlain) => isPlain ? name : "+" + name;
}
