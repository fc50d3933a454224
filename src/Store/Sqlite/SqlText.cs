using System.Text;

namespace Stateway.Store.Sqlite;

/// <summary>A statement being written, with the values of its parameters in order.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new();
    private readonly List<ColumnValue> _parameters = [];

    public SqlText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    public SqlText AddParameter(ColumnValue value)
    {
        _text.Append('?');
        _parameters.Add(value);
        return this;
    }

    /// <param name="isPlain">False writes <c>+c1</c>, which SQLite never looks up in an index.</param>
    public SqlText AddColumn(string name, bool isPlain)
    {
        if (!isPlain) _text.Append('+');
        _text.Append(name);
        return this;
    }

    public Statement Prepare(Connection connection)
    {
        var statement = connection.Prepare(_text.ToString());
        for (int i = 0; i < _parameters.Count; i++) _parameters[i].BindTo(statement, i + 1);
        return statement;
    }

    public override string ToString() => _text.ToString();
}
