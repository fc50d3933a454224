using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stateway.Model.Apis;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// <see cref="HeaderRules"/> made ready: a field that is removed or set is not copied, and the lines that
/// set and add are bytes already. They see the section as it would be sent, the forwarder's own fields included.
/// </summary>
internal sealed class HeaderChanges
{
    private readonly HashSet<string> _replaced = new(StringComparer.OrdinalIgnoreCase);
    private readonly HeaderRules _rules;

    /// <exception cref="ArgumentException">A rule names no field, a field that frames the message, a value with control characters, or a request's Via.</exception>
    public HeaderChanges(HeaderRules rules, bool isRequest)
    {
        _rules = rules;
        var lines = new StringBuilder();
        foreach (string name in rules.Remove) _replaced.Add(Checked(name));
        foreach (var (name, value) in rules.Set)
        {
            _replaced.Add(Checked(name, value));
            lines.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        foreach (var (name, value) in rules.Add) lines.Append(Checked(name, value)).Append(": ").Append(value).Append("\r\n");

        if (isRequest && rules.Remove.Concat(rules.Set.Concat(rules.Add).Select(rule => rule.Key)).Any(name => FieldName.RoleOf(name) == FieldRole.Via))
            throw new ArgumentException("Via shows when a request goes round in circles; a rule cannot change a request's.");

        Lines = [.. Encoding.Latin1.GetBytes(lines.ToString())];
    }

    /// <summary>Field lines to end a request's section with.</summary>
    public ImmutableArray<byte> Lines { get; }

    /// <summary>The field is not copied, nor written by the forwarder itself.</summary>
    public bool Replaces(string name) => _replaced.Count > 0 && _replaced.Contains(name);

    public void ApplyTo(IHeaderDictionary headers)
    {
        foreach (string name in _rules.Remove) headers.Remove(name);
        foreach (var (name, value) in _rules.Set) headers[name] = value;
        foreach (var (name, value) in _rules.Add) headers.Append(name, value);
    }

    private static string Checked(string name, string value = "")
    {
        if (!FieldText.IsToken(name) || !FieldText.IsValue(value))
            throw new ArgumentException($"'{name}: {value}' is not a header field.");
        if (FieldName.RoleOf(name) is FieldRole.Connection or FieldRole.ContentLength or FieldRole.TransferEncoding
            or FieldRole.Te or FieldRole.Upgrade or FieldRole.Expect)
            throw new ArgumentException($"'{name}' belongs to one connection or frames the message; a rule cannot change it.");

        return name;
    }
}
