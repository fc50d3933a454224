using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Content;

/// <summary>Writes problems: <c>application/problem+json</c>, or <c>application/problem+xml</c> for who prefers XML.</summary>
public static class ProblemWriter
{
    public static ValueTask WriteAsync(Exchange exchange, Problem problem)
    {
        var response = exchange.Response;
        var headers = response.Headers;
        response.Clear();
        response.StatusCode = problem.Type.Status;
        foreach (var (name, value) in problem.Headers) headers.Append(name, value);
        // A client that was refused before it sent its body may leave it out, and then the connection is of no more use.
        if (exchange.Request.Headers.Expect.Count > 0) headers.Connection = "close";
        // HTTP/2 has no such field (RFC 9113, section 8.2.2): a stream ends by itself, and its connection serves others.
        if (HttpProtocol.IsHttp2(exchange.Request.Protocol)) headers.Remove("Connection");
        headers.CacheControl = "no-store";
        headers.Vary = "Accept";

        var json = new ArrayBufferWriter<byte>(512);
        WriteJson(problem, exchange.RequestId, json);
        return Answering.WriteProblemAsync(exchange, json.WrittenMemory);
    }

    public static void WriteJson(Problem problem, string requestId, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, JsonOptions.Readable);
        writer.WriteStartObject();
        writer.WriteString("type", problem.Type.Path);
        writer.WriteString("title", problem.Type.Title);
        writer.WriteNumber("status", problem.Type.Status);
        writer.WriteString("code", problem.Type.Code);
        if (problem.Detail is not null) writer.WriteString("detail", problem.Detail);
        writer.WriteString("instance", "urn:request:" + requestId);
        if (!problem.Errors.IsDefaultOrEmpty)
        {
            writer.WriteStartArray("errors");
            foreach (var error in problem.Errors)
            {
                writer.WriteStartObject();
                if (error.Pointer is not null) writer.WriteString("pointer", error.Pointer);
                if (error.Parameter is not null) writer.WriteString("parameter", error.Parameter);
                if (error.Header is not null) writer.WriteString("header", error.Header);
                writer.WriteString("code", error.Code);
                writer.WriteString("detail", error.Detail);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
