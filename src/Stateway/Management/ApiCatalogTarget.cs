using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Targets;
using Stateway.Hosting;
using Stateway.Model.Problems;

namespace Stateway.Management;

/// <summary>
/// Which stages this node serves, and where users reach them: an API catalog (RFC 9727), as a set of links (RFC 9264) in which each
/// description says its stage and deployment.
/// </summary>
/// <param name="listening">Where users' requests come in.</param>
internal sealed class ApiCatalogTarget(Func<ImmutableArray<ServedStage>> stages, IPEndPoint listening) : ITarget
{
    private const string MediaType = "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        string origin = OriginFor(exchange.Request.Host.Host);
        var served = stages();
        var json = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(json, JsonOptions.Readable))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("linkset");
            WriteCatalog(writer, exchange, origin, served);
            foreach (var stage in served) WriteStage(writer, origin, stage);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        exchange.Response.Headers.CacheControl = "no-store"; // the next request may find another rollout
        return Answering.WriteAsync(exchange, MediaType, json.WrittenMemory);
    }

    private static void WriteCatalog(Utf8JsonWriter writer, Exchange exchange, string origin, ImmutableArray<ServedStage> served)
    {
        writer.WriteStartObject();
        writer.WriteString("anchor", exchange.Request.Path.Value);
        writer.WriteStartArray("item");
        foreach (var stage in served)
        {
            writer.WriteStartObject();
            writer.WriteString("href", origin + stage.Api.BasePath + "/");
            writer.WriteString("title", stage.Api.Title);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteStage(Utf8JsonWriter writer, string origin, ServedStage stage)
    {
        string address = origin + stage.Api.BasePath + "/";
        writer.WriteStartObject();
        writer.WriteString("anchor", address);
        writer.WriteStartArray("service-desc");
        writer.WriteStartObject();
        writer.WriteString("href", address + "openapi.json");
        writer.WriteString("type", "application/json");
        writer.WriteString("title", $"{stage.Api.Title} {stage.Api.Version}");

        // Attributes of our own are lists (RFC 9264, section 4.2.4.3).
        WriteOne(writer, "stage", stage.Path);
        WriteOne(writer, "deployment", stage.Deployment);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteOne(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartArray(name);
        writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    /// <summary>A node that listens on all of its addresses is reached by the name that the administrator reached it by.</summary>
    private string OriginFor(string host)
    {
        bool isAny = listening.Address.Equals(IPAddress.Any) || listening.Address.Equals(IPAddress.IPv6Any);
        return isAny && host.Length > 0 ? $"http://{host}:{listening.Port}" : $"http://{listening}";
    }
}
