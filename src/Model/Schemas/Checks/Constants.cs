using System.Text;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary><c>enum</c> or <c>const</c>: the value must equal one of these.</summary>
internal sealed class Constants(string code, byte[][] values)
{
    private readonly (byte[] Utf8, JsonTape Tape)[] _others = [.. values.Where(v => v[0] != '"').Select(Read)];
    private readonly byte[][] _strings = [.. values.Where(v => v[0] == '"').Select(Unquote)];

    public bool Check(ref Run run, int at)
    {
        bool found = run.Text.KindOf(at) is JsonKind.String or JsonKind.Name
            ? HasString(run.Text.StringAt(at))
            : HasOther(run.Text, at);
        if (!found && run.Reports())
        {
            string value = Details.Sentence(Details.Value(run.Text, at));
            string choices = Details.Choices(values.Select(Encoding.UTF8.GetString));
            run.Report(at, code, values.Length == 1 ? $"{value} is not {choices}." : $"{value} is not one of {choices}.");
        }

        return found;
    }

    private bool HasString(ReadOnlySpan<byte> text)
    {
        foreach (byte[] value in _strings)
        {
            if (text.SequenceEqual(value)) return true;
        }

        return false;
    }

    private bool HasOther(in JsonText text, int at)
    {
        foreach (var (utf8, tape) in _others)
        {
            if (JsonEquality.AreEqual(text, at, new JsonText(utf8, tape), 0)) return true;
        }

        return false;
    }

    private static (byte[], JsonTape) Read(byte[] utf8)
    {
        var tape = new JsonTape();
        tape.TryRead(utf8, out _);
        return (utf8, tape);
    }

    private static byte[] Unquote(byte[] utf8)
    {
        var (_, tape) = Read(utf8);
        return new JsonText(utf8, tape).StringAt(0).ToArray();
    }
}
