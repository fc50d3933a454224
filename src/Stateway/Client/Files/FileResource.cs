using System.Text.Json;
using Stateway.Client.Kinds;
using Stateway.Model.Apis.Text;

namespace Stateway.Client.Files;

/// <summary>A resource that a file asks for.</summary>
/// <param name="Body">What is sent: its fields without kind, parents and id.</param>
/// <param name="Node">The whole of it, with places.</param>
/// <param name="LinesBefore">Of the file before the text that <paramref name="Node"/> counts from.</param>
internal sealed record FileResource(ResourceName Name, JsonElement Body, Node Node, int LinesBefore)
{
    /// <summary>As <c>file:line:column</c>.</summary>
    public string PlaceOf(string pointer)
    {
        var place = JsonPointer.Locate(Node, pointer);
        return $"{place.File}:{place.Line + LinesBefore}:{place.Column}";
    }
}
