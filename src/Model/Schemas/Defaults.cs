using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas;

/// <summary>
/// Puts in what a value leaves out and its schema has a <c>default</c> for, in objects and arrays however deep.
/// Defaults that only an alternative (<c>oneOf</c>, <c>anyOf</c>) has are left alone. Immutable; for any number of threads.
/// </summary>
public sealed class Defaults
{
    private static readonly Defaults s_none = new();

    private (byte[] Name, ulong Key, Defaults Value, byte[]? Member)[] _properties = [];
    private Defaults? _items;
    private Defaults? _additional;

    private Defaults()
    {
    }

    /// <summary>Nothing is ever inserted.</summary>
    public bool IsEmpty { get; private set; } = true;

    public static Defaults Of(Shape shape) => new Builder().Build(shape);

    /// <summary>Copies a JSON value and inserts what is missing. Bytes that are there stay as they are.</summary>
    /// <param name="json">Valid JSON; what is not JSON is copied.</param>
    public void Apply(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var tape = JsonTape.Rent();
        if (IsEmpty || !tape.TryRead(json, out _))
        {
            output.Write(json);
        }
        else
        {
            int copied = 0;
            Insert(new JsonText(json, tape), 0, output, ref copied);
            output.Write(json[copied..]);
        }

        tape.Return();
    }

    /// <param name="copied">Bytes of the text that are written already; the rest follows with the next insertion, or at the end.</param>
    private void Insert(in JsonText text, int at, IBufferWriter<byte> output, ref int copied)
    {
        ref readonly JsonToken token = ref text.Tokens[at];
        if (token.Kind == JsonKind.Array && _items is { IsEmpty: false })
        {
            for (int item = at + 1; item < token.Next; item = text.Tokens[item].Next) _items.Insert(text, item, output, ref copied);
        }
        else if (token.Kind == JsonKind.Object && (_properties.Length > 0 || _additional is { IsEmpty: false }))
        {
            InsertIntoObject(text, at, output, ref copied);
        }
    }

    private void InsertIntoObject(in JsonText text, int at, IBufferWriter<byte> output, ref int copied)
    {
        ref readonly JsonToken token = ref text.Tokens[at];
        Span<bool> present = _properties.Length <= 64 ? stackalloc bool[64] : new bool[_properties.Length];
        for (int name = at + 1; name < token.Next; name = text.Tokens[name + 1].Next)
        {
            int property = Find(text, name);
            if (property >= 0) present[property] = true;

            var value = property >= 0 ? _properties[property].Value : _additional;
            if (value is { IsEmpty: false }) value.Insert(text, name + 1, output, ref copied);
        }

        bool first = token.Extra == 0;
        for (int i = 0; i < _properties.Length; i++)
        {
            if (present[i] || _properties[i].Member is not { } member) continue;

            // Right after the last member, so that white space before the bracket stays before the bracket.
            int end = first ? token.Start + 1 : EndOfLastMember(text, at);
            output.Write(text.Utf8[copied..end]);
            copied = end;
            if (!first) output.Write(","u8);
            output.Write(member);
            first = false;
        }
    }

    private int Find(in JsonText text, int name)
    {
        ulong key = text.Tokens[name].Key;
        for (int i = 0; i < _properties.Length; i++)
        {
            if (_properties[i].Key == key && text.StringAt(name).SequenceEqual(_properties[i].Name)) return i;
        }

        return -1;
    }

    private static int EndOfLastMember(in JsonText text, int at)
    {
        ref readonly JsonToken token = ref text.Tokens[at];
        int end = token.Start + token.Length - 1; // the bracket
        while (text.Utf8[end - 1] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') end--;
        return end;
    }

    private sealed class Builder
    {
        private readonly Dictionary<Shape, Defaults> _all = new(ReferenceEqualityComparer.Instance as IEqualityComparer<Shape>);
        private readonly List<(Defaults Owner, int Property, byte[] Text)> _texts = [];
        private readonly Dictionary<(Defaults, string), byte[]?> _expansions = []; // null: endless
        private readonly HashSet<(Defaults, string)> _inWork = [];

        public Defaults Build(Shape root)
        {
            var pending = new Queue<Shape>();
            var defaults = Require(root, pending);
            while (pending.TryDequeue(out var shape)) Fill(_all[shape], shape, pending);

            FindEmpty();
            foreach (var (owner, property, text) in _texts) SetMember(owner, property, text);
            return defaults.IsEmpty ? s_none : defaults;
        }

        private Defaults Require(Shape shape, Queue<Shape> pending)
        {
            if (_all.TryGetValue(shape, out var defaults)) return defaults;

            _all[shape] = defaults = new Defaults();
            pending.Enqueue(shape);
            return defaults;
        }

        private void Fill(Defaults defaults, Shape shape, Queue<Shape> pending)
        {
            defaults._properties = new (byte[], ulong, Defaults, byte[]?)[shape.PropertiesCertain];
            for (int i = 0; i < defaults._properties.Length; i++)
            {
                var (name, property) = shape.Properties[i];
                byte[] utf8 = Encoding.UTF8.GetBytes(name);
                defaults._properties[i] = (utf8, JsonName.KeyOf(utf8), Require(property, pending), null);
                if (property.Default is { } text) _texts.Add((defaults, i, text.ToArray()));
            }

            if (!shape.ContentsCertain) return;
            if (shape.Items is { } items) defaults._items = Require(items, pending);
            if (shape.AdditionalProperties is { } additional) defaults._additional = Require(additional, pending);
        }

        /// <summary>
        /// Whatever leads to no default is empty; shapes may be cyclic, so it is found from the defaults backwards.
        /// </summary>
        private void FindEmpty()
        {
            foreach (var (owner, _, _) in _texts) owner.IsEmpty = false;
            for (bool changed = true; changed;)
            {
                changed = false;
                foreach (var defaults in _all.Values)
                {
                    if (!defaults.IsEmpty || !LeadsToDefault(defaults)) continue;
                    defaults.IsEmpty = false;
                    changed = true;
                }
            }
        }

        private static bool LeadsToDefault(Defaults defaults) =>
            defaults._items is { IsEmpty: false } || defaults._additional is { IsEmpty: false }
            || Array.Exists(defaults._properties, property => !property.Value.IsEmpty);

        private void SetMember(Defaults owner, int property, byte[] text)
        {
            ref var slot = ref owner._properties[property];
            string name = JsonEncodedText.Encode(slot.Name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
            slot.Member = Expand(slot.Value, text) is { } value ? [.. Encoding.UTF8.GetBytes($"\"{name}\":"), .. value] : null;
        }

        /// <summary>
        /// A default is itself completed, so that applying defaults twice changes nothing more. One whose
        /// completion would contain itself (<c>{"child": {}}</c> in a tree) has no end and is left out.
        /// </summary>
        /// <returns>Null when there is no end.</returns>
        private byte[]? Expand(Defaults defaults, byte[] text)
        {
            var identity = (defaults, Encoding.UTF8.GetString(text));
            if (_expansions.TryGetValue(identity, out byte[]? known)) return known;

            _inWork.Add(identity);
            using var document = JsonDocument.Parse(text);
            bool endless = NeedsItself(defaults, document.RootElement);
            _inWork.Remove(identity);
            if (endless) return _expansions[identity] = null;

            var output = new ArrayBufferWriter<byte>();
            defaults.Apply(text, output);
            return _expansions[identity] = output.WrittenSpan.ToArray();
        }

        /// <summary>Completes first what would be inserted into the value.</summary>
        private bool NeedsItself(Defaults defaults, JsonElement value)
        {
            bool endless = false;
            if (value.ValueKind == JsonValueKind.Array && defaults._items is { } items)
            {
                foreach (var item in value.EnumerateArray()) endless |= NeedsItself(items, item);
            }

            if (value.ValueKind != JsonValueKind.Object) return endless;

            foreach (var member in value.EnumerateObject())
            {
                int i = Array.FindIndex(defaults._properties, p => member.NameEquals(p.Name));
                var inner = i >= 0 ? defaults._properties[i].Value : defaults._additional;
                if (inner is not null) endless |= NeedsItself(inner, member.Value);
            }

            foreach (var (owner, property, text) in _texts)
            {
                if (owner != defaults || value.TryGetProperty(defaults._properties[property].Name, out _)) continue;

                if (_inWork.Contains((owner._properties[property].Value, Encoding.UTF8.GetString(text)))) endless = true;
                else SetMember(owner, property, text);
            }

            return endless;
        }
    }
}
