using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>Which certificates of its issuer a list speaks of.</summary>
internal enum RevocationScope { All, EndEntities, Authorities }

/// <summary>
/// A certificate revocation list (RFC 5280, section 5), read whole and checked for everything but its signature. What it
/// says in a way that is not understood makes it unusable: to leave out a part of it could let a revoked certificate in.
/// </summary>
internal sealed class RevocationList
{
    public const int EntriesMax = 1_000_000;

    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 0);

    private readonly SerialNumber[] _revoked; // in order

    private RevocationList(ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte> algorithm, byte[] signature, Content content)
    {
        Signed = signed;
        Algorithm = algorithm;
        Signature = signature;
        Issuer = content.Issuer;
        ThisUpdate = content.ThisUpdate;
        NextUpdate = content.NextUpdate;
        Scope = content.Scope;
        _revoked = [.. content.Revoked];
        Array.Sort(_revoked);
    }

    /// <summary>The bytes that are signed, and how: an AlgorithmIdentifier.</summary>
    public ReadOnlyMemory<byte> Signed { get; }
    public ReadOnlyMemory<byte> Algorithm { get; }
    public byte[] Signature { get; }

    /// <summary>The issuer's name, DER.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next list is there at the latest: from then on this one proves nothing.</summary>
    public DateTimeOffset NextUpdate { get; }

    public RevocationScope Scope { get; }

    public int Count => _revoked.Length;

    public bool IsFreshAt(DateTimeOffset now) => ThisUpdate <= now && now < NextUpdate;

    public bool Lists(SerialNumber serial) => Array.BinarySearch(_revoked, serial) >= 0;

    public bool IsSignedBy(X509Certificate2 authority) =>
        authority.SubjectName.RawData.AsSpan().SequenceEqual(Issuer.Span)
        && (authority.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign) ?? true)
        && RevocationSignature.IsBy(authority, Signed, Algorithm, Signature);

    /// <param name="der">The list alone, nothing behind it.</param>
    /// <returns>Null, and what is wrong.</returns>
    public static RevocationList? Read(ReadOnlyMemory<byte> der, out string? error)
    {
        try
        {
            var file = new AsnReader(der, AsnEncodingRules.DER);
            var list = file.ReadSequence();
            file.ThrowIfNotEmpty();

            var signed = list.PeekEncodedValue();
            var content = new Content();
            error = ReadContent(list.ReadSequence(), content);
            var algorithm = list.ReadEncodedValue();
            byte[] signature = list.ReadBitString(out int unused);
            list.ThrowIfNotEmpty();

            if (error is null && unused != 0) error = "its signature is no whole number of bytes.";
            if (error is null && !content.Algorithm.Span.SequenceEqual(algorithm.Span)) error = "it names two signature algorithms.";
            return error is null ? new(signed, algorithm, signature, content) : null;
        }
        catch (AsnContentException e)
        {
            error = "it is no certificate revocation list: " + e.Message;
            return null;
        }
    }

    private static string? ReadContent(AsnReader list, Content content)
    {
        bool hasVersion = list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer);
        if (hasVersion && list.ReadInteger() != 1) return "its version is not 2.";

        content.Algorithm = list.ReadEncodedValue();
        content.Issuer = list.ReadEncodedValue();
        content.ThisUpdate = ReadTime(list);
        if (!IsTime(list)) return "it does not say when the next one comes (nextUpdate).";
        content.NextUpdate = ReadTime(list);
        if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) && ReadEntries(list.ReadSequence(), content) is { } wrong) return wrong;
        if (!list.HasData) return null;

        var wrapped = list.ReadSequence(ExtensionsTag);
        list.ThrowIfNotEmpty();
        var extensions = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();
        return ReadExtensions(extensions, content);
    }

    private static string? ReadEntries(AsnReader entries, Content content)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            if (!SerialNumber.TryParse(entry.ReadIntegerBytes().Span, out var serial)) return "a serial number in it has more than 20 bytes.";
            if (content.Revoked.Count == EntriesMax) return $"it lists more than {EntriesMax} certificates.";

            ReadTime(entry);
            content.Revoked.Add(serial);
            if (!entry.HasData) continue;

            var extensions = entry.ReadSequence();
            entry.ThrowIfNotEmpty();
            while (extensions.HasData)
            {
                // Critical ones say whose certificate it is (an indirect list), or what nobody here knows.
                var (oid, isCritical, _) = ReadExtension(extensions);
                if (isCritical) return $"an entry of it has the critical extension {oid}, which is not understood.";
            }
        }

        return null;
    }

    private static string? ReadExtensions(AsnReader extensions, Content content)
    {
        while (extensions.HasData)
        {
            var (oid, isCritical, value) = ReadExtension(extensions);
            switch (oid)
            {
                case "2.5.29.27":
                    return "it is a delta list; only whole ones are understood.";
                case "2.5.29.28":
                    if (ReadDistributionPoint(value, content) is { } wrong) return wrong;
                    break;
                case "2.5.29.20" or "2.5.29.35":
                    break; // its number, and which of the issuer's keys: found by trying
                default:
                    if (isCritical) return $"it has the critical extension {oid}, which is not understood.";
                    break;
            }
        }

        return null;
    }

    /// <summary>IssuingDistributionPoint (section 5.2.5). All the lists that the operator gives for an issuer are taken to be complete together, wherever each is published.</summary>
    private static string? ReadDistributionPoint(ReadOnlyMemory<byte> value, Content content)
    {
        var outer = new AsnReader(value, AsnEncodingRules.DER);
        var point = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        while (point.HasData)
        {
            var tag = point.PeekTag();
            if (tag.TagClass != TagClass.ContextSpecific) throw new AsnContentException("An unknown member of IssuingDistributionPoint.");
            if (tag.TagValue == 0)
            {
                point.ReadEncodedValue();
                continue;
            }

            if (tag.TagValue == 3) return "it knows only some of the reasons to revoke (onlySomeReasons).";
            bool isSet = point.ReadBoolean(new Asn1Tag(TagClass.ContextSpecific, tag.TagValue));
            switch (tag.TagValue)
            {
                case 1 when isSet:
                    content.Scope = RevocationScope.EndEntities;
                    break;
                case 2 when isSet:
                    content.Scope = RevocationScope.Authorities;
                    break;
                case 4 when isSet:
                    return "it is an indirect list; only an issuer's own are understood.";
                case 5 when isSet:
                    return "it is about attribute certificates only.";
                case > 5:
                    throw new AsnContentException("An unknown member of IssuingDistributionPoint.");
            }
        }

        return null;
    }

    private static (string Oid, bool IsCritical, ReadOnlyMemory<byte> Value) ReadExtension(AsnReader extensions)
    {
        var extension = extensions.ReadSequence();
        string oid = extension.ReadObjectIdentifier();
        bool isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
        var value = extension.ReadOctetString();
        extension.ThrowIfNotEmpty();
        return (oid, isCritical, value);
    }

    private static bool IsTime(AsnReader reader) =>
        reader.HasData && (reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) || reader.PeekTag().HasSameClassAndValue(Asn1Tag.GeneralizedTime));

    /// <summary>Two digits of a year from 50 on are of the last century (section 5.1.2.4).</summary>
    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime(twoDigitYearMax: 2049) : reader.ReadGeneralizedTime();

    private sealed class Content
    {
        public ReadOnlyMemory<byte> Algorithm;
        public ReadOnlyMemory<byte> Issuer;
        public DateTimeOffset ThisUpdate;
        public DateTimeOffset NextUpdate;
        public RevocationScope Scope;
        public List<SerialNumber> Revoked = [];
    }
}
