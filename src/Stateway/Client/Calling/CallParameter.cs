namespace Stateway.Client.Calling;

/// <summary>A parameter of an operation, as the document has it.</summary>
/// <param name="Place">path, query, header or cookie.</param>
/// <param name="Type">For a person: <c>string (date)</c>; empty when the document doesn't say.</param>
/// <param name="Style">How several values go: form, spaceDelimited, pipeDelimited, deepObject or simple.</param>
/// <param name="IsExploded">Several values of a query go one by one.</param>
internal sealed record CallParameter(string Name, string Place, bool IsRequired, string Type, string Style, bool IsExploded, string Description)
{
    public bool IsDeep => Style == "deepObject";

    /// <summary><c>id (path, string): Which one.</c></summary>
    public string Line => $"{Name} ({Place}{(Type.Length > 0 ? ", " + Type : "")}){(Description.Length > 0 ? ": " + Description : "")}";

    /// <summary>Header names have no case.</summary>
    public bool IsNamed(string name) => Name.Equals(name, Place == "header" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
}
