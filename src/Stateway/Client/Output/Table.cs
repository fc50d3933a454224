using Stateway.Commands;

namespace Stateway.Client.Output;

/// <summary>Cells in columns as wide as they need.</summary>
internal sealed class Table
{
    private const int CellCharactersMax = 40;
    private const int WideCharactersMax = 200;
    private const string Gap = "   ";

    private readonly string[] _titles;
    private readonly int[] _widths;
    private readonly int _cellMax;

    public Table(IEnumerable<string> titles, bool wide)
    {
        _titles = [.. titles];
        _widths = [.. _titles.Select(title => title.Length)];
        _cellMax = wide ? WideCharactersMax : CellCharactersMax;
    }

    public string[] Fit(IEnumerable<string> cells) => [.. cells.Select(cell => PlainText.Short(cell, _cellMax))];

    /// <summary>Makes the columns wide enough; before the first line is written.</summary>
    public void Measure(string[] cells)
    {
        for (int i = 0; i < cells.Length; i++) _widths[i] = Math.Max(_widths[i], cells[i].Length);
    }

    public string Head() => Terminal.Bold(Line(_titles));

    public string Line(string[] cells) =>
        string.Join(Gap, cells.Select((cell, i) => i == cells.Length - 1 ? cell : cell.PadRight(_widths[i]))).TrimEnd();
}
