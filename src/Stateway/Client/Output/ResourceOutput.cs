using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Client.Kinds;
using Stateway.Commands;

namespace Stateway.Client.Output;

/// <summary>Writes resources to standard output in the form that was asked for.</summary>
internal sealed class ResourceOutput(Kind kind, OutputForm form, TimeProvider time)
{
    private const string EventTitle = "EVENT";
    private static readonly int EventWidth = "modified".Length;

    private readonly List<Column> _columns = Column.Of(kind, form == OutputForm.Wide, time);
    private Table? _events; // of a watch
    private bool _isFollowing; // YAML needs a line between documents

    public void WriteAll(IReadOnlyList<(ResourceName Name, JsonElement Body)> rows, bool isOne)
    {
        switch (form)
        {
            case OutputForm.Json when isOne:
                Terminal.Say(ResourceText.IndentedJson(writer => ResourceText.Write(writer, rows[0].Name, rows[0].Body, desired: false)));
                break;

            case OutputForm.Json:
                Terminal.Say(ResourceText.IndentedJson(writer =>
                {
                    writer.WriteStartArray();
                    foreach (var (name, body) in rows) ResourceText.Write(writer, name, body, desired: false);
                    writer.WriteEndArray();
                }));
                break;

            case OutputForm.Table or OutputForm.Wide:
                var table = NewTable([]);
                string[][] cells = [.. rows.Select(row => table.Fit(_columns.Select(column => column.Value(row.Name, row.Body))))];
                foreach (string[] row in cells) table.Measure(row);
                if (rows.Count > 0) Terminal.Say(table.Head());
                foreach (string[] row in cells) Terminal.Say(table.Line(row));
                break;

            default:
                foreach (var (name, body) in rows) WriteOne(name, body);
                break;
        }
    }

    /// <summary>One change of a watch. Columns are as wide as the current state needed.</summary>
    public void WriteEvent(string type, ResourceName name, JsonElement body)
    {
        switch (form)
        {
            case OutputForm.Json:
                Terminal.Say(ResourceText.CompactJson(writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("type", type);
                    writer.WritePropertyName("object");
                    ResourceText.Write(writer, name, body, desired: false);
                    writer.WriteEndObject();
                }));
                break;

            case OutputForm.Name: Terminal.Say($"{type} {name}"); break;

            case OutputForm.Yaml:
                Terminal.Say($"--- # {type}");
                Console.Out.Write(ResourceText.Yaml(name, body, desired: false));
                break;

            default:
                if (_events is null) BeginEvents([]);
                Terminal.Say(_events!.Line(_events.Fit([type, .. _columns.Select(column => column.Value(name, body))])));
                break;
        }

        Console.Out.Flush(); // whoever reads through a pipe should see it now
    }

    /// <summary>The head of a watch's table, its columns fit for the current state.</summary>
    public void BeginEvents(IReadOnlyList<(ResourceName Name, JsonElement Body)> rows)
    {
        if (form is not (OutputForm.Table or OutputForm.Wide) || _events is not null) return;

        _events = NewTable([EventTitle.PadRight(EventWidth)]);
        foreach (var (name, body) in rows) _events.Measure(_events.Fit(["", .. _columns.Select(column => column.Value(name, body))]));
        Terminal.Say(_events.Head());
    }

    private Table NewTable(string[] before) => new([.. before, .. _columns.Select(column => column.Title)], form == OutputForm.Wide);

    private void WriteOne(ResourceName name, JsonElement body)
    {
        if (form == OutputForm.Name)
        {
            Terminal.Say(name.Text);
            return;
        }

        if (_isFollowing) Terminal.Say("---");
        _isFollowing = true;
        Console.Out.Write(ResourceText.Yaml(name, body, desired: false));
    }
}
