namespace Stateway.Gateway.Routing;

/// <summary>What a path matched: the values of the template's parameters, percent-decoded, in the template's order.</summary>
public struct RouteMatch
{
    /// <summary>Names of the parameters, in the template's order.</summary>
    public string[] ParameterNames;

    /// <summary>Their values; the array may be longer than <see cref="ParameterNames"/>.</summary>
    public string[] ParameterValues;

    public readonly string? Value(string name)
    {
        for (int i = 0; i < ParameterNames.Length; i++)
        {
            if (ParameterNames[i] == name) return ParameterValues[i];
        }

        return null;
    }
}
