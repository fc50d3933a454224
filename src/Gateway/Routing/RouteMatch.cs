namespace Stateway.Gateway.Routing;

/// <summary>What a path matched: the values of the template's parameters, percent-decoded, in the template's order.</summary>
public readonly record struct RouteMatch(string[] ParameterNames, string[] ParameterValues)
{
    public string? Value(string name)
    {
        for (int i = 0; i < ParameterNames.Length; i++)
        {
            if (ParameterNames[i] == name) return ParameterValues[i];
        }

        return null;
    }
}
