using System.Text;

namespace Stateway.Gateway.Targets.Http;

internal enum SectionState { Incomplete, Complete, Malformed }

/// <summary>
/// The field lines of a header or trailer section (RFC 9112, section 5), as places in the buffer that
/// they came in. Strict: what two readers could read in two ways is malformed. Kept and used again by one
/// connection, so that a name or a value that comes again in the same line costs no string.
/// </summary>
internal sealed class FieldSection(int bytesMax, int fieldsMax)
{
    private const int RememberedMax = 48;
    private const int RememberedLengthMax = 256;

    private readonly Remembered[] _remembered = new Remembered[RememberedMax];
    private Field[] _fields = new Field[24];
    private int _scanned;

    public int Count { get; private set; }

    /// <summary>Bytes that are read, the empty line at the end included.</summary>
    public int Length { get; private set; }

    /// <summary>What is malformed, for the operator.</summary>
    public string? Error { get; private set; }

    public ref readonly Field this[int index] => ref _fields[index];

    /// <param name="start">Where the first field line begins: behind the status line, or 0.</param>
    public void Begin(int start)
    {
        Count = 0;
        Length = start;
        _scanned = start;
        Error = null;
    }

    /// <summary>Goes on where it stopped: <paramref name="bytes"/> is what it was before, and more.</summary>
    public SectionState Read(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            switch (TryFindLine(bytes, Length, ref _scanned, out int lineLength))
            {
                case SectionState.Incomplete:
                    return bytes.Length > bytesMax ? Fail($"a section of more than {bytesMax} bytes") : SectionState.Incomplete;
                case SectionState.Malformed:
                    return Fail("a line that ends in a bare LF");
            }

            int start = Length;
            Length += lineLength + 2;
            if (Length > bytesMax) return Fail($"a section of more than {bytesMax} bytes");
            if (lineLength == 0) return SectionState.Complete;
            if (AddField(bytes, start, lineLength) is { } error) return Fail(error);
        }
    }

    /// <summary>Finds the line that begins at <paramref name="start"/>; <paramref name="lineLength"/> is without its CRLF.</summary>
    public static SectionState TryFindLine(ReadOnlySpan<byte> bytes, int start, ref int scanned, out int lineLength)
    {
        lineLength = 0;
        int lf = bytes[scanned..].IndexOf((byte)'\n');
        if (lf < 0)
        {
            scanned = bytes.Length;
            return SectionState.Incomplete;
        }

        lf += scanned;
        if (lf == start || bytes[lf - 1] != '\r') return SectionState.Malformed;

        scanned = lf + 1;
        lineLength = lf - 1 - start;
        return SectionState.Complete;
    }

    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> bytes, int index) =>
        bytes.Slice(_fields[index].NameStart, _fields[index].NameLength);

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> bytes, int index) =>
        bytes.Slice(_fields[index].ValueStart, _fields[index].ValueLength);

    public string NameText(ReadOnlySpan<byte> bytes, int index) =>
        _fields[index].Known?.Text ?? Recall(Name(bytes, index), index, isName: true);

    public string ValueText(ReadOnlySpan<byte> bytes, int index) => Recall(Value(bytes, index), index, isName: false);

    /// <summary>The field is one that a Connection field names, so it stays on this connection.</summary>
    public bool IsNamedByConnection(ReadOnlySpan<byte> bytes, int index)
    {
        var name = Name(bytes, index);
        for (int i = 0; i < Count; i++)
        {
            if (_fields[i].Role != FieldRole.Connection) continue;

            var list = Value(bytes, i);
            while (FieldText.TryTakeMember(ref list, out var member))
            {
                if (Ascii.EqualsIgnoreCase(member, name)) return true;
            }
        }

        return false;
    }

    private string? AddField(ReadOnlySpan<byte> bytes, int start, int length)
    {
        var line = bytes.Slice(start, length);
        if (line[0] is (byte)' ' or (byte)'\t') return "a folded field line";
        if (Count == fieldsMax) return $"more than {fieldsMax} fields";

        int colon = line.IndexOf((byte)':');
        if (colon < 0) return "a field line without a colon";

        var name = line[..colon];
        if (!FieldText.IsToken(name)) return "an invalid field name";

        var value = FieldText.TrimSpace(line[(colon + 1)..]);
        if (!FieldText.IsValue(value)) return "a field value with a control character";

        if (Count == _fields.Length) Array.Resize(ref _fields, _fields.Length * 2);
        int valueStart = start + colon + 1 + line[(colon + 1)..].IndexOf(value);
        _fields[Count++] = new(FieldName.Find(name), start, colon, valueStart, value.Length);
        return null;
    }

    private string Recall(ReadOnlySpan<byte> text, int index, bool isName)
    {
        if (text.Length == 0) return "";
        if (index >= RememberedMax || text.Length > RememberedLengthMax) return Encoding.Latin1.GetString(text);

        ref string? last = ref isName ? ref _remembered[index].Name : ref _remembered[index].Value;
        if (last is null || !Ascii.Equals(text, last)) last = Encoding.Latin1.GetString(text);
        return last;
    }

    private SectionState Fail(string error)
    {
        Error = error;
        return SectionState.Malformed;
    }

    public readonly record struct Field(FieldName? Known, int NameStart, int NameLength, int ValueStart, int ValueLength)
    {
        public FieldRole Role => Known?.Role ?? FieldRole.EndToEnd;
    }

    private struct Remembered
    {
        public string? Name;
        public string? Value;
    }
}
