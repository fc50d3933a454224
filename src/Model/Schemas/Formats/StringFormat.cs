using System.Collections.Frozen;

namespace Stateway.Model.Schemas.Formats;

/// <summary>A format of strings: a name in a schema's <c>format</c> and a check of UTF-8 text.</summary>
internal sealed class StringFormat
{
    public delegate bool Check(ReadOnlySpan<byte> text);

    private static readonly FrozenDictionary<string, StringFormat> s_all = new Dictionary<string, StringFormat>
    {
        ["date"] = new("a date such as 2026-03-14", DateFormats.IsDate),
        ["time"] = new("a time with its offset such as 12:30:00Z", DateFormats.IsTime),
        ["date-time"] = new("a date and time such as 2026-03-14T12:30:00Z", DateFormats.IsDateTime),
        ["duration"] = new("a duration such as P1DT12H", DurationFormat.IsDuration),
        ["email"] = new("an e-mail address such as ann@example.com", EmailFormat.IsEmail),
        ["idn-email"] = new("an e-mail address such as ann@example.com", EmailFormat.IsInternationalEmail),
        ["hostname"] = new("a host name such as www.example.com", HostFormats.IsHostName),
        ["idn-hostname"] = new("a host name such as www.example.com", HostFormats.IsInternationalHostName),
        ["ipv4"] = new("an IPv4 address such as 192.0.2.1", AddressFormats.IsIPv4),
        ["ipv6"] = new("an IPv6 address such as 2001:db8::1", AddressFormats.IsIPv6),
        ["uri"] = new("a URI such as https://example.com/a", UriFormats.IsUri),
        ["uri-reference"] = new("a URI or a relative reference such as /a?b=c", UriFormats.IsUriReference),
        ["iri"] = new("an IRI such as https://example.com/ä", UriFormats.IsIri),
        ["iri-reference"] = new("an IRI or a relative reference such as /ä", UriFormats.IsIriReference),
        ["uri-template"] = new("a URI template such as /users/{id}", UriTemplateFormat.IsUriTemplate),
        ["uuid"] = new("a UUID such as 9b2fd29c-5b4e-4a0e-8f5e-0f6a1b2c3d4e", IdentifierFormats.IsUuid),
        ["json-pointer"] = new("a JSON pointer such as /a/0", IdentifierFormats.IsJsonPointer),
        ["relative-json-pointer"] = new("a relative JSON pointer such as 1/a", IdentifierFormats.IsRelativeJsonPointer),
        ["regex"] = new("a regular expression (ECMA-262)", IdentifierFormats.IsRegex),
        ["byte"] = new("text in Base64", IdentifierFormats.IsBase64),
    }.ToFrozenDictionary();

    private readonly Check _check;

    private StringFormat(string description, Check check) => (Description, _check) = (description, check);

    /// <summary>What the text should have been, with an example.</summary>
    public string Description { get; }

    public bool Accepts(ReadOnlySpan<byte> text) => _check(text);

    /// <returns>Null for a format that is not known, which is no error; <c>password</c> and <c>binary</c> are anything.</returns>
    public static StringFormat? Find(string name) => s_all.GetValueOrDefault(name);
}
