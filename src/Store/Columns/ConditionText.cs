using System.Text;

namespace Stateway.Store.Columns;

/// <summary>A SQL statement being written, with the values of its parameters in order. Engines differ in a few words.</summary>
internal abstract class ConditionText
{
    private readonly StringBuilder _text = new();
    private readonly List<ColumnValue> _parameters = [];

    public IReadOnlyList<ColumnValue> Parameters => _parameters;

    public ConditionText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    public ConditionText AddParameter(ColumnValue value)
    {
        _parameters.Add(value);
        return Add(Parameter(_parameters.Count));
    }

    /// <param name="isPlain">False where the engine shall not look the column up in an index.</param>
    public ConditionText AddColumn(string name, bool isPlain) => Add(Column(name, isPlain));

    public abstract ConditionText AddConstant(bool value);

    public override string ToString() => _text.ToString();

    /// <param name="number">From 1.</param>
    protected abstract string Parameter(int number);

    protected abstract string Column(string name, bool isPlain);
}
