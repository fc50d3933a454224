using System.Buffers;

namespace Stateway.Model.Schemas.Json;

/// <summary>Equality of JSON values as JSON Schema means it: 1 equals 1.0, the order of members does not matter.</summary>
internal static class JsonEquality
{
    private const int MembersSearchedMax = 32; // above, out-of-order members are sorted first

    public static bool AreEqual(in JsonText x, int a, in JsonText y, int b)
    {
        ref readonly JsonToken p = ref x.Tokens[a];
        ref readonly JsonToken q = ref y.Tokens[b];
        var kind = p.Kind == JsonKind.Name ? JsonKind.String : p.Kind; // names are compared with constants as strings
        if (kind != q.Kind) return false;

        switch (kind)
        {
            case JsonKind.Number:
                return x.RawAt(a).SequenceEqual(y.RawAt(b))
                    || JsonNumber.Parse(x.RawAt(a)).CompareTo(JsonNumber.Parse(y.RawAt(b))) == 0;
            case JsonKind.String:
                return x.StringAt(a).SequenceEqual(y.StringAt(b));
            case JsonKind.Array:
                return p.Extra == q.Extra && ItemsAreEqual(x, a, y, b);
            case JsonKind.Object:
                return p.Extra == q.Extra && MembersAreEqual(x, a, y, b);
            default:
                return true;
        }
    }

    private static bool ItemsAreEqual(in JsonText x, int a, in JsonText y, int b)
    {
        int end = x.Tokens[a].Next;
        for (a++, b++; a < end; a = x.Tokens[a].Next, b = y.Tokens[b].Next)
        {
            if (!AreEqual(x, a, y, b)) return false;
        }

        return true;
    }

    private static bool MembersAreEqual(in JsonText x, int a, in JsonText y, int b)
    {
        int end = x.Tokens[a].Next, object1 = a, object2 = b;
        for (a++, b++; a < end; a = x.Tokens[a + 1].Next, b = y.Tokens[b + 1].Next)
        {
            // Members mostly stand in the same order.
            if (!SameName(x, a, y, b))
            {
                return x.Tokens[object1].Extra > MembersSearchedMax
                    ? SortedMembersAreEqual(x, object1, y, object2)
                    : RestIsEqual(x, a, end, y, object2);
            }

            if (!AreEqual(x, a + 1, y, b + 1)) return false;
        }

        return true;
    }

    private static bool RestIsEqual(in JsonText x, int a, int end, in JsonText y, int b)
    {
        for (; a < end; a = x.Tokens[a + 1].Next)
        {
            int other = b + 1;
            while (other < y.Tokens[b].Next && !SameName(x, a, y, other)) other = y.Tokens[other + 1].Next;
            if (other >= y.Tokens[b].Next || !AreEqual(x, a + 1, y, other + 1)) return false;
        }

        return true;
    }

    private static bool SortedMembersAreEqual(in JsonText x, int a, in JsonText y, int b)
    {
        var left = SortedNames(x, a);
        var right = SortedNames(y, b);
        for (int i = 0; i < left.Length; i++)
        {
            if (!left[i].Name.AsSpan().SequenceEqual(right[i].Name)) return false;
            if (!AreEqual(x, left[i].At + 1, y, right[i].At + 1)) return false;
        }

        return true;
    }

    private static (byte[] Name, int At)[] SortedNames(in JsonText text, int at)
    {
        var names = new (byte[] Name, int At)[text.Tokens[at].Extra];
        int name = at + 1;
        for (int i = 0; i < names.Length; i++, name = text.Tokens[name + 1].Next) names[i] = (text.StringAt(name).ToArray(), name);
        Array.Sort(names, static (p, q) => p.Name.AsSpan().SequenceCompareTo(q.Name));
        return names;
    }

    private static bool SameName(in JsonText x, int a, in JsonText y, int b) => x.Tokens[a].Key == y.Tokens[b].Key
        && (JsonName.IsExact(x.Tokens[a].Key) || x.StringAt(a).SequenceEqual(y.StringAt(b)));

    /// <summary>Equal for equal values; seeded, so that nobody can choose values that collide.</summary>
    public static int HashOf(in JsonText text, int at)
    {
        ref readonly JsonToken token = ref text.Tokens[at];
        var hash = new HashCode();
        hash.Add((int)token.Kind);
        switch (token.Kind)
        {
            case JsonKind.Number:
                hash.Add(JsonNumber.Parse(text.RawAt(at)).HashValue());
                break;
            case JsonKind.String:
                hash.AddBytes(text.StringAt(at));
                break;
            case JsonKind.Array:
                for (int item = at + 1; item < token.Next; item = text.Tokens[item].Next) hash.Add(HashOf(text, item));
                break;
            case JsonKind.Object:
                int sum = 0; // the order of members does not count
                for (int name = at + 1; name < token.Next; name = text.Tokens[name + 1].Next)
                {
                    var member = new HashCode();
                    member.AddBytes(text.StringAt(name));
                    member.Add(HashOf(text, name + 1));
                    sum += member.ToHashCode();
                }

                hash.Add(sum);
                break;
        }

        return hash.ToHashCode();
    }

    /// <returns>The first item that equals an earlier one, and that one; or -1.</returns>
    public static (int Item, int Earlier) FindRepeatedItem(in JsonText text, int array)
    {
        const int comparedMax = 8; // above, items are hashed
        ref readonly JsonToken token = ref text.Tokens[array];
        if (token.Extra <= comparedMax)
        {
            for (int item = array + 1; item < token.Next; item = text.Tokens[item].Next)
            {
                for (int earlier = array + 1; earlier < item; earlier = text.Tokens[earlier].Next)
                {
                    if (AreEqual(text, earlier, text, item)) return (item, earlier);
                }
            }

            return (-1, -1);
        }

        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)token.Extra * 2);
        int[] table = ArrayPool<int>.Shared.Rent(size * 2); // slot: item, its hash
        table.AsSpan(0, size * 2).Clear();
        (int, int) found = (-1, -1);
        for (int item = array + 1; item < token.Next && found.Item1 < 0; item = text.Tokens[item].Next)
        {
            int hash = HashOf(text, item);
            int slot = hash & size - 1;
            while (table[slot * 2] is var other and not 0)
            {
                if (table[slot * 2 + 1] == hash && AreEqual(text, other, text, item))
                {
                    found = (item, other);
                    break;
                }

                slot = slot + 1 & size - 1;
            }

            (table[slot * 2], table[slot * 2 + 1]) = (item, hash);
        }

        ArrayPool<int>.Shared.Return(table);
        return found;
    }
}
