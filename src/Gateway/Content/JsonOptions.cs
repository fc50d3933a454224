using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stateway.Gateway.Content;

public static class JsonOptions
{
    /// <summary>
    /// Escapes only what RFC 8259 demands: what is written here is served as JSON, never put into a page, and people read it.
    /// </summary>
    public static JsonWriterOptions Readable { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}
