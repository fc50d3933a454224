using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis.Changes;

/// <summary>Compares the parameters of an operation, its path's included. Those of the path are the same by their place in it.</summary>
internal sealed class ParameterChanges(ContentChanges contents, ChangeList list)
{
    public void Compare(Operation old, Operation @new)
    {
        var before = Read(old);
        var after = Read(@new);
        ComparePath(old, @new, before, after);

        foreach (var (key, parameter) in after.ToList())
        {
            if (!before.Remove(key, out var same)) continue;
            after.Remove(key);
            ComparePair(same, parameter, @new.Name);
        }

        foreach (var (key, parameter) in after.ToList())
        {
            // The same name elsewhere: it moved.
            if (before.FirstOrDefault(each => each.Value.Name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)) is not { Value: { } moved } found) continue;
            before.Remove(found.Key);
            after.Remove(key);
            list.Add(ChangeRules.ParameterMoved, parameter.At.Pointer, @new.Name, $"The parameter '{parameter.Name}' was in {moved.In} and is in {parameter.In}. Breaks clients that send it where it was.");
        }

        foreach (var parameter in before.Values)
        {
            if (parameter.In == "query") list.Add(ChangeRules.ParameterRemoved, parameter.At.Pointer, @new.Name, $"{parameter.Title} is gone. Breaks clients that send it.");
            else list.Add(ChangeRules.HeaderParameterRemoved, parameter.At.Pointer, @new.Name, $"{parameter.Title} is gone. It is ignored, which clients that send it may notice.");
        }

        foreach (var parameter in after.Values)
        {
            if (parameter.IsRequired) list.Add(ChangeRules.RequiredParameterAdded, parameter.At.Pointer, @new.Name, $"{parameter.Title} is new and required. Breaks all clients that call the operation.");
            else list.Add(ChangeRules.ParameterAdded, parameter.At.Pointer, @new.Name, $"{parameter.Title} is new.");
        }
    }

    private void ComparePath(Operation old, Operation @new, Dictionary<string, Parameter> before, Dictionary<string, Parameter> after)
    {
        // From the end: a base path may have become part of the path.
        var (oldNames, newNames) = (PathTemplate.Names(old.Path), PathTemplate.Names(@new.Path));
        for (int i = 1; i <= Math.Min(oldNames.Count, newNames.Count); i++)
        {
            bool hasOld = before.Remove("path " + oldNames[^i], out var one), hasNew = after.Remove("path " + newNames[^i], out var other);
            if (oldNames[^i] != newNames[^i])
            {
                list.Add(ChangeRules.PathParameterRenamed, other?.At.Pointer ?? @new.Item.Pointer, @new.Name,
                    $"The path's parameter {{{oldNames[^i]}}} is called {{{newNames[^i]}}}. URLs are the same.");
            }

            if (hasOld && hasNew) ComparePair(one!, other!, @new.Name);
        }

        // What is declared for the path and not in it takes no part.
        foreach (var parameters in new[] { before, after })
        {
            foreach (string key in parameters.Keys.Where(key => key.StartsWith("path ", StringComparison.Ordinal)).ToList()) parameters.Remove(key);
        }
    }

    private void ComparePair(Parameter old, Parameter @new, string operation)
    {
        if (@new.IsRequired && !old.IsRequired) list.Add(ChangeRules.ParameterBecameRequired, @new.At["required"]!.Value.Pointer, operation, $"{@new.Title} is required, and was optional. Breaks clients that leave it out.");
        if (old.IsRequired && !@new.IsRequired) list.Add(ChangeRules.ParameterBecameOptional, old.At["required"]!.Value.Pointer, operation, $"{@new.Title} is optional, and was required.");

        if (old.Form != @new.Form)
            list.Add(ChangeRules.ParameterStyleChanged, @new.At.Pointer, operation, $"{@new.Title} was written as {old.Form} and is {@new.Form}. Breaks clients that send it.");

        bool was = old.At.IsTrueAt("deprecated"), now = @new.At.IsTrueAt("deprecated");
        if (now && !was) list.Add(ChangeRules.ParameterDeprecated, @new.At["deprecated"]!.Value.Pointer, operation, $"{@new.Title} is deprecated.");
        if (was && !now) list.Add(ChangeRules.ParameterRestored, old.At["deprecated"]!.Value.Pointer, operation, $"{@new.Title} is no longer deprecated.");

        string title = @new.Title;
        contents.CompareValue(old.At, @new.At, new(Direction.Sent, IsText: true), operation, char.ToLowerInvariant(title[0]) + title[1..]);
    }

    /// <summary>By place and name: the path's, with the operation's over them.</summary>
    private static Dictionary<string, Parameter> Read(Operation operation)
    {
        var parameters = new Dictionary<string, Parameter>();
        foreach (var written in (operation.Item["parameters"]?.Items ?? []).Concat(operation.Json["parameters"]?.Items ?? []))
        {
            var at = operation.Side.Resolve(written);
            if (at.TextOf("name") is not { } name || at.TextOf("in") is not { } place) continue;

            if (place == "path") name = name.TrimEnd('+');
            if (place == "header") name = name.ToLowerInvariant();
            if (place == "header" && name is "accept" or "content-type" or "authorization") continue; // said by content and security
            parameters[$"{place} {name}"] = new(at, at.TextOf("name")!, place, FormOf(operation.Side, at, place));
        }

        return parameters;
    }

    /// <summary>How the value is written: <c>form, exploded</c>; <c>application/json</c>.</summary>
    private static string FormOf(Side side, Piece at, string place)
    {
        if (at["content"]?.Members.FirstOrDefault() is { Name: { } type }) return type.ToLowerInvariant();

        string style = at.TextOf("style") ?? (place is "query" or "cookie" ? "form" : "simple");
        bool isExploded = at["explode"]?.IsTrue ?? style == "form";
        if (at["schema"] is not { } schema) return style;

        // Of a single value it makes no difference.
        var types = new SchemaReader(side).Read([schema], "", "").Types;
        return isExploded && (types & (Kinds.List | Kinds.Object)) != 0 ? style + ", exploded" : style;
    }

    /// <param name="Form">Equal for what is written alike.</param>
    private sealed record Parameter(Piece At, string Name, string In, string Form)
    {
        public bool IsRequired => In == "path" || At.IsTrueAt("required");

        public string Title => $"The {In} parameter '{Name}'";
    }
}
