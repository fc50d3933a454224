using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Stateway.Fast.Tests.Apis;

/// <summary>JSON texts without white space, as the writer of nodes writes them.</summary>
internal static class JsonTexts
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Arbitrary<string> Arbitrary { get; } = Gen.Sized(size => Value(Math.Min(size / 10, 5))).ToArbitrary();

    private static Gen<string> Text { get; } = Gen.OneOf(
        Gen.Elements("a", "", " ", "true", "null", "~", "1", "- x", "a: b", "#", "'", "\"", "\\", "\t", "\n", "é", "😀", "\u0001", "\u2028", "*x", "&x", "!t", "<<", "{", "[", ","),
        Gen.Choose(32, 126).Select(c => ((char)c).ToString()).ArrayOf().Select(string.Concat))
        .Select(text => JsonSerializer.Serialize(text, Options));

    private static Gen<string> Scalar { get; } = Gen.OneOf(
        Text,
        Gen.Constant("true"), Gen.Constant("false"), Gen.Constant("null"),
        Gen.Elements("0", "-0", "1", "-17", "1.50", "0.1", "1e5", "1E-5", "-2.5e+10", "123456789012345678901234567890", "0.00000000000000000001"));

    private static Gen<string> Value(int depth) => depth == 0
        ? Scalar
        : Gen.OneOf(
            Scalar,
            Value(depth - 1).ListOf(3).Select(items => $"[{string.Join(',', items)}]"),
            Value(depth - 1).ListOf(2).SelectMany(_ => Text, (items, name) => Object(items, name)));

    private static string Object(IEnumerable<string> items, string name)
    {
        // Names must differ; what makes them differ comes last, so that they begin with anything.
        int i = 0;
        return $"{{{string.Join(',', items.Select(item => $"{name[..^1]}{i++}\":{item}"))}}}";
    }
}
