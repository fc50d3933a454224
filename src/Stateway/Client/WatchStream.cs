using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;

namespace Stateway.Client;

/// <summary>
/// A watch by lines that survives its connection: it goes on behind the last revision that was told completely, so that
/// nothing is left out and nothing told twice.
/// </summary>
internal sealed class WatchStream(Session session, string path, string query)
{
    /// <summary>Of one answer's silence; a server tells where it is every 15 seconds.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60);

    /// <summary>How long a server may be gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);
    private const int LineBytesMax = 32 * 1024 * 1024;
    private const int HeldMax = Listing.RowsMax;

    private readonly List<JsonElement> _held = []; // told, but not yet completely
    private string? _revision; // null before the current state is complete

    /// <summary>What a connection ended with.</summary>
    /// <param name="Failure">Null when it is worth trying again.</param>
    /// <param name="WasHeard">The server has told something.</param>
    private readonly record struct End(Failure? Failure, string Why, bool WasHeard, bool IsAnew = false);

    /// <param name="tell">Gets what belongs together, and whether it is the current state.</param>
    /// <param name="notice">Gets what happens to the connection.</param>
    /// <returns>Why it ended for good.</returns>
    public async Task<Failure> RunAsync(Action<IReadOnlyList<JsonElement>, bool> tell, Action<string> notice, CancellationToken ct)
    {
        var pause = PauseFirst;
        long silentSince = session.Time.GetTimestamp();
        bool wasThere = false;
        while (true)
        {
            var end = await ListenAsync(tell, ct);
            if (end.Failure is { } failure) return failure;
            if (end.WasHeard) (pause, silentSince, wasThere) = (PauseFirst, session.Time.GetTimestamp(), true);
            if (!wasThere || session.Time.GetElapsedTime(silentSince) > Patience) return new(end.Why);

            if (end.IsAnew) notice(end.Why);
            else if (pause == PauseFirst) notice($"{end.Why} The watch goes on when the server is back.");
            await Task.Delay(pause, session.Time, ct);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    private async Task<End> ListenAsync(Action<IReadOnlyList<JsonElement>, bool> tell, CancellationToken ct)
    {
        _held.Clear();
        string at = $"{path}?watch=true{(query.Length == 0 ? "" : "&" + query)}{(_revision is null ? "" : "&revision=" + _revision)}";
        var (response, reply, isPassing) = await session.Api.OpenAsync(at, "application/x-ndjson", ct);
        if (response is null)
        {
            if (reply is Reply.Refused { Problem.Code: "REVISION_GONE" } && _revision is not null) return BeginAnew();

            var failure = reply!.ToFailure($"GET {path[1..]}");
            return isPassing ? new(null, failure.What, WasHeard: false) : new(failure, "", WasHeard: false);
        }

        using (response)
        {
            bool wasHeard = false;
            try
            {
                var lines = PipeReader.Create(await response.Content.ReadAsStreamAsync(ct));
                while (await ReadLineAsync(lines, ct) is { } line)
                {
                    wasHeard = true;
                    if (Take(line, tell) is { } end) return end;
                }

                return new(null, "The server has ended the watch.", wasHeard);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
            {
                return new(null, $"The connection to {session.Api.ServerText} broke.", wasHeard);
            }
            catch (Exception e) when (e is JsonException or InvalidDataException)
            {
                return new(new($"{session.Api.ServerText} sent what is no watch: {e.Message}"), "", wasHeard);
            }
        }
    }

    private End BeginAnew()
    {
        _revision = null;
        return new(null, "The server no longer holds what happened meanwhile, so the watch begins anew with everything there is.", WasHeard: true, IsAnew: true);
    }

    /// <returns>Null while the watch goes on.</returns>
    private End? Take(JsonElement line, Action<IReadOnlyList<JsonElement>, bool> tell)
    {
        string type = Session.Text(line, "type") ?? throw new InvalidDataException("A line has no type.");
        if (type == "error")
        {
            var problem = line.TryGetProperty("problem", out var given) ? ProblemDocument.Read(500, "", JsonSerializer.SerializeToUtf8Bytes(given)) : null;
            return problem?.Code == "REVISION_GONE" ? BeginAnew() : new(new(problem?.Line ?? "The watch ended with an error."), "", WasHeard: true);
        }

        if (type != "bookmark")
        {
            if (_held.Count == HeldMax) return new(new(string.Create(CultureInfo.InvariantCulture, $"More than {HeldMax:N0} resources changed at once; narrow the watch by --filter.")), "", WasHeard: true);
            _held.Add(line);
        }

        if (line.TryGetProperty("more", out var more) && more.ValueKind == JsonValueKind.True) return null;

        bool isInitial = line.TryGetProperty("initial", out _);
        if (_held.Count > 0 || isInitial) tell([.. _held], isInitial);
        _held.Clear();
        _revision = Session.Text(line, "revision") ?? _revision;
        return null;
    }

    /// <returns>Null at the end of the answer.</returns>
    private static async Task<JsonElement?> ReadLineAsync(PipeReader reader, CancellationToken ct)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        silence.CancelAfter(SilenceMax);
        while (true)
        {
            ReadResult result;
            try
            {
                result = await reader.ReadAsync(silence.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new TimeoutException();
            }

            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = JsonElement.Parse(buffer.Slice(0, end).ToArray(), new() { MaxDepth = 128 });
                reader.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }

            if (buffer.Length > LineBytesMax) throw new InvalidDataException($"A line has more than {LineBytesMax} bytes.");
            if (result.IsCompleted) return null; // half a line is told again

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
